import { type RefObject, useEffect, useRef } from "react";
import type uPlot from "uplot";

/** Draw a plot into a box: anew when what it shows or the colours change, and as wide as the box is. */
export function usePlot(draw: (at: HTMLElement) => uPlot, height: number, shown: readonly unknown[]): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = box.current;
    if (!at) return;
    let made = draw(at);
    const again = () => {
      made.destroy();
      made = draw(at);
    };
    const resized = new ResizeObserver(() => made.setSize({ width: at.clientWidth, height }));
    resized.observe(at);
    globalThis.addEventListener("dmod-theme", again);
    return () => {
      resized.disconnect();
      globalThis.removeEventListener("dmod-theme", again);
      made.destroy();
    };
    // what is drawn is told by `shown`; the function around it is new at every turn
  }, [height, ...shown]);
  return box;
}

const DAY = 86_400;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** What stands at moments of an axis of time [s, UTC] that are so far apart: the larger part below, where it is new. */
export function timeLabels(moments: readonly number[], apart: number): string[] {
  let before = "";
  return moments.map((moment) => {
    const text = new Date(moment * 1000).toISOString();
    const [year, month, day] = [text.slice(0, 4), MONTHS[Number(text.slice(5, 7)) - 1] ?? "", Number(text.slice(8, 10))];
    const [small, large] = apart >= 300 * DAY ? [year, ""] : apart >= 25 * DAY ? [month, year] : apart >= DAY ? [`${day} ${month}`, year] : [text.slice(11, 16), `${day} ${month} ${year}`];
    const isNew = large !== before;
    before = large;
    return isNew && large ? `${small}\n${large}` : small;
  });
}

/** How axes of all plots look. */
export function axisOf(colour: (name: string) => string) {
  const grid = { stroke: colour("grid"), width: 1 };
  const font = "12px system-ui, sans-serif";
  return { stroke: colour("faint"), grid, ticks: { ...grid, size: 4 }, font, labelFont: font, labelSize: 18 };
}
