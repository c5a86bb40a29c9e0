import { type ChangeEvent, type DragEvent, type FormEvent, useId, useState } from "react";
import { Link } from "react-router";
import { chosenFiles, type Dropped, droppedFiles } from "./dropped";
import { Field } from "./Field";
import { bytes, count } from "./format";
import { Trouble } from "./Trouble";
import { nameFor, placed } from "./uploading";
import { type Brought, useUpload } from "./useUpload";
import "./upload.css";

const CATEGORIES = ["FORCING", "HYDROFABRIC", "OBSERVATION", "CONFIG", "OUTPUT", "PARTITION", "STATE", "EVALUATION"];

/** Takes a whole folder; React's types do not know it. */
const FOLDER = { webkitdirectory: "" };

/** Brings files into the catalog: chosen or dropped, sent in pieces, and shown as what they were found to be. */
export function Upload({ done = () => undefined }: { done?: (brought: Brought) => void }) {
  const [files, setFiles] = useState<Dropped[]>([]);
  const [name, setName] = useState("");
  const [isOwnName, setOwnName] = useState(false);
  const [description, setDescription] = useState("");
  const [category, setCategory] = useState("");
  const [format, setFormat] = useState("");
  const [another, setAnother] = useState(false);
  const [unpack, setUnpack] = useState(false);
  const upload = useUpload(done);
  const isBusy = upload.stage === "sending" || upload.stage === "committing";
  const size = files.reduce((sum, { file }) => sum + file.size, 0);
  const isArchive = files.length === 1 && /\.(zip|tar|tgz|tar\.\w+)$/i.test(files[0]?.path ?? "");

  function take(found: Dropped[]) {
    if (!found.length || isBusy) return;
    upload.giveUp();
    setFiles(found);
    if (!isOwnName) setName(nameFor(found));
    setUnpack(found.length === 1 && /\.(zip|tar|tgz|tar\.\w+)$/i.test(found[0]?.path ?? ""));
  }

  function begin(event: FormEvent) {
    event.preventDefault();
    const said = { category, format: format.trim(), description: description.trim() };
    void upload.run(placed(files), {
      name: name.trim(),
      ...Object.fromEntries(Object.entries(said).filter(([, text]) => text)),
      ...(another ? { another } : {}),
      ...(unpack && isArchive ? { unpack } : {}),
    });
  }

  function clear() {
    upload.giveUp();
    setFiles([]);
    setName("");
    setOwnName(false);
    setDescription("");
    setCategory("");
    setFormat("");
    setAnother(false);
  }

  if (upload.stage === "done" && upload.brought) return <Found brought={upload.brought} clear={clear} />;
  return (
    <form className="stack" onSubmit={begin}>
      <Drop take={take} disabled={isBusy}>
        {files.length ? (
          <span className="break">
            {files.length === 1 ? files[0]?.path : `${count(files.length)} files`}, {bytes(size)}
          </span>
        ) : (
          <span>Drop files or a folder here</span>
        )}
      </Drop>
      {files.length > 0 && (
        <>
          <div className="upload-pair">
            <Field label="Name in the catalog">
              {(props) => (
                <input
                  {...props}
                  required
                  disabled={isBusy}
                  pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
                  title="letters, digits, dots, dashes and underscores"
                  spellCheck={false}
                  value={name}
                  onChange={(event) => {
                    setName(event.target.value);
                    setOwnName(true);
                  }}
                />
              )}
            </Field>
            <Field label="Description">
              {(props) => <input {...props} disabled={isBusy} value={description} onChange={(event) => setDescription(event.target.value)} />}
            </Field>
          </div>
          <details open={category !== "" || format !== "" || (upload.stage === "stopped" && upload.problem?.status === 422)}>
            <summary className="small">What it is, if the server cannot tell</summary>
            <div className="upload-pair">
              <Field label="Category" hint="found out if left open">
                {(props) => (
                  <select {...props} disabled={isBusy} value={category} onChange={(event) => setCategory(event.target.value)}>
                    <option value="">find it out</option>
                    {CATEGORIES.map((item) => (
                      <option key={item}>{item}</option>
                    ))}
                  </select>
                )}
              </Field>
              <Field label="Format" hint="GENERIC takes files of any kind">
                {(props) => <input {...props} disabled={isBusy} placeholder="find it out" spellCheck={false} value={format} onChange={(event) => setFormat(event.target.value)} />}
              </Field>
            </div>
          </details>
          <label className="upload-check">
            <input type="checkbox" disabled={isBusy} checked={another} onChange={(event) => setAnother(event.target.checked)} />
            the next version of a dataset of this name
          </label>
          {isArchive && (
            <label className="upload-check">
              <input type="checkbox" disabled={isBusy} checked={unpack} onChange={(event) => setUnpack(event.target.checked)} />
              unpack the archive
            </label>
          )}
          {isBusy && <Bar upload={upload} total={size} />}
          {upload.stage === "stopped" && upload.problem && <Trouble problem={upload.problem} />}
          <div className="row">
            <button className="button primary" disabled={isBusy || !name.trim()}>
              {upload.stage === "stopped" ? (upload.problem?.isPassing ? "Go on" : "Try again") : isBusy ? "Sending …" : "Bring it in"}
            </button>
            <button type="button" className="button" onClick={clear}>
              {isBusy ? "Stop" : "Forget it"}
            </button>
          </div>
        </>
      )}
    </form>
  );
}

