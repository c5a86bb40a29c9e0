import { Link, useSearchParams } from "react-router";
import { useMe } from "../app/Layout";
import { useTitle } from "../parts/useTitle";
import { DataAdd } from "./DataAdd";
import { DataBrowse } from "./DataBrowse";
import { DataSearch } from "./DataSearch";
import "./data.css";

const VIEWS = { "": "Browse", find: "Search by coverage", add: "Add" } as const;
type View = keyof typeof VIEWS;

export function DataPage() {
  const [search] = useSearchParams();
  const me = useMe();
  const mayAdd = me.data?.permissions.includes("dataset:add") ?? false;
  const asked = search.get("view") ?? "";
  const view: View = asked === "find" || (asked === "add" && (mayAdd || me.isPending)) ? asked : "";
  useTitle(view ? `${VIEWS[view]} · Data` : "Data");
  return (
    <div className="page">
      <header>
        <h1>Data</h1>
        <nav className="row" aria-label="Ways to data">
          {(Object.keys(VIEWS) as View[])
            .filter((name) => name !== "add" || mayAdd || me.isPending)
            .map((name) => (
              <Link key={name} className={name === "add" && !mayAdd ? "button small data-view not-yet" : "button small data-view"} to={name ? `/data?view=${name}` : "/data"} aria-current={view === name ? "page" : undefined}>
                {VIEWS[name]}
              </Link>
            ))}
          <Link className="button small data-view" to="/scores">
            Compare scores
          </Link>
        </nav>
      </header>
      {view === "" && <DataBrowse />}
      {view === "find" && <DataSearch mayAdd={mayAdd} />}
      {view === "add" && mayAdd && <DataAdd />}
    </div>
  );
}
