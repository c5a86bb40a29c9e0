import { useEffect, useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { ago, bytes, count, moment } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import { periodOf, placesInShort, rangeInWords } from "./dataDomain";
import { ALL, type Filter, MOST, useDatasets } from "./dataList";
import { ExampleHint } from "../parts/ExampleHint";
import { addressOf, CATEGORIES, type DatasetRecord, formatInWords, meaningOf, MOST_COMPARED, type Order, orderOf, patternOf, referenceOf, scoresAddress } from "./dataRecord";

const STEP = 60;
const PAUSE = 300;
const ORDERS: [Order, string][] = [
  ["new", "newest first"],
  ["old", "oldest first"],
  ["name", "by name"],
  ["large", "largest first"],
];

export function DataBrowse() {
  const [search, setSearch] = useSearchParams();
  const text = search.get("text") ?? "";
  const order = orderOf(search.get("order"));
  const filter: Filter = {
    ...ALL,
    category: search.get("category") ?? "",
    format: search.get("format") ?? "",
    owner: search.get("owner") ?? "",
    pattern: patternOf(text),
    every: search.has("every"),
    expired: search.has("expired"),
    order,
  };
  const found = useDatasets(filter);
  const everything = useDatasets(ALL);
  const [most, setMost] = useState(STEP);
  const [picked, setPicked] = useState<readonly string[]>([]);
  const isOfScores = filter.category === "EVALUATION";
  const inSight = found.data?.datasets ?? [];
  const marks = useMemo(() => marksOf(everything.data?.datasets ?? []), [everything.data]);
  const isNarrowed = Boolean(filter.category || filter.format || filter.owner || text);

  function set(name: string, value: string) {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    setSearch(next, { replace: true });
    setMost(STEP);
  }

  return (
    <>
      <section className="card data-filter" aria-label="Filter">
        <SearchText value={text} change={(value) => set("text", value)} />
        <Choice name="category" value={filter.category} options={CATEGORIES.map((name) => [name, `${name.toLowerCase()} (${meaningOf(name)})`])} change={set} />
        <Choice name="format" value={filter.format} options={marks.formats.map((name) => [name, formatInWords(name)])} change={set} />
        <Choice name="owner" value={filter.owner} options={marks.owners.map((name) => [name, name])} change={set} />
        <div className="field">
          <label htmlFor="data-order">Order</label>
          <select id="data-order" value={order} onChange={(event) => set("order", event.target.value === "new" ? "" : event.target.value)}>
            {ORDERS.map(([key, text]) => (
              <option key={key} value={key}>
                {text}
              </option>
            ))}
          </select>
        </div>
        <div className="row small data-marks">
          <label>
            <input type="checkbox" checked={filter.every} onChange={(event) => set("every", event.target.checked ? "1" : "")} /> older versions
          </label>
          <label>
            <input type="checkbox" checked={filter.expired} onChange={(event) => set("expired", event.target.checked ? "1" : "")} /> expired ones
          </label>
        </div>
      </section>
      {found.isError && <Trouble problem={found.error} retry={() => void found.refetch()} />}
      <p className="small soft data-count" role="status">
        {found.data ? `${count(inSight.length)} ${inSight.length === 1 ? "dataset" : "datasets"}, ${bytes(inSight.reduce((sum, one) => sum + one.size, 0))}` : " "}
        {found.data && !found.data.isAll && ` · only the first ${count(MOST)} are here: narrow the search`}
      </p>
      {isOfScores && inSight.length > 1 && (
        <div className="row" role="group" aria-label="Compare">
          {picked.length > 1 ? (
            <Link className="button small" to={scoresAddress(picked)}>
              Compare scores of {count(picked.length)}
            </Link>
          ) : (
            <button className="button small" disabled>
              Compare scores
            </button>
          )}
          <span className="small soft">Mark two or more to put them beside one another.</span>
        </div>
      )}
      <section className="card data-card" aria-busy={found.isFetching} aria-label="Datasets">
        {found.isPending ? (
          <div className="skeleton data-skeleton" />
        ) : inSight.length ? (
          <ul className="data-list">
            {inSight.slice(0, most).map((dataset) => (
              <Row key={dataset.uuid} dataset={dataset} pick={isOfScores ? { picked, setPicked } : null} />
            ))}
          </ul>
        ) : (
          <p className="empty">
            {isNarrowed ? "No dataset fits the filter." : "There are no data yet."} {!isNarrowed && <ExampleHint />} <Link to="/data?view=find">Search by what it covers</Link>
          </p>
        )}
      </section>
      {inSight.length > most && (
        <button className="button" onClick={() => setMost(most + STEP)}>
          Show more
        </button>
      )}
    </>
  );
}

function marksOf(datasets: readonly DatasetRecord[]) {
  const all = (mark: (dataset: DatasetRecord) => string) => [...new Set(datasets.map(mark))].sort();
  return { formats: all((dataset) => dataset.domain.data_format), owners: all((dataset) => dataset.owner) };
}

/** A field whose text is taken once no key was pressed for a moment. */
function SearchText({ value, change }: { value: string; change: (value: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => change(text.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="field">
      <label htmlFor="data-text">Name</label>
      <input id="data-text" type="search" placeholder="a part, or logan-*" value={text} onChange={(event) => setText(event.target.value)} />
    </div>
  );
}

function Choice({ name, value, options, change }: { name: string; value: string; options: (readonly [string, string])[]; change: (name: string, value: string) => void }) {
  const known = !value || options.some(([key]) => key === value);
  return (
    <div className="field">
      <label htmlFor={`data-${name}`}>{name[0]?.toUpperCase() + name.slice(1)}</label>
      <select id={`data-${name}`} value={value} onChange={(event) => change(name, event.target.value)}>
        <option value="">any</option>
        {!known && <option value={value}>{value}</option>}
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface Pick {
  picked: readonly string[];
  setPicked: (references: readonly string[]) => void;
}

function Row({ dataset, pick }: { dataset: DatasetRecord; pick: Pick | null }) {
  const period = periodOf(dataset.domain);
  const reference = referenceOf(dataset);
  const isPicked = pick?.picked.includes(reference) ?? false;
  return (
    <li className={pick ? "data-pick" : ""}>
      {pick && (
        <input
          type="checkbox"
          aria-label={`Compare ${reference}`}
          checked={isPicked}
          disabled={!isPicked && pick.picked.length >= MOST_COMPARED}
          onChange={() => pick.setPicked(isPicked ? pick.picked.filter((one) => one !== reference) : [...pick.picked, reference])}
        />
      )}
      <Link className="data-row" to={addressOf(reference)}>
        <span className="data-name">
          <strong className="break">
            {dataset.name}
            <span className="faint"> @{dataset.version}</span>
          </strong>
          <span className="small soft break data-said">{dataset.description || formatInWords(dataset.domain.data_format)}</span>
        </span>
        <span className="chip">{dataset.category.toLowerCase()}</span>
        <span className="small soft data-covers">
          {period ? rangeInWords(period) : ""}
          <br />
          {placesInShort(dataset.domain)}
        </span>
        <span className="small soft data-size">
          {dataset.access_location ? "elsewhere" : bytes(dataset.size)}
          <br />
          <span title={moment(dataset.created)}>{ago(dataset.created)}</span>
        </span>
      </Link>
    </li>
  );
}
