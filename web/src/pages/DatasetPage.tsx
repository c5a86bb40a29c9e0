import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { api, got } from "../api/client";
import { asProblem } from "../api/problem";
import { useMe } from "../app/Layout";
import { bytes, count, moment } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import { useTitle } from "../parts/useTitle";
import { DatasetActs } from "./DatasetActs";
import { DatasetDomain } from "./DatasetDomain";
import { DatasetFiles } from "./DatasetFiles";
import { DatasetSharing } from "./DatasetSharing";
import { setOf, sizeOf } from "./dataDomain";
import { addressOf, type DatasetRecord, formatInWords, meaningOf, referenceOf, viewOf } from "./dataRecord";
import { Lineage } from "./Lineage";
import "./dataset.css";

const Scores = lazy(async () => ({ default: (await import("../parts/Scores")).Scores }));

export function DatasetPage() {
  const { reference = "" } = useParams();
  const dataset = useQuery({
    queryKey: ["data", "one", reference],
    queryFn: async () => (await got(api.GET("/v1/data/datasets/{reference}", { params: { path: { reference } } }))) as unknown as DatasetRecord,
    refetchInterval: 30_000,
    placeholderData: (before) => (before?.name === reference.split("@")[0] ? before : undefined),
  });
  useTitle(dataset.data ? referenceOf(dataset.data) : reference);
  if (dataset.isPending) {
    return (
      <div className="page" aria-busy="true">
        <header>
          <h1>{reference}</h1>
        </header>
        <div className="skeleton dataset-skeleton" />
      </div>
    );
  }
  const gone = dataset.isError && asProblem(dataset.error).status === 404;
  if (dataset.isError && (gone || !dataset.data)) {
    return (
      <div className="page">
        <h1>{gone ? "This dataset is not there" : "The dataset cannot be shown"}</h1>
        <Trouble problem={dataset.error} {...(gone ? {} : { retry: () => void dataset.refetch() })} />
        {gone && <p className="soft">It was removed, its time was over, or its owner does not share it with you.</p>}
        <p>
          <Link to="/data">All data</Link>
        </p>
      </div>
    );
  }
  return <Shown dataset={dataset.data as DatasetRecord} />;
}

function Shown({ dataset }: { dataset: DatasetRecord }) {
  const me = useMe();
  const reference = referenceOf(dataset);
  const view = viewOf(dataset);
  const gauges = setOf(dataset.domain, "GAGE_ID");
  const places = gauges ? sizeOf(gauges) : 0;
  const of = useMemo(() => [reference], [reference]);
  const isOwn = me.data?.user === dataset.owner || (me.data?.scopes.includes("admin") ?? false);
  const may = (what: string) => isOwn && (me.data?.permissions as readonly string[] | undefined)?.includes(what) === true;
  return (
    <div className="page">
      <header>
        <h1>{reference}</h1>
        <span className="chip">{dataset.category.toLowerCase()}</span>
        {dataset.read_only && <span className="chip">read-only</span>}
        {view && (
          <Link className="button primary" to={view.to}>
            {view.text}
          </Link>
        )}
        <Versions dataset={dataset} />
      </header>
      {dataset.description && <p className="soft break dataset-said">{dataset.description}</p>}
      {dataset.category === "EVALUATION" && (
        <Suspense fallback={<div className={`skeleton ${places > 2 ? "dataset-scores many" : "dataset-scores"}`} />}>
          <Scores of={of} locations={places} />
        </Suspense>
      )}
      <div className="columns">
        <div className="stack wide">
          <DatasetDomain dataset={dataset} />
          <Lineage reference={reference} />
          <DatasetFiles dataset={dataset} />
        </div>
        <div className="stack narrow">
          <Facts dataset={dataset} />
          <DatasetActs key={reference} dataset={dataset} mayChange={may("dataset:change")} mayRemove={may("dataset:remove")} />
          {may("dataset:share") && <DatasetSharing key={`${reference} shared`} dataset={dataset} />}
        </div>
      </div>
    </div>
  );
}

function Versions({ dataset }: { dataset: DatasetRecord }) {
  const go = useNavigate();
  const versions = dataset.versions ?? [dataset.version];
  if (versions.length < 2) return null;
  return (
    <label className="row small">
      version
      <select className="dataset-version" value={dataset.version} onChange={(event) => void go(addressOf(`${dataset.name}@${event.target.value}`))}>
        {[...versions].sort((one, other) => other - one).map((version) => (
          <option key={version} value={version}>
            {version}
          </option>
        ))}
      </select>
    </label>
  );
}

function Facts({ dataset }: { dataset: DatasetRecord }) {
  const facts: [string, string][] = [
    ["kind", `${meaningOf(dataset.category)}`],
    ["format", formatInWords(dataset.domain.data_format)],
    ["owner", dataset.owner || "nobody"],
    ["size", bytes(dataset.size)],
    ["files", count(dataset.files)],
    ["added [UTC]", moment(dataset.created)],
    ["kept until [UTC]", dataset.expires ? moment(dataset.expires) : "without end"],
    ["made by", [dataset.lineage.step, dataset.lineage.software].filter(Boolean).join(", ")],
  ];
  return (
    <section className="card">
      <header>
        <h2>About</h2>
      </header>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {dataset.access_location && <p className="small break dataset-more">The data lie at {dataset.access_location}.</p>}
      <details className="small dataset-more">
        <summary>SHA-256 of its list of files</summary>
        <code className="break">{dataset.digest}</code>
      </details>
    </section>
  );
}
