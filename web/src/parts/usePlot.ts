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

/** How axes of all plots look. */
export function axisOf(colour: (name: string) => string) {
  const grid = { stroke: colour("grid"), width: 1 };
  const font = "12px system-ui, sans-serif";
  return { stroke: colour("faint"), grid, ticks: { ...grid, size: 4 }, font, labelFont: font, labelSize: 18 };
}
