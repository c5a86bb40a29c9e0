import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { isValidElement, useEffect, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { stringify } from "yaml";
import { api, got } from "../api/client";
import { asProblem } from "../api/problem";
import type { components } from "../api/schema";
import { bytes, moment, number, span } from "../parts/format";
import { Hint } from "../parts/Hint";
import { LogView } from "../parts/LogView";
import { isOver, StateChip } from "../parts/StateChip";
import { Trouble } from "../parts/Trouble";
import { Underway } from "../parts/Underway";
import { useTitle } from "../parts/useTitle";
import { useRunning } from "./running";
import "./jobs.css";

type Job = components["schemas"]["JobShown"];
type Step = components["schemas"]["StepShown"];

export function JobPage() {
  const { id = "" } = useParams();
  const path = { params: { path: { job_id: id } } };
  const job = useQuery({
    queryKey: ["job", id],
    queryFn: () => got(api.GET("/v1/jobs/{job_id}", path)),
    refetchInterval: (query) => (query.state.data && !isOver(query.state.data.state) ? 10_000 : false),
  });
  useTitle(job.data ? job.data.name || job.data.id : "Job");
  if (job.isPending) return <div className="page"><div className="skeleton" style={{ height: 520 }} /></div>;
  if (job.isError) {
    const gone = asProblem(job.error).status === 404;
    return (
      <div className="page">
        <h1>{gone ? "This job is not there" : "The job cannot be shown"}</h1>
        <Trouble problem={job.error} retry={() => void job.refetch()} />
        <p>
          <Link to="/jobs">All jobs</Link>
        </p>
      </div>
    );
  }
  return <Shown job={job.data} />;
}

function Shown({ job }: { job: Job }) {
  const current = job.steps.find((step) => step.state === "running") ?? job.steps.findLast((step) => step.attempts.length > 0);
  const [chosen, setChosen] = useState<string | null>(null);
  const step = job.steps.find((item) => item.name === chosen) ?? current ?? job.steps[0];
  return (
    <div className="page">
      <header>
        <h1>{job.name || job.id}</h1>
        <StateChip state={job.state} cancelling={job.is_being_cancelled} />
        <Actions job={job} />
      </header>
      {job.cause && (
        <div className="notice bad" role="alert">
          <p className="break">
            <strong>{job.cause.message}</strong>
          </p>
          {job.cause.hint && (
            <p className="soft break">
              <Hint text={job.cause.hint} />
            </p>
          )}
        </div>
      )}
      <div className="columns">
        <div className="stack wide">
          <section className="card">
            <header>
              <h2>Steps</h2>
              <span className="small faint">choose one to read its log</span>
            </header>
            <Timeline job={job} chosen={step?.name ?? ""} choose={setChosen} />
            <Now job={job} />
          </section>
          {step && (
            <section className="card">
              <header>
                <h2>Log of {step.name}</h2>
              </header>
              {step.reused ? (
                <p className="soft">
                  Nothing was computed here: the result of <Link to={`/jobs/${step.reused}`}>{step.reused}</Link> was taken.
                </p>
              ) : (
                <LogView key={step.name} job={job.id} step={step.name} live={step.state === "running" || !isOver(job.state)} />
              )}
            </section>
          )}
        </div>
        <div className="stack narrow">
          <Results job={job} />
          <Facts job={job} />
          <Why job={job} />
          <Request job={job} />
        </div>
      </div>
    </div>
  );
}

function Actions({ job }: { job: Job }) {
  const queries = useQueryClient();
  const go = useNavigate();
  const act = useMutation({
    mutationFn: (what: "cancel" | "retry") => {
      const path = { params: { path: { job_id: job.id } } };
      return got(what === "cancel" ? api.POST("/v1/jobs/{job_id}/cancel", path) : api.POST("/v1/jobs/{job_id}/retry", path));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["job", job.id] }),
  });
  const over = isOver(job.state);
  return (
    <div className="row">
      {!over && (
        <button className="button danger" disabled={act.isPending || job.is_being_cancelled} onClick={() => act.mutate("cancel")}>
          Cancel
        </button>
      )}
      {over && job.state !== "completed" && (
        <button className="button" disabled={act.isPending} onClick={() => act.mutate("retry")}>
          Try again
        </button>
      )}
      {job.kind === "run" && (
        <button className="button" onClick={() => void go("/new", { state: { request: job.request } })}>
          Run again with changes
        </button>
      )}
      {act.isError && <Trouble problem={act.error} />}
    </div>
  );
}

function Timeline({ job, chosen, choose }: { job: Job; chosen: string; choose: (step: string) => void }) {
  const now = useNow(!isOver(job.state));
  const begin = new Date(job.created).getTime();
  const end = job.ended ? new Date(job.ended).getTime() : now;
  const whole = Math.max(end - begin, 1);
  const place = (from: number, to: number) => ({ left: `${(100 * (from - begin)) / whole}%`, width: `${(100 * Math.max(to - from, 0)) / whole}%` });
  return (
    <div className="timeline">
      {job.steps.map((step) => (
        <button key={step.name} className="timeline-row" aria-pressed={chosen === step.name} onClick={() => choose(step.name)}>
          <span className="break">
            {step.name}
            <br />
            <span className="small faint">{stateOf(step)}</span>
          </span>
          <span className="timeline-track" aria-hidden="true">
            {step.attempts.map((attempt) => {
              const from = new Date(attempt.intended).getTime();
              const start = attempt.started ? new Date(attempt.started).getTime() : null;
              const to = attempt.ended ? new Date(attempt.ended).getTime() : now;
              return (
                <span key={attempt.number}>
                  <i className="wait" style={place(from, start ?? to)} />
                  {start !== null && <i className={attempt.cause ? "bad" : ""} style={place(start, to)} />}
                </span>
              );
            })}
          </span>
          <span className="small soft">{took(step, now)}</span>
        </button>
      ))}
    </div>
  );
}

