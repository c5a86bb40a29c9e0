import { Link, useSearchParams } from "react-router";
import { useMe } from "../app/Layout";
import { Trouble } from "../parts/Trouble";
import { useTitle } from "../parts/useTitle";
import { AdminAudit } from "./AdminAudit";
import { AdminMe } from "./AdminMe";
import { AdminNodes } from "./AdminNodes";
import { AdminStorage } from "./AdminStorage";
import { AdminTokens } from "./AdminTokens";
import { AdminUsers } from "./AdminUsers";
import "./admin.css";

const VIEWS = { "": "Server", me: "Me and my tokens", users: "Users", audit: "Log of acts" } as const;
type View = keyof typeof VIEWS;
const NEEDS: Partial<Record<View, string>> = { users: "user:create", audit: "audit:see" };

/** The server: what it has and does, who may do what, and what was done. */
export function AdminPage() {
  const [search] = useSearchParams();
  const me = useMe();
  const may = (what: string | undefined) => !what || ((me.data?.permissions as readonly string[] | undefined)?.includes(what) ?? false);
  // until it is known who asks, room is kept for all
  const views = (Object.keys(VIEWS) as View[]).filter((name) => me.isPending || may(NEEDS[name]));
  const view = views.find((name) => name === search.get("view")) ?? "";
  useTitle(view ? `${VIEWS[view]} · Server` : "Server");
  return (
    <div className="page">
      <header>
        <h1>{VIEWS[view]}</h1>
        <nav className="row admin-views" aria-label="Parts of the server">
          {views.map((name) => (
            <Link key={name} className={may(NEEDS[name]) ? "button small admin-view" : "button small admin-view not-yet"} to={name ? `/admin?view=${name}` : "/admin"} aria-current={view === name ? "page" : undefined}>
              {VIEWS[name]}
            </Link>
          ))}
        </nav>
      </header>
      {me.isError && <Trouble problem={me.error} retry={() => void me.refetch()} />}
      {view === "" && (
        <>
          {(me.isPending || may("node:see")) && <AdminNodes />}
          {(me.isPending || may("dataset:see")) && <AdminStorage />}
        </>
      )}
      {me.isPending && view === "me" && <div className="skeleton admin-me" />}
      {view === "me" && me.data && (
        <>
          <AdminMe me={me.data} />
          <AdminTokens me={me.data} user={me.data.user} role={me.data.role} />
        </>
      )}
      {view === "users" && me.data && <AdminUsers me={me.data} />}
      {view === "audit" && may("audit:see") && <AdminAudit />}
    </div>
  );
}
