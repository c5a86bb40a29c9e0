import { type ChangeEvent, useEffect, useState } from "react";
import { moment } from "../parts/format";
import type { Form } from "./newDraft";
import { exported, imported, type Kept, KEY, load, remove, save, type Template } from "./newTemplates";

/** Forms under names, kept in this browser. */
export function NewTemplatesCard({ form }: { form: Form }) {
  const [kept, setKept] = useState<Kept>(read);
  const [name, setName] = useState("");
  const [said, setSaid] = useState<{ text: string; isBad: boolean } | null>(null);
  useEffect(() => {
    const elsewhere = (event: StorageEvent) => {
      if (event.key === KEY || event.key === null) setKept(read());
    };
    window.addEventListener("storage", elsewhere);
    return () => window.removeEventListener("storage", elsewhere);
  }, []);

  /** Change what is kept; say what was done, or why it could not be. */
  function act(change: () => string) {
    try {
      setSaid({ text: change(), isBad: false });
    } catch (error) {
      const isFull = error instanceof DOMException;
      setSaid({ text: isFull ? `this browser keeps no more: ${error.message}` : error instanceof Error ? error.message : String(error), isBad: true });
    }
    setKept(read());
  }

  async function take(event: ChangeEvent<HTMLInputElement>) {
    const files = [...(event.target.files ?? [])];
    event.target.value = "";
    const texts = await Promise.all(files.map((file) => file.text()));
    act(() => {
      const found = files.flatMap((file, at) => imported(texts[at] ?? "", file.name));
      for (const item of found) save(item.name, item.request);
      return `${found.length} ${found.length === 1 ? "template was" : "templates were"} taken in`;
    });
  }

  const trimmed = name.trim();
  const isThere = kept.templates.some((item) => item.name === trimmed);
  return (
    <section className="card stack" aria-labelledby="templates-title">
      <h2 id="templates-title">Templates</h2>
      <p className="small soft">Kept in this browser only; export one to use it elsewhere, or with dmod submit.</p>
      {kept.fault && (
        <p className="notice warn small break">
          {kept.fault}. It is left as it is; when a template is saved, it is put aside under a name of its own.
        </p>
      )}
      {kept.templates.length > 0 && (
        <ul className="new-templates">
          {kept.templates.map((item) => (
            <li key={item.name}>
              <span className="grow">
                <strong className="break">{item.name}</strong>
                <span className="small faint">{item.saved ? `saved ${moment(item.saved)}` : ""}</span>
              </span>
              <span className="row">
                <button className="button small" aria-label={`Apply ${item.name}`} onClick={() => form.replace(structuredClone(item.request))}>
                  Apply
                </button>
                <button className="button small" aria-label={`Export ${item.name}`} onClick={() => saveFile([item])}>
                  Export
                </button>
                <button
                  className="button small"
                  aria-label={`Delete ${item.name}`}
                  onClick={() => {
                    if (window.confirm(`Delete the template ${item.name}?`)) {
                      act(() => {
                        remove(item.name);
                        return `${item.name} was deleted`;
                      });
                    }
                  }}
                >
                  Delete
                </button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          act(() => {
            save(trimmed, form.request);
            setName("");
            return `${trimmed} was saved`;
          });
        }}
      >
        <input className="new-name grow" aria-label="Name of the template" placeholder="name" maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <button className="button small" disabled={!trimmed}>
          {isThere ? "Save over it" : "Save the form"}
        </button>
      </form>
      <div className="row">
        <label className="button small new-file">
          Import
          <input className="visually-hidden" type="file" multiple accept=".yaml,.yml,.json" onChange={(event) => void take(event)} />
        </label>
        {kept.templates.length > 1 && (
          <button className="button small" onClick={() => saveFile(kept.templates)}>
            Export all
          </button>
        )}
      </div>
      {said && (
        <p className={said.isBad ? "new-fault break" : "small soft break"} role={said.isBad ? "alert" : "status"}>
          {said.text}
        </p>
      )}
    </section>
  );
}

function read(): Kept {
  try {
    return load();
  } catch {
    return { templates: [], fault: "this browser lets the page keep nothing" };
  }
}

function saveFile(templates: Template[]): void {
  const address = URL.createObjectURL(new Blob([exported(templates)], { type: "application/yaml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${templates.length === 1 ? (templates[0]?.name ?? "template").replace(/[^\w.-]+/g, "-") : "templates"}.yaml`;
  link.click();
  URL.revokeObjectURL(address);
}
