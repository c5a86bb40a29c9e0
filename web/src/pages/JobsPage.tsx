import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import { ago, count, moment, span } from "../parts/format";
import { isOver, StateChip } from "../parts/StateChip";
import { Trouble } from "../parts/Trouble";
import { useTitle } from "../parts/useTitle";
import "./jobs.css";

type JobSummary = components["schemas"]["JobSummary"];
type JobState = components["schemas"]["JobState"];

const PAGE = 50;
const GROUPS: Record<string, JobState[]> = {
  waiting: ["created", "awaiting-data", "partitioning", "awaiting-resources"],
  running: ["staging", "running", "collecting", "evaluating"],
  completed: ["completed"],
  failed: ["failed", "timed-out"],
  cancelled: ["cancelled"],
};

export function JobsPage() {
  useTitle("Jobs");
  const [search, setSearch] = useSearchParams();
  const group = search.get("state") ?? "";
  const text = search.get("text") ?? "";
  const totals = useQuery({ queryKey: ["jobs", "summary"], queryFn: () => got(api.GET("/v1/jobs/summary")) });
  const jobs = useInfiniteQuery({
    queryKey: ["jobs", "list", group, text],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/v1/jobs", {
          params: { query: { text, limit: PAGE, after: pageParam, ...(GROUPS[group] ? { state: GROUPS[group] } : {}) } },
        }),
      ),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const shown = jobs.data?.pages.flatMap((page) => page.jobs) ?? [];

  function set(name: string, value: string) {
    const next = new URLSearchParams(search);
    if (value) next.set(name, value);
    else next.delete(name);
    setSearch(next, { replace: true });
  }

  return (
    <div className="page">
      <header>
        <h1>Jobs</h1>
        <Link className="button primary" to="/new">
          New run
        </Link>
      </header>
      <div className="row" role="group" aria-label="Filter">
        {["", ...Object.keys(GROUPS)].map((name) => (
          <button key={name} className="button small" aria-pressed={group === name} onClick={() => set("state", name)}>
            {name || "all"}
            {totals.data && <span className="faint">{count(total(totals.data, name))}</span>}
          </button>
        ))}
        <input
          className="grow jobs-search"
          type="search"
          aria-label="Search by name or id"
          placeholder="name or id"
          defaultValue={text}
          onChange={(event) => set("text", event.target.value.trim())}
        />
      </div>
      {jobs.isError && <Trouble problem={jobs.error} retry={() => void jobs.refetch()} />}
      <section className="card jobs-card" aria-busy={jobs.isFetching}>
        {jobs.isPending ? (
          <div className="skeleton jobs-skeleton" />
        ) : shown.length ? (
          <ul className="jobs">
            {shown.map((job) => (
              <Row key={job.id} job={job} />
            ))}
          </ul>
        ) : (
          <p className="empty">
            {group || text ? "No job fits the filter." : "No job was submitted yet."} <Link to="/new">Start a run</Link>
          </p>
        )}
      </section>
      {jobs.hasNextPage && (
        <button className="button" disabled={jobs.isFetchingNextPage} onClick={() => void jobs.fetchNextPage()}>
          Show more
        </button>
      )}
    </div>
  );
}

function total(totals: components["schemas"]["StateCounts"], group: string): number {
  const states: Record<string, number | undefined> = totals.states;
  return group ? (GROUPS[group] ?? []).reduce((sum, state) => sum + (states[state] ?? 0), 0) : totals.total;
}

function Row({ job }: { job: JobSummary }) {
  const over = isOver(job.state);
  const began = job.started ?? job.created;
  return (
    <li>
      <Link className="job-row" to={`/jobs/${job.id}`}>
        <span className="job-name">
          <strong className="break">{job.name || job.id}</strong>
          <span className="faint small break">
            {job.kind} · {job.owner}
            {job.name ? ` · ${job.id}` : ""}
          </span>
        </span>
        <StateChip state={job.state} cancelling={job.is_being_cancelled} />
        <span className="job-progress">
          <span className="progress" aria-hidden="true">
            <i style={{ width: `${(100 * job.steps_done) / Math.max(job.steps_total, 1)}%` }} />
          </span>
          <span className="small soft">
            {over ? `${job.steps_done} of ${job.steps_total} steps` : `${job.step ?? "waiting"} · ${job.steps_done} of ${job.steps_total}`}
          </span>
        </span>
        <span className="small soft job-time" title={moment(job.created)}>
          {over && job.ended ? `took ${span(new Date(job.ended).getTime() - new Date(began).getTime())}` : "submitted"}
          <br />
          {ago(job.created)}
        </span>
        {job.cause && <span className="small job-cause break">{job.cause.message}</span>}
      </Link>
    </li>
  );
}
