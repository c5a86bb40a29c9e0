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

export const BOX = { width: 190, height: 54, across: 56, down: 16 } as const;

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

/** Put datasets into columns by their layer, near the middle of what they come from. */
export function layoutOf(graph: LineageGraph): Layout {
  const layers = layersOf(graph);
  const columns: LineageNode[][] = [];
  for (const node of graph.datasets) (columns[layers.get(node.uuid) ?? 0] ??= []).push(node);
  const row = new Map<string, number>();
  for (const [at, nodes] of columns.entries()) {
    const middle = (node: LineageNode): number => {
      const rows = graph.edges.filter((edge) => edge.to === node.uuid).map((edge) => row.get(edge.from) ?? 0);
      return rows.length ? rows.reduce((sum, one) => sum + one, 0) / rows.length : 0;
    };
    const inOrder = [...(nodes ?? [])].sort((one, other) => middle(one) - middle(other) || one.reference.localeCompare(other.reference));
    columns[at] = inOrder;
    inOrder.forEach((node, place) => row.set(node.uuid, place));
  }
  const most = Math.max(1, ...columns.map((nodes) => nodes.length));
  const step = BOX.height + BOX.down;
  const placed = columns.flatMap((nodes, layer) =>
    nodes.map((node, place) => ({
      node,
      layer,
      x: layer * (BOX.width + BOX.across) + 2,
      y: ((most - nodes.length) / 2 + place) * step + 2,
    })),
  );
  const at = new Map(placed.map((item) => [item.node.uuid, item]));
  const edges = graph.edges.flatMap((edge) => {
    const from = at.get(edge.from);
    const to = at.get(edge.to);
    return from && to ? [{ edge, path: pathOf(from, to) }] : [];
  });
  return { placed, edges, width: columns.length * (BOX.width + BOX.across) - BOX.across + 4, height: most * step - BOX.down + 4 };
}

function pathOf(from: Placed, to: Placed): string {
  const [x0, y0] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x1, y1] = [to.x, to.y + BOX.height / 2];
  const bend = Math.max((x1 - x0) / 2, 18);
  return `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
}