/** How far what runs of it just now is, and what that has used. */
function Now({ job }: { job: Job }) {
  const isLive = !isOver(job.state);
  const running = useRunning(isLive, 2_000);
  if (!isLive) return null;
  return (
    <div className="job-now">
      {running.data?.filter((item) => item.job === job.id).map((item) => <Underway key={item.attempt.label} item={item} />)}
    </div>
  );
}

function stateOf(step: Step): string {
  const tries = step.attempts.length;
  return tries > 1 ? `${step.state}, attempt ${tries}` : step.state;
}

function took(step: Step, now: number): string {
  const last = step.attempts.at(-1);
  if (!last?.started) return "";
  return span((last.ended ? new Date(last.ended).getTime() : now) - new Date(last.started).getTime());
}

function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

const SCORES = [["kge", "KGE"], ["nse", "NSE"], ["percent_bias", "bias [%]"]] as const;
const READY = ["data", "partition"];

interface Found {
  dataset?: string;
  evaluation?: string;
  summary?: Record<string, unknown>;
  scores?: Record<string, unknown>;
}

/**
 * What the steps have found together, as `/results` of the job says it: it need not be asked for, and moves nothing.
 * What the first of several steps made ready is what the run reads, and no result.
 */
function foundBy(job: Job): Found {
  const ready = job.kind === "run" ? READY : [];
  const said = job.steps.filter((step) => !ready.includes(step.name)).flatMap((step) => Object.entries(step.result ?? {}));
  return Object.fromEntries(said.filter(([, value]) => value !== null)) as Found;
}

function Results({ job }: { job: Job }) {
  const found = foundBy(job);
  if (!found.dataset && !found.summary) return null;
  const summary = found.summary ?? {};
  const scores = (found.scores?.["scores"] ?? found.scores) as Record<string, number | null> | undefined;
  return (
    <section className="card stack">
      <header style={{ marginBottom: 0 }}>
        <h2>Results</h2>
        {found.dataset && (
          <Link className="button small primary" to={`/results?run=${encodeURIComponent(found.dataset)}`}>
            Hydrograph
          </Link>
        )}
      </header>
      <dl className="facts">
        <Fact name="outlet" value={summary["outlet"]} />
        <Fact name="gauge" value={summary["gauge"]} />
        <Fact name="catchments" value={summary["catchments"]} />
        <Fact name="peak [m³/s]" value={summary["peak_m3s"]} />
        <Fact name="mean [m³/s]" value={summary["mean_m3s"]} />
        {scores && SCORES.map(([name, text]) => <Fact key={name} name={text} value={scores[name]} />)}
      </dl>
      {found.dataset && (
        <p className="small">
          dataset <Link to={`/data/${encodeURIComponent(found.dataset)}`}>{found.dataset}</Link>
          {found.evaluation && (
            <>
              , scores <Link to={`/data/${encodeURIComponent(found.evaluation)}`}>{found.evaluation}</Link>
            </>
          )}
        </p>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: unknown }) {
  if (value === null || value === undefined || value === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{typeof value === "number" ? number(value) : isValidElement(value) ? value : String(value)}</dd>
    </div>
  );
}

function Facts({ job }: { job: Job }) {
  const demand = Object.values(job.demand)[0];
  return (
    <section className="card">
      <header>
        <h2>About</h2>
      </header>
      <dl className="facts">
        <Fact name="id" value={job.id} />
        <Fact name="owner" value={job.owner} />
        <Fact name="kind" value={job.kind} />
        <Fact name="submitted [UTC]" value={moment(job.created)} />
        {job.started && <Fact name="started [UTC]" value={moment(job.started)} />}
        {job.ended && <Fact name="ended [UTC]" value={moment(job.ended)} />}
        {demand && <Fact name="runs on" value={demand.executor} />}
        {demand && <Fact name="may use" value={`${demand.cpus} CPU, ${bytes(demand.memory)}`} />}
        {job.answered_by && <Fact name="answered by" value={<Link to={`/jobs/${job.answered_by}`}>{job.answered_by}</Link>} />}
      </dl>
    </section>
  );
}

function Why({ job }: { job: Job }) {
  const over = isOver(job.state);
  const why = useQuery({
    queryKey: ["job", job.id, "why", job.revision],
    queryFn: () => got(api.GET("/v1/jobs/{job_id}/why", { params: { path: { job_id: job.id } } })),
    refetchInterval: over ? false : 5_000,
  });
  if (!why.data?.lines.length) return null;
  return (
    <section className="card">
      <header>
        <h2>{over ? "What happened" : "Why it is where it is"}</h2>
      </header>
      {why.data.lines.map((line, at) => (
        <p key={at} className="break small">
          {line}
        </p>
      ))}
    </section>
  );
}

function Request({ job }: { job: Job }) {
  return (
    <section className="card">
      <details>
        <summary>
          <strong>Request</strong>
        </summary>
        <pre className="scroll small">{stringify(job.request)}</pre>
      </details>
    </section>
  );
}
