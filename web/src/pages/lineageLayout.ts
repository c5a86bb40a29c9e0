/** Where the datasets of a lineage stand: what something is made of stands left of it. */

export interface LineageNode {
  uuid: string;
  reference: string;
  in_catalog: boolean;
  category: string;
  format: string;
  step: string;
}

export interface LineageEdge {
  from: string;
  to: string;
  role: string;
}

export interface LineageGraph {
  root: string;
  provable: boolean;
  datasets: LineageNode[];
  edges: LineageEdge[];
}

export interface Placed {
  node: LineageNode;
  layer: number;
  x: number;
  y: number;
}

export interface Layout {
  placed: Placed[];
  edges: { edge: LineageEdge; path: string }[];
  width: number;
  height: number;
}

export const BOX = { width: 176, height: 54, across: 42, down: 16 } as const;

/** The layer of each dataset, 0 for what comes from nothing that is known. */
export function layersOf(graph: LineageGraph): Map<string, number> {
  const above = new Map<string, string[]>();
  for (const edge of graph.edges) above.set(edge.to, [...(above.get(edge.to) ?? []), edge.from]);
  const found = new Map<string, number>();
  const layer = (uuid: string, under: ReadonlySet<string>): number => {
    const known = found.get(uuid);
    if (known !== undefined) return known;
    // a circle cannot be, and if it were the page should not hang
    if (under.has(uuid)) return 0;
    const inner = new Set(under).add(uuid);
    const deepest = Math.max(-1, ...(above.get(uuid) ?? []).map((source) => layer(source, inner)));
    found.set(uuid, deepest + 1);
    return deepest + 1;
  };
  for (const node of graph.datasets) layer(node.uuid, new Set());
  return found;
}

/** What stands in a column: a dataset, or a long edge on its way through. */
interface Item {
  key: string;
  node: LineageNode | null;
  above: string[];
}

/** How high a passing edge is, and how much room the line around a box needs. */
const PASSING = 14;
const EDGE = 2;

/** Put datasets into columns by their layer, near the middle of what they come from; no edge crosses a box. */
export function layoutOf(graph: LineageGraph): Layout {
  const layers = layersOf(graph);
  const columns: Item[][] = [];
  const put = (layer: number, item: Item) => (columns[layer] ??= []).push(item);
  const items = new Map<string, Item>(graph.datasets.map((node) => [node.uuid, { key: node.uuid, node, above: [] }]));
  for (const item of items.values()) put(layers.get(item.key) ?? 0, item);
  const ways = graph.edges.flatMap((edge) => {
    const to = items.get(edge.to);
    if (!to || !items.has(edge.from)) return [];
    const way = [edge.from];
    for (let layer = (layers.get(edge.from) ?? 0) + 1; layer < (layers.get(edge.to) ?? 0); layer += 1) {
      const passing: Item = { key: `${edge.from} ${edge.to} ${layer}`, node: null, above: [way.at(-1) as string] };
      if (!items.has(passing.key)) {
        items.set(passing.key, passing);
        put(layer, passing);
      }
      way.push(passing.key);
    }
    to.above.push(way.at(-1) as string);
    return [{ edge, way: [...way, edge.to] }];
  });
  const heights = columns.map((column) => column.reduce((sum, item) => sum + heightOf(item) + BOX.down, -BOX.down));
  const height = Math.max(BOX.height, ...heights);
  const middles = new Map<string, number>();
  columns.forEach((column, layer) => {
    const wish = (item: Item) => {
      const found = item.above.map((key) => middles.get(key) ?? 0);
      return found.length ? found.reduce((sum, one) => sum + one, 0) / found.length : 0;
    };
    column.sort((one, other) => wish(one) - wish(other) || one.key.localeCompare(other.key));
    let y = (height - (heights[layer] ?? 0)) / 2;
    for (const item of column) {
      middles.set(item.key, y + heightOf(item) / 2);
      y += heightOf(item) + BOX.down;
    }
  });
  const left = (layer: number) => layer * (BOX.width + BOX.across) + EDGE;
  const middle = (key: string) => (middles.get(key) ?? 0) + EDGE;
  const placed = columns.flatMap((column, layer) =>
    column.flatMap(({ key, node }) => (node ? [{ node, layer, x: left(layer), y: middle(key) - BOX.height / 2 }] : [])),
  );
  return {
    placed,
    edges: ways.map(({ edge, way }) => ({ edge, path: pathOf(way.map(middle), left(layers.get(edge.from) ?? 0)) })),
    width: columns.length * (BOX.width + BOX.across) - BOX.across + 2 * EDGE,
    height: height + 2 * EDGE,
  };
}

function heightOf(item: Item): number {
  return item.node ? BOX.height : PASSING;
}

/** A curve from the right of a box in the first column, straight through the columns between, to the last. */
function pathOf(heights: readonly number[], left: number): string {
  let path = "";
  let x = left + BOX.width;
  heights.forEach((y, at) => {
    if (!at) {
      path = `M${x} ${y}`;
      return;
    }
    const before = heights[at - 1] as number;
    const to = x + BOX.across;
    path += `C${x + BOX.across / 2} ${before} ${to - BOX.across / 2} ${y} ${to} ${y}`;
    x = to;
    if (at < heights.length - 1) {
      x += BOX.width;
      path += `H${x}`;
    }
  });
  return path;
}
