import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { fetched } from "../api/client";
import { asProblem, type Problem } from "../api/problem";

const AT_ONCE = 4_000_000;
const PAUSE = 1_500;

/** Split what came into whole lines; the last one may go on in the next piece. */
export function addLines(lines: readonly string[], text: string): string[] {
  const parts = text.split("\n");
  const first = (lines.at(-1) ?? "") + (parts.shift() ?? "");
  return [...lines.slice(0, -1), first, ...parts];
}

/** What a step has written, as it writes it; only the lines in sight are drawn. */
export function LogView({ job, step, live }: { job: string; step: string; live: boolean }) {
  const [lines, setLines] = useState<string[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [follows, setFollows] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const isLive = useRef(live);
  isLive.current = live;

  useEffect(() => {
    const stopping = new AbortController();
    let offset = 0;
    setLines([]);
    setProblem(null);
    async function read() {
      while (!stopping.signal.aborted) {
        const wasLive = isLive.current;
        try {
          const address = `/v1/jobs/${job}/steps/${encodeURIComponent(step)}/log?offset=${offset}&limit=${AT_ONCE}`;
          const response = await fetched(address, { signal: stopping.signal });
          const content = await response.arrayBuffer();
          setProblem(null);
          if (content.byteLength) {
            offset += content.byteLength;
            const text = new TextDecoder().decode(content);
            setLines((held) => addLines(held, text));
            continue;
          }
        } catch (error) {
          if (stopping.signal.aborted) return;
          const found = asProblem(error);
          setProblem(found.status === 404 ? null : found);
          if (!found.isPassing && found.status !== 404) return;
        }
        if (!wasLive) return;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    void read();
    return () => stopping.abort();
  }, [job, step, live]);

  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => 20, overscan: 30 });
  useEffect(() => {
    if (follows && lines.length) rows.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follows, lines.length, rows]);

  return (
    <>
      {problem && <p className="small soft">{problem.message}</p>}
      <div
        ref={box}
        className="log mono"
        role="log"
        aria-label={`Log of ${step}`}
        tabIndex={0}
        onScroll={(event) => {
          const at = event.currentTarget;
          setFollows(at.scrollHeight - at.scrollTop - at.clientHeight < 40);
        }}
      >
        {lines.length <= 1 && !lines[0] ? (
          <p className="empty">{live ? "Nothing was written yet." : "This step wrote nothing."}</p>
        ) : (
          <div className="log-body" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((item) => (
              <pre key={item.key} style={{ top: item.start }}>
                {lines[item.index]}
              </pre>
            ))}
          </div>
        )}
      </div>
      <p className="small faint">{lines.length.toLocaleString("en")} lines</p>
    </>
  );
}
