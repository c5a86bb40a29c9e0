import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import { ago, bytes, count, number } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import { Underway } from "../parts/Underway";
import { percent } from "./adminRights";
import { OFTEN, useRunning } from "./running";

type Node = components["schemas"]["NodeShown"];
type Running = components["schemas"]["RunningShown"];

/** The nodes, what is taken of them, what runs, and what waits. */
export function AdminNodes() {
  const nodes = useQuery({ queryKey: ["jobs", "nodes"], queryFn: () => got(api.GET("/v1/nodes")), refetchInterval: OFTEN });
  const running = useRunning();
  return (
    <div className="columns">
      <div className="stack wide">
        <section className="card" aria-busy={nodes.isPending}>
          <header>
            <h2>Nodes</h2>
          </header>
          {nodes.isError && <Trouble problem={nodes.error} retry={() => void nodes.refetch()} />}
          {nodes.isPending && <div className="skeleton admin-node" />}
          <ul className="admin-list">
            {nodes.data?.map((node) => (
              <Row key={`${node.executor} ${node.name}`} node={node} />
            ))}
          </ul>
          {nodes.data?.length === 0 && <p className="empty">No node is known: no executor has told of one yet.</p>}
        </section>
        <section className="card" aria-busy={running.isPending}>
          <header>
            <h2>
              Running <span className="faint">{running.data?.length ?? ""}</span>
            </h2>
          </header>
          {running.isError && <Trouble problem={running.error} retry={() => void running.refetch()} />}
          {running.isPending && <div className="skeleton admin-running" />}
          <ul className="admin-list">
            {running.data?.map((item) => (
              <Attempt key={`${item.job} ${item.step} ${item.attempt.number}`} item={item} />
            ))}
          </ul>
          {running.data?.length === 0 && <p className="soft admin-running">Nothing runs at the moment.</p>}
        </section>
      </div>
      <div className="narrow">
        <Queue />
      </div>
    </div>
  );
}

function Row({ node }: { node: Node }) {
  return (
    <li className="admin-item">
      <span className="row">
        <strong className="break">{node.name}</strong>
        <span className="faint small">{node.executor}</span>
        <span className={`chip ${node.is_ready ? "good" : "warn"}`}>{node.is_ready ? "ready" : "takes no new work"}</span>
      </span>
      <div className="admin-bars">
        <Bar label="CPU" part={node.cpus_taken} whole={node.cpus} text={`${number(node.cpus_taken)} of ${number(node.cpus)} taken`} />
        <Bar label="memory" part={node.memory_taken} whole={node.memory} text={`${bytes(node.memory_taken)} of ${bytes(node.memory)} taken`} />
      </div>
      {node.tenants.length > 0 && (
        <p className="small soft break">
          {node.tenants.map((tenant, at) => (
            <span key={tenant.job}>
              {at ? ", " : ""}
              <Link to={`/jobs/${tenant.job}`}>{tenant.name || tenant.job}</Link> ({tenant.owner}: {number(tenant.share.cpus)} CPU, {bytes(tenant.share.memory)})
            </span>
          ))}
        </p>
      )}
    </li>
  );
}

export function Bar({ label, part, whole, text }: { label: string; part: number; whole: number; text: string }) {
  const filled = percent(part, whole);
  return (
    <div>
      <span className="admin-bar-text small">
        <span>{label}</span>
        <span className="soft">{text}</span>
      </span>
      <div className="progress" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(filled)} aria-valuetext={text}>
        <i style={{ width: `${filled}%` }} />
      </div>
    </div>
  );
}

function Attempt({ item }: { item: Running }) {
  const begun = item.attempt.started ?? item.attempt.intended;
  return (
    <li className="admin-item">
      <span className="row">
        <Link className="break" to={`/jobs/${item.job}`}>
          {item.name || item.job}
        </Link>
        <span className="soft small">
          {item.step} · {item.owner} · {item.attempt.executor} · since {ago(begun)}
        </span>
      </span>
      <Underway item={item} />
    </li>
  );
}

function Queue() {
  const totals = useQuery({ queryKey: ["jobs", "summary"], queryFn: () => got(api.GET("/v1/jobs/summary")) });
  const states = Object.entries(totals.data?.states ?? {});
  return (
    <section className="card" aria-busy={totals.isPending}>
      <header>
        <h2>Jobs by state</h2>
        <Link className="small" to="/jobs">
          all jobs
        </Link>
      </header>
      {totals.isError && <Trouble problem={totals.error} retry={() => void totals.refetch()} />}
      {totals.isPending && <div className="skeleton admin-queue" />}
      {totals.data && (
        <dl className="admin-states">
          {states.map(([state, of]) => (
            <div key={state} className={of ? "" : "faint"}>
              <dt>{state.replaceAll("-", " ")}</dt>
              <dd>{count(of)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
