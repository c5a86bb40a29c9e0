import { useState } from "react";
import { isMapping, meaning, type Value, written } from "./newRequest";

interface Row {
  name: string;
  text: string;
}

interface Given {
  label: string;
  value: Value | undefined;
  change: (value: Value | undefined) => void;
  names?: readonly string[];
  /** Whether values stay text whatever they look like. */
  isText?: boolean;
  fault: string;
  hint: string;
}

function rowsOf(value: Value | undefined): Row[] {
  return isMapping(value) ? Object.entries(value).map(([name, item]) => ({ name, text: written(item) })) : [];
}

/** Names and values in rows; a row without a name is kept here until it has one. */
export function NewRows({ label, value, change, names = [], isText = false, fault, hint }: Given) {
  const [rows, setRows] = useState(() => rowsOf(value));
  const read = (from: Row[]): Record<string, Value> =>
    Object.fromEntries(from.filter((row) => row.name.trim()).map((row) => [row.name.trim(), isText ? row.text.trim() : meaning(row.text)]));
  const isSame = JSON.stringify(read(rows)) === JSON.stringify(isMapping(value) ? value : {});
  // the request was changed elsewhere: in its text, by a template
  const shown = isSame ? rows : rowsOf(value);
  const list = `${label.replaceAll(" ", "-")}-names`;
  const twice = shown.find((row, at) => row.name.trim() && shown.findIndex((other) => other.name.trim() === row.name.trim()) !== at);

  function set(next: Row[]) {
    setRows(next);
    const found = read(next);
    change(Object.keys(found).length ? found : undefined);
  }

  return (
    <fieldset className="new-rows">
      <legend>{label}</legend>
      {shown.map((row, at) => (
        <div className="new-row" key={at}>
          <input
            aria-label={`${label}: name ${at + 1}`}
            placeholder="name"
            list={names.length ? list : undefined}
            spellCheck={false}
            value={row.name}
            aria-invalid={row === twice}
            onChange={(event) => set(shown.map((item, index) => (index === at ? { ...item, name: event.target.value } : item)))}
          />
          <input
            aria-label={`${label}: value of ${row.name || `row ${at + 1}`}`}
            placeholder="value"
            spellCheck={false}
            value={row.text}
            onChange={(event) => set(shown.map((item, index) => (index === at ? { ...item, text: event.target.value } : item)))}
          />
          <button className="button small" aria-label={`Remove ${row.name || `row ${at + 1}`}`} onClick={() => set(shown.filter((_, index) => index !== at))}>
            Remove
          </button>
        </div>
      ))}
      {names.length > 0 && (
        <datalist id={list}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
      <button className="button small" onClick={() => setRows([...shown, { name: "", text: "" }])}>
        Add a row
      </button>
      {twice && <p className="new-fault">{twice.name} stands there twice; the last one counts</p>}
      {fault && <p className="new-fault break">{fault}</p>}
      <p className="hint">{hint}</p>
    </fieldset>
  );
}
