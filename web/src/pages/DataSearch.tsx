import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { api, got } from "../api/client";
import { Trouble } from "../parts/Trouble";
import { DataPlan } from "./DataPlan";
import { boxInWords } from "./dataDomain";
import { askedOf, type Examination, type Fulfilment, nearestFirst, type Question, reasonsOf, verdictOf } from "./dataExplanation";
import { ALL, useDatasets } from "./dataList";
import { addressOf, CATEGORIES, formatInWords, meaningOf } from "./dataRecord";

const NOTHING: Question = { category: "FORCING", format: "", places: "", start: "", end: "", variables: "" };
const NEAR = 20;

/** Asks for what data must cover, and says of each dataset why it does not. */
export function DataSearch({ mayAdd }: { mayAdd: boolean }) {
  const [question, setQuestion] = useState(NOTHING);
  const find = useMutation({
    mutationFn: async (asked: Question) => (await got(api.POST("/v1/data/find", { body: askedOf(asked) as never }))) as unknown as Fulfilment,
  });
  const asked = find.variables;
  const isSame = JSON.stringify(asked) === JSON.stringify(question);

  function submit(event: FormEvent) {
    event.preventDefault();
    find.mutate(question);
  }

  return (
    <>
      <form className="card stack" onSubmit={submit}>
        <Fields question={question} change={(part) => setQuestion({ ...question, ...part })} />
        <div className="row">
          <button className="button primary" disabled={find.isPending}>
            {find.isPending ? "Searching …" : "Search"}
          </button>
          {!isSame && find.data && <span className="small faint">What is below answers what was asked before.</span>}
        </div>
      </form>
      {find.isError && <Trouble problem={find.error} />}
      {find.data && asked && (
        <>
          <Verdict found={find.data} />
          <Considered found={find.data} />
          {!find.data.fulfilled && <DataPlan key={JSON.stringify(asked)} asked={askedOf(asked)} mayAdd={mayAdd} />}
        </>
      )}
    </>
  );
}

function Fields({ question, change }: { question: Question; change: (part: Partial<Question>) => void }) {
  const formats = [...new Set((useDatasets(ALL).data?.datasets ?? []).map((dataset) => dataset.domain.data_format))].sort();
  const field = (name: keyof Question, label: string, hint: string, more: object = {}) => (
    <div className="field">
      <label htmlFor={`find-${name}`}>{label}</label>
      <input id={`find-${name}`} value={question[name]} onChange={(event) => change({ [name]: event.target.value })} aria-describedby={`find-${name}-hint`} {...more} />
      <span className="hint" id={`find-${name}-hint`}>
        {hint}
      </span>
    </div>
  );
  return (
    <div className="data-fields">
      <div className="field">
        <label htmlFor="find-category">Kind of data</label>
        <select id="find-category" value={question.category} onChange={(event) => change({ category: event.target.value })}>
          {CATEGORIES.map((name) => (
            <option key={name} value={name}>
              {name.toLowerCase()} ({meaningOf(name)})
            </option>
          ))}
        </select>
      </div>
      {field("places", "Catchments or gauges", "ids, with spaces or commas between: cat-27, 10109001")}
      {field("start", "From", "first hour, UTC: 2015-12-01", { placeholder: "any" })}
      {field("end", "To", "last hour, included: 2015-12-31 23:00", { placeholder: "any" })}
      {field("variables", "Variables", "precip_rate, TMP_2maboveground", { placeholder: "any" })}
      {field("format", "Format", "any of the kind where it is left out", { list: "find-formats", placeholder: "any", spellCheck: false })}
      <datalist id="find-formats">
        {formats.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </datalist>
    </div>
  );
}

function Verdict({ found }: { found: Fulfilment }) {
  return (
    <section className={`notice ${found.fulfilled ? "" : "warn"}`} role="status">
      <p>
        <strong className="break">{verdictOf(found)}</strong>
      </p>
      {found.parts.length > 0 && (
        <ul className="data-parts">
          {found.parts.map((part) => (
            <li key={part.dataset} className="small">
              <Link to={addressOf(part.dataset)}>{part.dataset}</Link> <span className="soft break">{part.boxes.map(boxInWords).join("; ") || formatInWords(part.format)}</span>
            </li>
          ))}
        </ul>
      )}
      {!found.fulfilled && found.parts.length > 0 && <p className="small break">In no dataset: {found.uncovered.map(boxInWords).join("; ")}</p>}
    </section>
  );
}

/** Why the datasets that were looked at fit or do not, the nearest first. */
function Considered({ found }: { found: Fulfilment }) {
  const [all, setAll] = useState(false);
  const nearest = nearestFirst(found.examined);
  if (!nearest.length) return null;
  const shown = all ? nearest : nearest.slice(0, NEAR);
  return (
    <section className="card">
      <header>
        <h2>{found.fulfilled ? "What was considered" : "Why they do not fit"}</h2>
        <span className="small faint">the nearest first</span>
      </header>
      <ul className="data-considered">
        {shown.map((item) => (
          <Considering key={item.dataset} item={item} />
        ))}
      </ul>
      {nearest.length > shown.length && (
        <button className="button small" onClick={() => setAll(true)}>
          Show all {nearest.length}
        </button>
      )}
    </section>
  );
}

function Considering({ item }: { item: Examination }) {
  return (
    <li>
      <span className="row">
        <Link className="break" to={addressOf(item.dataset)}>
          {item.dataset}
        </Link>
        <span className={`chip ${item.fulfils ? "good" : "warn"}`}>{item.fulfils ? "fits" : "does not fit"}</span>
      </span>
      <ul className="data-reasons">
        {reasonsOf(item).map((reason, at) => (
          <li key={at} className={reason.fits ? "soft" : ""}>
            <span className={reason.fits ? "data-yes" : "data-no"} aria-hidden="true">
              {reason.fits ? "✓" : "✗"}
            </span>
            <span className="visually-hidden">{reason.fits ? "fits: " : "does not fit: "}</span>
            <span className="break">
              <strong>{reason.what}</strong> {reason.text}
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}
