import { unitInWords } from "../parts/format";
import { type Formulation, originOf, rangeOf } from "./newFormulations";

/** What the modules of a formulation are given, for whoever wants to know. */
export function NewParameters({ formulation }: { formulation: Formulation }) {
  return (
    <details className="new-more">
      <summary>What its modules are given</summary>
      <div className="stack">
        {formulation.modules
          .filter((module) => module.parameters.length > 0)
          .map((module) => (
            <div key={module.name} className="new-parameters" role="region" tabIndex={0} aria-label={`Parameters of ${module.title}`}>
              <table className="small">
                <caption>{module.title}</caption>
                <thead>
                  <tr>
                    <th scope="col">parameter</th>
                    <th scope="col">unit</th>
                    <th scope="col">range</th>
                    <th scope="col">from</th>
                    <th scope="col">meaning</th>
                  </tr>
                </thead>
                <tbody>
                  {module.parameters.map((parameter) => (
                    <tr key={parameter.name}>
                      <th scope="row">{parameter.name}</th>
                      <td>{parameter.unit === "1" ? "–" : unitInWords(parameter.unit)}</td>
                      <td>{rangeOf(parameter)}</td>
                      <td>{originOf(parameter)}</td>
                      <td>{parameter.description}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          ))}
      </div>
    </details>
  );
}
