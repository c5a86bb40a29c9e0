import { type Elements, elementsInWords, nounOf, periodOf, rangeInWords, sizeOf, someOf, variablesOf } from "./dataDomain";
import { unitInWords } from "../parts/format";
import type { DatasetRecord } from "./dataRecord";

const MOST = 400;

/** What a dataset covers: when, where, and which variables in which unit. */
export function DatasetDomain({ dataset }: { dataset: DatasetRecord }) {
  const { domain } = dataset;
  const period = periodOf(domain);
  const variables = variablesOf(domain);
  const sets = domain.discrete.filter((held) => held.variable !== "VARIABLE");
  const ranges = domain.continuous.filter((held) => held.variable !== "TIME");
  if (!period && !sets.length && !ranges.length && !variables.length) return null;
  return (
    <section className="card stack">
      <h2>What it covers</h2>
      <dl className="dataset-covers">
        {period && (
          <div>
            <dt>period [UTC]</dt>
            <dd>{rangeInWords(period)}</dd>
          </div>
        )}
        {ranges.map((held) => (
          <div key={held.variable}>
            <dt>{nounOf(held.variable)[0]}</dt>
            <dd>{rangeInWords(held)}</dd>
          </div>
        ))}
        {sets.map((held) => (
          <Held key={held.variable} held={held} />
        ))}
      </dl>
      {variables.length > 0 && (
        <details open={variables.length <= 12}>
          <summary>{variables.length === 1 ? "1 variable" : `${variables.length} variables`}</summary>
          <ul className="dataset-variables">
            {variables.map((variable) => (
              <li key={variable.name}>
                <code className="break">{variable.name}</code> {variable.unit && <span className="small faint">[{unitInWords(variable.unit)}]</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Held({ held }: { held: Elements }) {
  const size = sizeOf(held);
  const [one, many] = nounOf(held.variable);
  return (
    <div>
      <dt>{size === 1 ? one : many}</dt>
      <dd className="break">
        {size <= 4 ? (
          someOf(held, 4).join(", ") || elementsInWords(held)
        ) : (
          <details>
            <summary>{elementsInWords(held)}</summary>
            <p className="small soft dataset-all">
              {someOf(held, MOST).join(" ")}
              {size > MOST && ` … and ${size - MOST} more`}
            </p>
          </details>
        )}
      </dd>
    </div>
  );
}
