import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import { moment } from "../parts/format";
import { Trouble } from "../parts/Trouble";

type Entry = components["schemas"]["AuditShown"];
type Outcome = components["schemas"]["Outcome"];

const PAGE = 50;
const CHIP: Record<Outcome, string> = { done: "good", refused: "warn", failed: "bad" };

/** Who changed what, from where and with which outcome, the newest first. */
export function AdminAudit() {
  const [asked, setAsked] = useState({ actor: "", action: "", target: "", outcome: "" });
  const log = useInfiniteQuery({
    queryKey: ["audit", asked],
    initialPageParam: 0,
    queryFn: ({ pageParam }) => {
      const { outcome, ...texts } = asked;
      const query = { ...texts, before: pageParam, limit: PAGE, ...(outcome ? { outcome: outcome as Outcome } : {}) };
      return got(api.GET("/v1/audit", { params: { query } }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const entries = log.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <form
        className="card admin-fields"
        aria-label="Filter"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const text = (name: string) => String(form.get(name) ?? "").trim();
          setAsked({ actor: text("actor"), action: text("action"), target: text("target"), outcome: text("outcome") });
        }}
      >
        {(["actor", "action", "target"] as const).map((name) => (
          <div key={name} className="field">
            <label htmlFor={`audit-${name}`}>{{ actor: "Who", action: "Act", target: "With what" }[name]}</label>
            <input id={`audit-${name}`} name={name} maxLength={200} placeholder={{ actor: "anna", action: "dataset:remove", target: "logan@2" }[name]} />
          </div>
        ))}
        <div className="field">
          <label htmlFor="audit-outcome">Outcome</label>
          <select id="audit-outcome" name="outcome">
            <option value="">any</option>
            {Object.keys(CHIP).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
        <button className="button admin-go">Search</button>
      </form>
      {log.isError && <Trouble problem={log.error} retry={() => void log.refetch()} />}
      <section className="card admin-log" aria-label="Log of acts" aria-busy={log.isFetching}>
        {log.isPending && <div className="skeleton admin-log-skeleton" />}
        <ul className="admin-list">
          {entries.map((entry) => (
            <Row key={entry.sequence} entry={entry} />
          ))}
        </ul>
        {log.data && !entries.length && <p className="empty">No act fits.</p>}
      </section>
      {log.hasNextPage && (
        <button className="button" disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          Show older ones
        </button>
      )}
    </>
  );
}

function Row({ entry }: { entry: Entry }) {
  return (
    <li className="admin-item">
      <div className="admin-act">
        <span className="small soft">{moment(entry.at)}</span>
        <span className="break">
          <strong>{entry.actor || "nobody known"}</strong> {entry.action} {entry.target && <span className="soft">{entry.target}</span>}
        </span>
        <span className={`chip ${CHIP[entry.outcome]}`}>{entry.outcome}</span>
      </div>
      {entry.detail && <p className="small soft break">{entry.detail}</p>}
      <p className="small faint break">
        from {entry.address} · request {entry.request}
      </p>
    </li>
  );
}
