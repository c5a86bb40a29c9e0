import { asProblem } from "../api/problem";
import { Hint } from "./Hint";

/** What went wrong, and what to do. */
export function Trouble({ problem, retry }: { problem: unknown; retry?: () => void }) {
  const found = asProblem(problem);
  return (
    <div className="notice bad" role="alert">
      <p className="break">
        <strong>{found.message}</strong>
      </p>
      {found.hint && (
        <p className="soft break">
          <Hint text={found.hint} />
        </p>
      )}
      {found.request && <p className="faint small">request {found.request}</p>}
      {retry && (
        <p>
          <button className="button small" onClick={retry}>
            Try again
          </button>
        </p>
      )}
    </div>
  );
}
