import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import { moment } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import type { Me } from "./AdminMe";
import { AdminTokens } from "./AdminTokens";

type User = components["schemas"]["UserShown"];
type Role = components["schemas"]["Role"];

const ROLES: [Role, string][] = [
  ["viewer", "viewer: reads what is shared"],
  ["user", "user: submits jobs, adds data"],
  ["admin", "admin: sees to everything"],
];
const PAGE = 100;

/** The users: made, given a role, disabled; and the tokens of one. */
export function AdminUsers({ me }: { me: Me }) {
  const [chosen, setChosen] = useState("");
  const users = useInfiniteQuery({
    queryKey: ["users"],
    initialPageParam: "",
    queryFn: ({ pageParam }) => got(api.GET("/v1/users", { params: { query: { after: pageParam, limit: PAGE } } })),
    getNextPageParam: (page) => (page.length < PAGE ? undefined : page.at(-1)?.name),
  });
  const found = users.data?.pages.flat() ?? [];
  return (
    <>
      <section className="card stack" aria-busy={users.isPending}>
        <h2>Users</h2>
        {users.isError && <Trouble problem={users.error} retry={() => void users.refetch()} />}
        {users.isPending && <div className="skeleton admin-user-skeleton" />}
        <ul className="admin-list">
          {found.map((user) => (
            <Row key={user.name} user={user} isMe={user.name === me.user} isChosen={user.name === chosen} choose={() => setChosen(chosen === user.name ? "" : user.name)} />
          ))}
        </ul>
        {users.hasNextPage && (
          <button className="button small" disabled={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
            Show more
          </button>
        )}
        <NewUser made={setChosen} />
      </section>
      {chosen && <AdminTokens key={chosen} me={me} user={chosen} role={found.find((user) => user.name === chosen)?.role ?? "user"} />}
    </>
  );
}

function Row({ user, isMe, isChosen, choose }: { user: User; isMe: boolean; isChosen: boolean; choose: () => void }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (body: { role?: Role; disabled?: boolean }) => got(api.PATCH("/v1/users/{name}", { params: { path: { name: user.name } }, body })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <li className="admin-item">
      <div className="admin-user">
        <span className="break">
          <strong>{user.name}</strong> {isMe && <span className="faint">this is you</span>} {user.disabled && <span className="chip warn">disabled</span>}
          <br />
          <span className="small faint">{user.disabled ? `since ${moment(user.disabled)}` : `made ${moment(user.created)}`}</span>
        </span>
        <select aria-label={`Role of ${user.name}`} value={user.role} disabled={change.isPending || isMe} onChange={(event) => change.mutate({ role: event.target.value as Role })}>
          {ROLES.map(([role]) => (
            <option key={role}>{role}</option>
          ))}
        </select>
        <span className="row admin-acts">
          <button className="button small" aria-pressed={isChosen} aria-label={`Tokens of ${user.name}`} onClick={choose}>
            Tokens
          </button>
          {!isMe && (
            <button
              className={user.disabled ? "button small" : "button small danger"}
              aria-label={`${user.disabled ? "Enable" : "Disable"} ${user.name}`}
              disabled={change.isPending}
              onClick={() => change.mutate({ disabled: !user.disabled })}
            >
              {user.disabled ? "Enable" : "Disable"}
            </button>
          )}
        </span>
      </div>
      {change.isError && <Trouble problem={change.error} />}
    </li>
  );
}

function NewUser({ made }: { made: (name: string) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("user");
  const create = useMutation({
    mutationFn: () => got(api.POST("/v1/users", { body: { name: name.trim(), role } })),
    onSuccess: (user) => {
      setName("");
      made(user.name);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <form
      className="stack admin-new"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <h3>New user</h3>
      <div className="admin-fields">
        <div className="field">
          <label htmlFor="user-name">Name</label>
          <input id="user-name" required maxLength={64} pattern="[A-Za-z0-9_.@+\-]+" autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
        </div>
        <div className="field">
          <label htmlFor="user-role">Role</label>
          <select id="user-role" value={role} onChange={(event) => setRole(event.target.value as Role)}>
            {ROLES.map(([key, text]) => (
              <option key={key} value={key}>
                {text}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div className="row">
        <button className="button primary" disabled={create.isPending || !name.trim()}>
          Make the user
        </button>
        <span className="small soft">They can sign in once there is a token for them.</span>
      </div>
      {create.isError && <Trouble problem={create.error} />}
    </form>
  );
}
