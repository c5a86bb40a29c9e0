import { useEffect, useId, useRef, useState } from "react";
import { parse, stringify } from "yaml";
import type { Form } from "./newDraft";
import { CopyButton } from "../parts/CopyButton";
import { isMapping, ordered, type Request } from "./newRequest";

/** The request as text: what is changed in it changes the form, and the other way round. */
export function NewYaml({ form }: { form: Form }) {
  const id = useId();
  const [text, setText] = useState(() => stringify(ordered(form.request)));
  const [fault, setFault] = useState("");
  const mine = useRef(form.request);
  useEffect(() => {
    // what was typed here stays as it was typed, with its comments; what came from the form is written anew
    if (form.request === mine.current) return;
    mine.current = form.request;
    setText(stringify(ordered(form.request)));
    setFault("");
  }, [form.request]);

  function change(next: string) {
    setText(next);
    const read = requestIn(next);
    if (typeof read === "string") {
      setFault(read);
      return;
    }
    setFault("");
    mine.current = read;
    form.replace(read);
  }

  const lines = Math.min(Math.max(text.split("\n").length + 1, 6), 24);
  return (
    <section className="card stack new-yaml" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>The request</h2>
      <div className="field">
        <label className="visually-hidden" htmlFor={id}>
          Request as YAML
        </label>
        <textarea
          id={id}
          className="mono"
          rows={lines}
          spellCheck={false}
          value={text}
          aria-invalid={fault !== ""}
          aria-describedby={`${id}-hint`}
          onChange={(event) => change(event.target.value)}
        />
        {fault && (
          <p className="fault break" role="alert">
            {fault}. The form shows what could be read last; a change there writes this text anew.
          </p>
        )}
        <p className="hint" id={`${id}-hint`}>
          YAML, as <code>dmod submit</code> takes it. Change it here or in the form; what the form does not know is kept.
        </p>
      </div>
      <div className="row">
        <CopyButton text={() => text} otherwise="Mark the text and copy it">Copy</CopyButton>
      </div>
    </section>
  );
}

/** The request in a text, or what is wrong with the text. */
export function requestIn(text: string): Request | string {
  let found: unknown;
  try {
    found = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    return `this is no YAML: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`.replace(/[:.]$/, "");
  }
  if (found === null || found === undefined) return "there is nothing here; begin with kind: run";
  if (!isMapping(found)) return "a request is a mapping of keys to values; begin with kind: run";
  const kind = found["kind"] ?? "run";
  if (kind !== "run") return `this page starts runs; a request of kind ${String(kind)} is submitted with dmod submit`;
  return found;
}
