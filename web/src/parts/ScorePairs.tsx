import { asProblem } from "../api/problem";
import { count, number } from "./format";
import { type Aspect, type Pair, useComparison } from "./scoreData";
import { fileName, saveTable } from "./scoreExport";
import { Trouble } from "./Trouble";

const LEAST = 0.0001;

/** Configurations against one another: by how much, at how many locations, and whether that is more than chance. */
export function ScorePairs({ of, aspect, title, ideal }: { of: readonly string[]; aspect: Aspect; title: string; ideal: number | null }) {
  const found = useComparison(of, aspect);
  const compared = found.isError ? undefined : found.data?.aspects[0];
  const refused = found.isError && asProblem(found.error).status === 422;
  return (
    <section className="card stack" aria-busy={found.isFetching}>
      <header className="scores-header">
        <h2>Compared in pairs</h2>
        {compared && (
          <button className="button small" aria-label="CSV of the pairs" onClick={() => saveTable(rowsOf(compared.pairs), fileName(title, "pairs"))}>
            CSV
          </button>
        )}
      </header>
      {found.isError && (refused ? <p className="soft">{asProblem(found.error).message}</p> : <Trouble problem={found.error} retry={() => void found.refetch()} />)}
      {compared ? (
        <>
          <div className="scroll" tabIndex={0} role="region" aria-label="Configurations compared in pairs">
            <table className="score-pairs">
              <thead>
                <tr>
                  <th scope="col">configuration</th>
                  <th scope="col" className="number">median difference</th>
                  {ideal !== null && <th scope="col" className="number">better at</th>}
                  <th scope="col" className="number">p (Holm)</th>
                </tr>
              </thead>
              <tbody>
                {compared.pairs.map((pair) => (
                  <tr key={`${pair.first} ${pair.second}`}>
                    <th scope="row">
                      {pair.second} <span className="faint">against</span> {pair.first}
                      {ideal !== null && <span className="small soft score-verdict">{pair.better ? `${pair.better} is better` : "neither is better"}</span>}
                    </th>
                    <td className="number">
                      {number(pair.median_difference, 3)}
                      <span className="small faint score-quartiles">
                        {number(pair.low, 3)} to {number(pair.high, 3)}
                      </span>
                    </td>
                    {ideal !== null && <td className="number">{pair.share_better === null ? "–" : `${number(100 * pair.share_better, 3)} %`}</td>}
                    <td className="number score-p">{chance(pair.p_adjusted)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="small faint">
            At {count(compared.locations)} locations that all configurations share. What is better is so beyond chance (p below 0.05); intervals of 95 %; Wilcoxon's signed-rank test, p by Holm for {count(compared.pairs.length)} {compared.pairs.length === 1 ? "pair" : "pairs"}.
          </p>
        </>
      ) : (
        !found.isError && <div className="skeleton score-pairs-wait" />
      )}
    </section>
  );
}

/** A share of chance; what is far below any level is not told in digits. */
function chance(p: number | null): string {
  return p !== null && p < LEAST ? `< ${LEAST}` : number(p, 2);
}

function rowsOf(pairs: readonly Pair[]) {
  const names = ["first", "second", "median_difference", "low", "high", "share_better", "p", "p_adjusted", "better"] as const;
  return [names, ...pairs.map((pair) => names.map((name) => pair[name]))];
}
