import type { components } from "../api/schema";

type JobState = components["schemas"]["JobState"];

const KIND: Partial<Record<JobState, string>> = { completed: "good", failed: "bad", "timed-out": "bad", cancelled: "warn" };

export function isOver(state: JobState): boolean {
  return state in KIND;
}

export function StateChip({ state, cancelling = false }: { state: JobState; cancelling?: boolean }) {
  const text = cancelling && !isOver(state) ? "being cancelled" : state.replace("-", " ");
  return <span className={`chip ${KIND[state] ?? "busy"}`}>{text}</span>;
}
