import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, download, got } from "../api/client";
import { bytes, count } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import type { DatasetRecord } from "./dataRecord";
import { referenceOf } from "./dataRecord";
import { addressOfFile, type DatasetFile, FIRST, isReadable, previewed } from "./datasetPreview";

const STEP = 20;

/** The files of a version: found by name, looked into, downloaded. */
export function DatasetFiles({ dataset }: { dataset: DatasetRecord }) {
  const reference = referenceOf(dataset);
  const [text, setText] = useState("");
  const [most, setMost] = useState(STEP);
  const [open, setOpen] = useState("");
  const files = useQuery({
    queryKey: ["data", "files", dataset.uuid],
    queryFn: async () => (await got(api.GET("/v1/data/datasets/{reference}/files", { params: { path: { reference } } }))) as unknown as DatasetFile[],
    staleTime: Infinity,
  });
  const found = (files.data ?? []).filter((file) => file.path.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <section className="card" aria-busy={files.isPending}>
      <header>
        <h2>
          Files <span className="faint">{count(dataset.files)}</span>
        </h2>
        {dataset.files > STEP && <input className="dataset-search" type="search" aria-label="Search files by name" placeholder="name" value={text} onChange={(event) => setText(event.target.value)} />}
      </header>
      {files.isError && <Trouble problem={files.error} retry={() => void files.refetch()} />}
      {files.isPending && <div className="skeleton" style={{ height: Math.min(dataset.files, STEP) * 45 }} />}
      <ul className="dataset-files">
        {found.slice(0, most).map((file) => (
          <File key={file.path} reference={reference} file={file} isOpen={open === file.path} toggle={() => setOpen(open === file.path ? "" : file.path)} />
        ))}
      </ul>
      {files.data && !found.length && <p className="empty">{text ? "No file has this in its name." : "It has no files here."}</p>}
      {found.length > most && (
        <button className="button small" onClick={() => setMost(most * 4)}>
          Show more
        </button>
      )}
    </section>
  );
}

function File({ reference, file, isOpen, toggle }: { reference: string; file: DatasetFile; isOpen: boolean; toggle: () => void }) {
  const load = useMutation({ mutationFn: () => download(addressOfFile(reference, file.path), file.path.split("/").at(-1) ?? file.path) });
  return (
    <li>
      <div className="dataset-file">
        <span className="break" title={`SHA-256 ${file.sha256}`}>
          {file.path}
        </span>
        <span className="small soft">{bytes(file.size)}</span>
        <span className="row dataset-file-acts">
          {isReadable(file.path) && (
            <button className="button small quiet" aria-expanded={isOpen} aria-label={`Look into ${file.path}`} onClick={toggle}>
              {isOpen ? "Close" : "Look"}
            </button>
          )}
          <button className="button small" aria-label={`Download ${file.path}`} disabled={load.isPending} onClick={() => load.mutate()}>
            {load.isPending ? "…" : "Download"}
          </button>
        </span>
      </div>
      {load.isError && <Trouble problem={load.error} />}
      {isOpen && <Look reference={reference} file={file} />}
    </li>
  );
}

function Look({ reference, file }: { reference: string; file: DatasetFile }) {
  const preview = useQuery({
    queryKey: ["data", "preview", file.sha256, file.path],
    queryFn: ({ signal }) => previewed(reference, file, signal),
    staleTime: Infinity,
  });
  if (preview.isError) return <Trouble problem={preview.error} retry={() => void preview.refetch()} />;
  const found = preview.data;
  return (
    <div className="dataset-look scroll" tabIndex={0} role="region" aria-label={`The beginning of ${file.path}`} aria-busy={!found}>
      {found?.kind === "none" && <p className="soft">{found.reason}</p>}
      {found?.kind === "text" && <pre className="small">{found.text}</pre>}
      {found?.kind === "table" && found.notes.length > 0 && <pre className="small faint">{found.notes.join("\n")}</pre>}
      {found?.kind === "table" && (
        <table className="small">
          <thead>
            <tr>
              {found.header.map((name, at) => (
                <th key={at} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.rows.map((row, at) => (
              <tr key={at}>
                {row.map((cell, place) => (
                  <td key={place}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found && found.kind !== "none" && file.size > FIRST && <p className="small faint">the first {bytes(FIRST)}</p>}
    </div>
  );
}
