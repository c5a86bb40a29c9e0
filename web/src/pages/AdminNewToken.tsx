import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import { Trouble } from "../parts/Trouble";
import type { Me } from "./AdminMe";
import { LIVES, SCOPES, scopesOf } from "./adminRights";

type Scope = components["schemas"]["Scope"];
type Issued = components["schemas"]["TokenIssued"];

const USUAL = 2;

/** A new token, whose text is shown once. */
export function AdminNewToken({ me, user, role }: { me: Me; user: string; role: string }) {
  const queries = useQueryClient();
  const isOwn = user === me.user;
  // one's own new token can have no more scopes than the one in use
  const possible: readonly string[] = isOwn ? me.scopes : scopesOf(role);
  const offered = SCOPES.filter(([scope]) => possible.includes(scope));
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(offered.map(([scope]) => scope as Scope).filter((scope) => scope !== "admin"));
  const [life, setLife] = useState(USUAL);
  const issue = useMutation({
    mutationFn: () =>
      got(
        api.POST("/v1/tokens", {
          body: { name: name.trim(), user: isOwn ? "" : user, scopes: [...scopes], seconds: LIVES[life]?.[1] ?? null },
        }),
      ),
    onSuccess: () => setName(""),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  if (issue.data) return <Secret token={issue.data} done={() => issue.reset()} />;
  return (
    <form
      className="stack admin-new"
      onSubmit={(event) => {
        event.preventDefault();
        issue.mutate();
      }}
    >
      <h3>New token</h3>
      <div className="admin-fields">
        <div className="field">
          <label htmlFor="token-name">Name</label>
          <input id="token-name" required maxLength={100} placeholder="laptop" value={name} onChange={(event) => setName(event.target.value)} />
        </div>
        <div className="field">
          <label htmlFor="token-life">Valid for</label>
          <select id="token-life" value={life} onChange={(event) => setLife(Number(event.target.value))}>
            {LIVES.map(([text], at) => (
              <option key={text} value={at}>
                {text}
              </option>
            ))}
          </select>
        </div>
      </div>
      <fieldset className="admin-scopes">
        <legend className="small">Whoever has it may</legend>
        {offered.map(([scope, text]) => (
          <label key={scope} className="row">
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
            />
            {text}
          </label>
        ))}
      </fieldset>
      <div className="row">
        <button className="button primary" disabled={issue.isPending || !name.trim() || !scopes.length}>
          Make it
        </button>
      </div>
      {issue.isError && <Trouble problem={issue.error} />}
    </form>
  );
}

function Secret({ token, done }: { token: Issued; done: () => void }) {
  const [copied, setCopied] = useState("");
  async function copy() {
    try {
      await navigator.clipboard.writeText(token.text);
      setCopied("copied");
    } catch {
      setCopied("the browser does not allow it: mark the text and copy it");
    }
  }
  return (
    <div className="notice stack" role="status">
      <p>
        <strong>{token.name} is made.</strong> Copy its text now: it is not shown again.
      </p>
      <code className="break admin-secret">{token.text}</code>
      <div className="row">
        <button className="button primary" onClick={() => void copy()}>
          Copy
        </button>
        <button className="button" onClick={done}>
          Done
        </button>
        <span className="small soft" role="status">
          {copied}
        </span>
      </div>
    </div>
  );
}
