import type { components } from "../api/schema";
import { bytes, number, span } from "./format";

type Running = components["schemas"]["RunningShown"];

/** How far an attempt says it is, and what it has used so far. */
export function Underway({ item }: { item: Pick<Running, "step" | "progress" | "usage"> }) {
  const { step, progress, usage } = item;
  const share = progress?.done == null ? null : Math.round(100 * Math.min(Math.max(progress.done, 0), 1));
  return (
    <>
      {progress && (progress.text || share !== null) && (
        <p className="small soft break">
          {progress.text} {share !== null && `${number(share)} %`}
        </p>
      )}
      {share !== null && (
        <div className="progress" role="progressbar" aria-label={`Progress of ${step}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={share}>
          <i style={{ width: `${share}%` }} />
        </div>
      )}
      {usage && (
        <p className="small faint break">
          CPU time {span(usage.cpu * 1000)} · memory {bytes(usage.memory)}, at most {bytes(usage.peak)} · read {bytes(usage.read)} · written {bytes(usage.written)}
        </p>
      )}
    </>
  );
}
