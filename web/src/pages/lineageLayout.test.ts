import { expect, it } from "vitest";
import { BOX, layersOf, layoutOf, type LineageGraph } from "./lineageLayout";

function graph(edges: [string, string][], ...alone: string[]): LineageGraph {
  const names = [...new Set([...edges.flat(), ...alone])];
  return {
    root: names[0] ?? "",
    provable: true,
    datasets: names.map((uuid) => ({ uuid, reference: `${uuid}@1`, in_catalog: true, category: "OUTPUT", format: "GENERIC", step: "run" })),
    edges: edges.map(([from, to]) => ({ from, to, role: "" })),
  };
}

it("what something is made of stands left of it, however far", () => {
  const layers = layersOf(graph([["package", "run"], ["run", "scores"], ["observed", "scores"], ["package", "scores"]]));
  expect(Object.fromEntries(layers)).toEqual({ package: 0, run: 1, scores: 2, observed: 0 });
});

it("a circle does not hang", () => {
  expect(layersOf(graph([["a", "b"], ["b", "a"]])).size).toBe(2);
});

it("boxes of a column lie apart and inside the drawing", () => {
  const layout = layoutOf(graph([["a", "x"], ["b", "x"], ["c", "x"], ["x", "y"], ["a", "y"], ["b", "y"]]));
  for (const one of layout.placed) {
    expect(one.x).toBeGreaterThanOrEqual(0);
    expect(one.x + BOX.width).toBeLessThanOrEqual(layout.width);
    expect(one.y).toBeGreaterThanOrEqual(0);
    expect(one.y + BOX.height).toBeLessThanOrEqual(layout.height);
    for (const other of layout.placed) {
      if (one !== other && one.layer === other.layer) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(BOX.height + BOX.down);
    }
  }
});

it("a long edge passes the boxes between", () => {
  const layout = layoutOf(graph([["a", "b"], ["b", "c"], ["a", "c"]]));
  const long = layout.edges.find(({ edge }) => edge.from === "a" && edge.to === "c");
  const between = layout.placed.find((one) => one.node.uuid === "b");
  const height = Number(/([\d.]+)H/.exec(long?.path ?? "")?.[1] && /C\S+ \S+ \S+ \S+ \S+ ([\d.]+)H/.exec(long?.path ?? "")?.[1]);
  expect(between).toBeDefined();
  expect(height < (between?.y ?? 0) || height > (between?.y ?? 0) + BOX.height).toBe(true);
});

it("one dataset alone is one box", () => {
  const layout = layoutOf(graph([], "a"));
  expect(layout.placed).toHaveLength(1);
  expect(layout.edges).toEqual([]);
});

it("edges to what is not in the graph are left out", () => {
  const found = graph([["a", "b"]]);
  expect(layoutOf({ ...found, edges: [...found.edges, { from: "lost", to: "b", role: "" }] }).edges).toHaveLength(1);
});
