import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import { api, got } from "../api/client";
import { bytes, count } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import { type DatasetRecord, referenceOf } from "./dataRecord";

interface Checked {
  files: number;
  bytes: number;
  sound: boolean;
  faults: { path: string; what: string }[];
}

/** What can be done with a version: said anew, hashed again, removed. */
export function DatasetActs({ dataset, mayChange, mayRemove }: { dataset: DatasetRecord; mayChange: boolean; mayRemove: boolean }) {
  const [edits, setEdits] = useState(false);
  const verify = useMutation({
    mutationFn: async () => (await got(api.POST("/v1/data/datasets/{reference}/verify", { params: { path: { reference: referenceOf(dataset) } } }))) as unknown as Checked,
  });
  const checked = verify.data;
  return (
    <section className="card stack">
      <h2>Keep</h2>
      <div className="row">
        {mayChange && (
          <button className="button" aria-expanded={edits} onClick={() => setEdits(!edits)}>
            Edit
          </button>
        )}
        <button className="button" disabled={verify.isPending} onClick={() => verify.mutate()}>
          {verify.isPending ? "Hashing …" : "Verify"}
        </button>
        {mayRemove && <Remove dataset={dataset} />}
      </div>
      {verify.isError && <Trouble problem={verify.error} />}
      {checked && (
        <div className={`notice ${checked.sound ? "" : "bad"}`} role="status">
          <p>
            {checked.sound
              ? `Sound: ${count(checked.files)} ${checked.files === 1 ? "file" : "files"}, ${bytes(checked.bytes)} are what was added.`
              : `${count(checked.faults.length)} of ${count(checked.files)} files are not what was added.`}
          </p>
          {checked.faults.slice(0, 10).map((fault) => (
            <p key={fault.path} className="small break">
              {fault.path}: {fault.what}
            </p>
          ))}
        </div>
      )}
      {edits && <Edit dataset={dataset} close={() => setEdits(false)} />}
    </section>
  );
}

function Edit({ dataset, close }: { dataset: DatasetRecord; close: () => void }) {
  const queries = useQueryClient();
  const [description, setDescription] = useState(dataset.description);
  const [expires, setExpires] = useState(dataset.expires?.slice(0, 16) ?? "");
  const [readOnly, setReadOnly] = useState(dataset.read_only);
  const edit = useMutation({
    mutationFn: () => {
      const before = dataset.expires?.slice(0, 16) ?? "";
      const body = {
        ...(description === dataset.description ? {} : { description }),
        ...(expires === before ? {} : { expires: expires ? `${expires}:00Z` : null }),
        ...(readOnly === dataset.read_only ? {} : { read_only: readOnly }),
      };
      return got(api.PATCH("/v1/data/datasets/{reference}", { params: { path: { reference: referenceOf(dataset) } }, body }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["data"], refetchType: "active" });
      close();
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        edit.mutate();
      }}
    >
      <div className="field">
        <label htmlFor="dataset-description">Description</label>
        <textarea id="dataset-description" value={description} maxLength={4000} onChange={(event) => setDescription(event.target.value)} />
      </div>
      <div className="field">
        <label htmlFor="dataset-expires">Kept until, UTC</label>
        <input id="dataset-expires" type="datetime-local" value={expires} onChange={(event) => setExpires(event.target.value)} />
        <span className="hint">empty: until it is removed</span>
      </div>
      <label className="dataset-check">
        <input type="checkbox" checked={readOnly} onChange={(event) => setReadOnly(event.target.checked)} />
        read-only: cannot be removed or changed by mistake
      </label>
      <div className="row">
        <button className="button primary" disabled={edit.isPending}>
          Save
        </button>
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
      </div>
      {edit.isError && <Trouble problem={edit.error} />}
    </form>
  );
}

function Remove({ dataset }: { dataset: DatasetRecord }) {
  const queries = useQueryClient();
  const go = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  const [force, setForce] = useState(false);
  const reference = referenceOf(dataset);
  const children = dataset.children ?? [];
  const remove = useMutation({
    mutationFn: () => got(api.DELETE("/v1/data/datasets/{reference}", { params: { path: { reference }, query: { force } } })),
    onSuccess: async () => {
      dialog.current?.close();
      await go("/data");
      queries.removeQueries({ queryKey: ["data", "one"] });
      await queries.invalidateQueries({ queryKey: ["data"] });
    },
  });
  return (
    <>
      <button className="button danger" onClick={() => dialog.current?.showModal()}>
        Remove …
      </button>
      <dialog ref={dialog} className="dataset-dialog" aria-labelledby="dataset-remove" onClose={() => remove.reset()}>
        <div className="stack">
          <h2 id="dataset-remove">Remove {reference}?</h2>
          <p>
            {count(dataset.files)} {dataset.files === 1 ? "file" : "files"}, {bytes(dataset.size)}. It cannot be had back.
            {children.length > 0 && ` ${children.length === 1 ? "One dataset was" : `${children.length} datasets were`} made of it: ${children.slice(0, 5).join(", ")}${children.length > 5 ? " …" : ""}.`}
          </p>
          {(children.length > 0 || remove.isError) && (
            <label className="dataset-check">
              <input type="checkbox" checked={force} onChange={(event) => setForce(event.target.checked)} />
              remove it although others were made of it
            </label>
          )}
          {remove.isError && <Trouble problem={remove.error} />}
          <div className="row">
            <button className="button" onClick={() => dialog.current?.close()}>
              Keep it
            </button>
            <button className="button danger" disabled={remove.isPending || (children.length > 0 && !force)} onClick={() => remove.mutate()}>
              Remove
            </button>
          </div>
        </div>
      </dialog>
    </>
  );
}
