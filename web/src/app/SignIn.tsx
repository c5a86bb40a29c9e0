import { type FormEvent, useState } from "react";
import { fetched } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { signIn } from "../api/session";
import { Trouble } from "../parts/Trouble";

interface Given {
  /** Whether a page waits of somebody whose token holds no more. */
  isAgain?: boolean;
  /** Who that is, where it is known. */
  before?: string | undefined;
}

/** Asks for a token, and keeps it once the server knows it. */
export function SignIn({ isAgain = false, before }: Given) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const answer = await fetched("/v1/me", { headers: { Authorization: `Bearer ${text.trim()}` } });
      const { name } = (await answer.json()) as { name: string };
      signIn(text);
      if (before === undefined || before === name) return;
      // what another has typed and seen is not theirs
      sessionStorage.clear();
      window.location.reload();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className="sign stack">
      <div className="row">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>Sign in to dmod</h1>
      </div>
      {isAgain && (
        <p className="notice" role="status">
          Your token holds no more. All that you have typed is still there: sign in again{before ? `, ${before}` : ""}.
        </p>
      )}
      <form className="card stack" onSubmit={(event) => void submit(event)}>
        <div className="field">
          <label htmlFor="token">Token</label>
          <input
            id="token"
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            required
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <p className="hint">
            Where <code>dmod serve</code> runs for you alone, it prints an address that signs you in. On a shared server,
            ask who runs it, or make one: <code>dmod token create NAME</code>.
          </p>
        </div>
        {problem && <Trouble problem={problem} />}
        <button className="button primary" disabled={busy || !text.trim()}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
