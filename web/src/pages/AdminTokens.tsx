import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import { ago, moment } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import type { Me } from "./AdminMe";
import { AdminNewToken } from "./AdminNewToken";
import { isValid } from "./adminRights";

type Token = components["schemas"]["TokenShown"];

/** The tokens of a user: which there are, a new one, and an end to one. */
export function AdminTokens({ me, user, role }: { me: Me; user: string; role: string }) {
  const isOwn = user === me.user;
  const permissions: readonly string[] = me.permissions;
  const [old, setOld] = useState(false);
  const tokens = useQuery({
    queryKey: ["tokens", user],
    queryFn: () => got(api.GET("/v1/tokens", { params: { query: isOwn ? {} : { user } } })),
  });
  const found = (tokens.data ?? []).filter((token) => old || isValid(token));
  const hidden = (tokens.data?.length ?? 0) - found.length;
  return (
    <section className="card stack" aria-busy={tokens.isPending}>
      <header className="admin-header">
        <h2>{isOwn ? "My tokens" : `Tokens of ${user}`}</h2>
        {(hidden > 0 || old) && (
          <label className="row small">
            <input type="checkbox" checked={old} onChange={(event) => setOld(event.target.checked)} /> those that are valid no more
          </label>
        )}
      </header>
      {tokens.isError && <Trouble problem={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.isPending && <div className="skeleton admin-tokens" />}
      <ul className="admin-list">
        {found.map((token) => (
          <Row key={token.id} token={token} isThis={token.id === me.token} mayRevoke={permissions.includes("token:revoke")} />
        ))}
      </ul>
      {tokens.data && !found.length && <p className="soft">There is no valid token.</p>}
      {permissions.includes("token:issue") && <AdminNewToken key={role} me={me} user={user} role={role} />}
    </section>
  );
}

function Row({ token, isThis, mayRevoke }: { token: Token; isThis: boolean; mayRevoke: boolean }) {
  const valid = isValid(token);
  return (
    <li className="admin-item admin-token">
      <span className="stack admin-tight">
        <span className="row">
          <strong className="break">{token.name}</strong>
          <code className="faint">{token.id}</code>
          {isThis && <span className="chip busy">used by this page</span>}
          {!valid && <span className="chip">{token.revoked ? "revoked" : "expired"}</span>}
        </span>
        <span className="small soft">{token.scopes.join(", ")}</span>
        <span className="small faint">
          made {moment(token.created)} · {token.expires ? `until ${moment(token.expires)}` : "for ever"} · {token.last_used ? `used ${ago(token.last_used)}` : "never used"}
        </span>
      </span>
      {valid && mayRevoke && <Revoke token={token} isThis={isThis} />}
    </li>
  );
}

function Revoke({ token, isThis }: { token: Token; isThis: boolean }) {
  const queries = useQueryClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const revoke = useMutation({
    mutationFn: () => got(api.DELETE("/v1/tokens/{token}", { params: { path: { token: token.id } } })),
    onSuccess: () => dialog.current?.close(),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  return (
    <>
      <button className="button small danger" aria-label={`Revoke ${token.name}`} onClick={() => dialog.current?.showModal()}>
        Revoke …
      </button>
      <dialog ref={dialog} className="admin-dialog" aria-labelledby={`revoke-${token.id}`} onClose={() => revoke.reset()}>
        <div className="stack">
          <h2 id={`revoke-${token.id}`}>Revoke {token.name}?</h2>
          <p>
            Whoever uses it is signed out at once{isThis ? ", and so are you: this page uses it" : ""}. It cannot be made valid again.
          </p>
          {revoke.isError && <Trouble problem={revoke.error} />}
          <div className="row">
            <button className="button" onClick={() => dialog.current?.close()}>
              Keep it
            </button>
            <button className="button danger" disabled={revoke.isPending} onClick={() => revoke.mutate()}>
              Revoke
            </button>
          </div>
        </div>
      </dialog>
    </>
  );
}
