import { useQueryClient } from "@tanstack/react-query";
import { Upload } from "../parts/Upload";

/** Where own data are added: what they are is found out by the server and shown. */
export function DataAdd() {
  const queries = useQueryClient();
  return (
    <section className="card stack">
      <h2>Add data</h2>
      <p className="soft small">What the files are is found out by looking into them. They are yours, and seen by others once you share them.</p>
      <Upload done={() => void queries.invalidateQueries({ queryKey: ["data"] })} />
    </section>
  );
}
