import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../api/client";
import { Trouble } from "../parts/Trouble";
import { type DatasetRecord, referenceOf } from "./dataRecord";

const EVERYBODY = "*";

/** Who may read this version beside its owner. */
export function DatasetSharing({ dataset }: { dataset: DatasetRecord }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const readers = dataset.shared_with ?? [];
  const share = useMutation({
    mutationFn: (wanted: string[]) =>
      got(api.PUT("/v1/data/datasets/{reference}/sharing", { params: { path: { reference: referenceOf(dataset) } }, body: { shared_with: wanted } })),
    onSuccess: () => setName(""),
    onSettled: () => queries.invalidateQueries({ queryKey: ["data"], refetchType: "active" }),
  });
  const everybody = readers.includes(EVERYBODY);
  return (
    <section className="card stack">
      <h2>Shared with</h2>
      <label className="row">
        <input type="checkbox" checked={everybody} disabled={share.isPending} onChange={(event) => share.mutate(event.target.checked ? [EVERYBODY] : [])} />
        everybody on this server
      </label>
      {!everybody && (
        <>
          <ul className="dataset-readers row">
            {readers.map((reader) => (
              <li key={reader} className="chip">
                {reader}
                <button className="button quiet dataset-reader" aria-label={`No longer share with ${reader}`} disabled={share.isPending} onClick={() => share.mutate(readers.filter((one) => one !== reader))}>
                  ×
                </button>
              </li>
            ))}
            {!readers.length && <li className="soft small">nobody: only {dataset.owner || "its owner"} and administrators see it</li>}
          </ul>
          <form
            className="row"
            onSubmit={(event) => {
              event.preventDefault();
              share.mutate([...new Set([...readers, name.trim()])]);
            }}
          >
            <input className="grow dataset-name" aria-label="Name of a user" placeholder="name of a user" value={name} maxLength={64} onChange={(event) => setName(event.target.value)} />
            <button className="button" disabled={!name.trim() || share.isPending}>
              Share
            </button>
          </form>
        </>
      )}
      {share.isError && <Trouble problem={share.error} />}
    </section>
  );
}
