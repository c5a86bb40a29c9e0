import { Upload } from "../parts/Upload";
import type { Form } from "./newDraft";
import { PACKAGE } from "./NewWhereStep";

/** Brings data of one's own into the catalog, and into the form where they belong there. */
export function NewOwnData({ form }: { form: Form }) {
  return (
    <section className="card stack" id="own-data" aria-labelledby="own-data-title">
      <h2 id="own-data-title">Bring own data</h2>
      <p className="soft small">
        A run package, a hydrofabric, forcing, observed flow: what is brought here is found by its kind, and can be chosen above at once.
      </p>
      <Upload
        done={(dataset) => {
          if (dataset.format === PACKAGE) {
            form.setWay("package");
            form.set("package", dataset.name);
          } else if (dataset.category === "HYDROFABRIC") {
            form.setWay("place");
            form.set("where.hydrofabric", dataset.name);
          } else if (dataset.category === "OBSERVATION") form.set("evaluation.observed", dataset.name);
        }}
      />
    </section>
  );
}
