import { useState } from "react";
import { useFormulations } from "./newFormulations";
import { NewParameters } from "./NewParameters";
import { Field } from "../parts/Field";
import { useDatasets } from "./newDatasets";
import type { Form } from "./newDraft";
import { type Fault, faultAt } from "./newFaults";
import { textAt } from "./newRequest";
import { NewRows } from "./NewRows";

const ENGINES: Record<string, string> = {
  native: "dmod’s own modules, the quickest",
  bmi: "modules of others (BMI) beside dmod’s own",
  ngen: "the NextGen framework in C++, with one rank for each partition",
};
const CHOICES = ["fallbacks", "forcing", "noah_parameters", "hydrofabric"] as const;
const MORE = ["model_params", "parameters", "revisions"] as const;
const MODULES = ["cfe", "topmodel", "pet", "sloth"] as const;

export function NewModelStep({ form, faults }: { form: Form; faults: Fault[] }) {
  const { request, set } = form;
  const [isOpen, setOpen] = useState(false);
  const known = useFormulations().data ?? [];
  const settable = [...new Set(known.filter((one) => form.way !== "place" || one.name === request["formulation"]).flatMap((one) => one.modules.flatMap((module) => module.settable)))];
  const hasMore = MORE.some((name) => request[name] !== undefined) || faultAt(faults, ...MORE) !== "";
  const engine = textAt(request, "engine") || "native";
  return (
    <section className="card stack new-step" id="model" aria-labelledby="model-title">
      <h2 id="model-title">Formulation and parameters</h2>
      {form.way === "place" ? (
        <Formulation form={form} faults={faults} />
      ) : (
        <p className="soft">A package has a formulation of its own. Choose a place instead to have another one made.</p>
      )}
      <Field label="Engine" fault={faultAt(faults, "engine")} hint={ENGINES[engine]}>
        {(props) => (
          <select {...props} value={engine} onChange={(event) => set("engine", event.target.value === "native" ? undefined : event.target.value)}>
            {Object.keys({ ...ENGINES, [engine]: "" }).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <details className="new-more" open={isOpen || hasMore} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Parameters and module revisions</summary>
        <div className="stack">
          <NewRows
            label="Parameters of modules"
            value={request["model_params"]}
            change={(value) => set("model_params", value)}
            names={settable}
            fault={faultAt(faults, "model_params")}
            hint="In every catchment, in place of what the configuration says: cfe.refkdt 2.5."
          />
          {form.way === "place" && (
            <NewRows
              label="Making the data"
              value={request["parameters"]}
              change={(value) => set("parameters", value)}
              names={CHOICES}
              fault={faultAt(faults, "parameters")}
              hint="Choices for what makes the data ready; fallbacks: basin-median, for one, fills gaps in the attributes of the hydrofabric."
            />
          )}
          <NewRows
            label="Module revisions"
            value={request["revisions"]}
            change={(value) => set("revisions", value)}
            names={MODULES}
            isText
            fault={faultAt(faults, "revisions")}
            hint="Whose numbers a module gives; cfe has 6d08db7 (as the framework pins it) and a349a95."
          />
        </div>
      </details>
    </section>
  );
}

function Formulation({ form, faults }: { form: Form; faults: Fault[] }) {
  const { request, set } = form;
  const isTemplate = request["realization"] !== undefined;
  const templates = useDatasets({ category: "CONFIG" });
  const realizations = (templates.data ?? []).filter((item) => /REALIZATION/.test(item.domain.data_format));
  const formulation = textAt(request, "formulation");
  const known = useFormulations().data ?? [];
  const chosen = known.find((one) => one.name === formulation);
  const names = [...new Set([...known.map((one) => one.name), ...(formulation ? [formulation] : [])])];
  return (
    <>
      <div className="new-pair">
        <Field
          label="Formulation"
          fault={faultAt(faults, "formulation")}
          hint={isTemplate ? "the template below says it" : (chosen ? `${chosen.text}${chosen.engine === "native" ? "" : "; needs the engine ngen"}` : "the modules, and how they are wired")}
        >
          {(props) => (
            <select {...props} disabled={isTemplate} value={formulation} onChange={(event) => set("formulation", event.target.value)}>
              <option value="">choose one</option>
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Or a realization as template"
          fault={faultAt(faults, "realization")}
          hint={realizations.length ? "a dataset with a realization document" : "a dataset with a realization document; the catalog has none yet"}
        >
          {(props) => (
            <>
              <input
                {...props}
                list="new-realizations"
                spellCheck={false}
                autoComplete="off"
                value={textAt(request, "realization")}
                onChange={(event) => {
                  set("realization", event.target.value.trim());
                  if (event.target.value.trim()) set("formulation", undefined);
                }}
              />
              <datalist id="new-realizations">
                {realizations.map((item) => (
                  <option key={item.name} value={item.name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      </div>
      {chosen && !isTemplate && <NewParameters formulation={chosen} />}
    </>
  );
}
