import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "react-router";
import { api, got } from "../api/client";
import { Trouble } from "../parts/Trouble";
import { addressOf } from "./dataRecord";
import { BOX, layoutOf, type LineageGraph, type LineageNode, type Placed } from "./lineageLayout";
import "./lineage.css";

const MOST = 80;

/** Where a dataset comes from and what was made of it: drawn from left to right, as a list where it is narrow. */
export function Lineage({ reference }: { reference: string }) {
  const lineage = useQuery({
    queryKey: ["data", "lineage", reference],
    queryFn: async () => (await got(api.GET("/v1/data/datasets/{reference}/lineage", { params: { path: { reference } } }))) as unknown as LineageGraph,
  });
  const graph = lineage.data;
  return (
    <section className="card" aria-busy={lineage.isPending}>
      <header>
        <h2>Where it comes from, and what was made of it</h2>
        {graph && !graph.provable && <span className="chip warn">something it comes from was removed</span>}
      </header>
      {lineage.isError && <Trouble problem={lineage.error} retry={() => void lineage.refetch()} />}
      {lineage.isPending && <div className="skeleton lineage-skeleton" />}
      {graph && graph.datasets.length === 1 && <p className="soft lineage-alone">It was {stepOf(graph.datasets[0])}, and nothing was made of it yet.</p>}
      {graph && graph.datasets.length > 1 && (
        <>
          {graph.datasets.length <= MOST && <Drawing graph={graph} />}
          <List graph={graph} isOnly={graph.datasets.length > MOST} />
        </>
      )}
    </section>
  );
}

function stepOf(node: LineageNode | undefined): string {
  const step = node?.step ?? "";
  if (!step || step === "add") return "added as it is";
  if (step === "link") return "linked where it lies";
  return `made by ${step.replaceAll("-", " ")}`;
}

function Drawing({ graph }: { graph: LineageGraph }) {
  const layout = useMemo(() => layoutOf(graph), [graph]);
  return (
    <div className="scroll lineage-drawing">
      <svg width={layout.width} height={layout.height} viewBox={`0 0 ${layout.width} ${layout.height}`} role="group" aria-label="Lineage, from left to right">
        {layout.edges.map(({ edge, path }) => (
          <path key={`${edge.from} ${edge.to} ${edge.role}`} d={path} className="lineage-edge">
            <title>{edge.role}</title>
          </path>
        ))}
        {layout.placed.map((placed) => (
          <Box key={placed.node.uuid} placed={placed} isRoot={placed.node.uuid === graph.root} />
        ))}
      </svg>
    </div>
  );
}

function Box({ placed, isRoot }: { placed: Placed; isRoot: boolean }) {
  const { node, x, y } = placed;
  const content = (
    <>
      <rect x={x} y={y} width={BOX.width} height={BOX.height} rx="8" />
      <text x={x + 12} y={y + 22} className="lineage-name">
        {shortened(node.reference, 17)}
      </text>
      <text x={x + 12} y={y + 41} className="lineage-step">
        {shortened(node.in_catalog ? `${node.category.toLowerCase()} · ${node.step || "add"}` : "removed", 25)}
      </text>
      <title>{node.reference}</title>
    </>
  );
  if (isRoot || !node.in_catalog) return <g className={isRoot ? "lineage-box root" : "lineage-box gone"}>{content}</g>;
  return (
    <Link className="lineage-box" to={addressOf(node.reference)} aria-label={node.reference}>
      {content}
    </Link>
  );
}

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 3);
  return `${text.slice(0, most - 1 - end)}…${text.slice(-end)}`;
}

/** The same as a list: for narrow windows, and for graphs too large to be drawn. */
function List({ graph, isOnly }: { graph: LineageGraph; isOnly: boolean }) {
  const known = new Map(graph.datasets.map((node) => [node.uuid, node]));
  const { above, below } = useMemo(() => sidesOf(graph), [graph]);
  const side = (title: string, uuids: readonly string[]) =>
    uuids.length > 0 && (
      <div>
        <h3>{title}</h3>
        <ul className="lineage-items">
          {uuids.map((uuid) => {
            const node = known.get(uuid);
            if (!node) return null;
            return (
              <li key={uuid}>
                {node.in_catalog ? <Link className="break" to={addressOf(node.reference)}>{node.reference}</Link> : <span className="break faint">{node.reference}, removed</span>}
                <span className="small soft"> {node.category.toLowerCase()}, {stepOf(node)}</span>
              </li>
            );
          })}
        </ul>
      </div>
    );
  return (
    <div className={isOnly ? "lineage-list only" : "lineage-list"}>
      {side("Made of", above)}
      {side("Made of it", below)}
    </div>
  );
}

/** What stands above and what below the root, the nearest first. */
function sidesOf(graph: LineageGraph): { above: string[]; below: string[] } {
  const reached = (from: "from" | "to", to: "from" | "to") => {
    const found: string[] = [];
    const todo = [graph.root];
    while (todo.length) {
      const here = todo.shift();
      for (const edge of graph.edges) {
        if (edge[from] !== here || found.includes(edge[to])) continue;
        found.push(edge[to]);
        todo.push(edge[to]);
      }
    }
    return found;
  };
  return { above: reached("to", "from"), below: reached("from", "to") };
}