function Drop({ take, disabled, children }: { take: (files: Dropped[]) => void; disabled: boolean; children: React.ReactNode }) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    take(chosenFiles(event.target.files));
    // the same file can be chosen again after it was changed
    event.target.value = "";
  };
  const over = (event: DragEvent) => {
    event.preventDefault();
    setOver(!disabled);
  };
  return (
    <div
      className={`upload-drop ${isOver ? "over" : ""}`}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void droppedFiles(event.dataTransfer).then(take);
      }}
    >
      {children}
      <span className="row">
        <label className="button small upload-choose" htmlFor={`${id}-files`}>
          Choose files
          <input className="visually-hidden" id={`${id}-files`} type="file" multiple disabled={disabled} onChange={choose} />
        </label>
        <label className="button small upload-choose upload-folder" htmlFor={`${id}-folder`}>
          Choose a folder
          <input className="visually-hidden" id={`${id}-folder`} type="file" {...FOLDER} disabled={disabled} onChange={choose} />
        </label>
      </span>
    </div>
  );
}

function Bar({ upload, total }: { upload: ReturnType<typeof useUpload>; total: number }) {
  const sent = upload.stage === "committing" ? total : (upload.progress?.sent ?? 0);
  const share = total ? (100 * sent) / total : 100;
  return (
    <div>
      <div className="progress" role="progressbar" aria-label="Sent" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share)}>
        <i style={{ width: `${share}%` }} />
      </div>
      <p className="small soft break" role="status">
        {upload.stage === "committing"
          ? "All is sent; the server looks at what it is …"
          : upload.progress?.waiting
            ? `waiting: ${upload.progress.waiting}; it goes on by itself`
            : `${bytes(sent)} of ${bytes(total)} ${upload.progress?.path ?? ""}`}
      </p>
    </div>
  );
}

interface Domain {
  continuous?: { variable: string; begin: string; end: string }[];
  discrete?: { variable: string; values?: unknown[]; runs?: Record<string, string> }[];
}

/** What was detected. */
function Found({ brought, clear }: { brought: Brought; clear: () => void }) {
  const domain = (brought.facts["domain"] ?? {}) as Domain;
  return (
    <div className="stack" role="status">
      <p className="break">
        <strong>
          <Link to={`/data/${encodeURIComponent(brought.name)}`}>{brought.name}</Link>
        </strong>{" "}
        {brought.facts["is_new"] === false ? "was in the catalog already" : "is in the catalog"}
        {brought.description ? `: ${brought.description}` : ""}.
      </p>
      {notesOf(brought).map((note) => (
        <p key={note} className="notice small break">
          {note}
        </p>
      ))}
      <dl className="facts">
        <Fact name="category" value={brought.category} />
        <Fact name="format" value={brought.format} />
        {(domain.continuous ?? []).map((range) => (
          <Fact key={range.variable} name={range.variable.toLowerCase()} value={`${range.begin} to ${range.end}`} />
        ))}
        {(domain.discrete ?? []).map((index) => (
          <Fact key={index.variable} name={index.variable.toLowerCase().replaceAll("_", " ")} value={shown(index)} />
        ))}
      </dl>
      <p>
        <button className="button small" onClick={clear}>
          Bring more
        </button>
      </p>
    </div>
  );
}

function notesOf(brought: Brought): string[] {
  const notes = brought.facts["notes"];
  return Array.isArray(notes) ? notes.map(String) : [];
}

function shown(index: { values?: unknown[]; runs?: Record<string, string> }): string {
  const parts = [...(index.values ?? []).map(String), ...Object.entries(index.runs ?? {}).map(([prefix, runs]) => `${prefix}${runs}`)];
  const text = parts.slice(0, 8).join(", ");
  return parts.length > 8 ? `${text} and ${count(parts.length - 8)} more` : text.length > 160 ? `${text.slice(0, 150)} …` : text;
}

function Fact({ name, value }: { name: string; value: string }) {
  if (!value) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
