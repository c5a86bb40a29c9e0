import { useEffect, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import type { Feature, Upstream } from "../pages/mapData";
import { attributeText, attributeUnit } from "./attributes";
import { CopyButton } from "./CopyButton";
import { count, number } from "./format";
import { Trouble } from "./Trouble";

const FEW = 200;
const KINDS: Record<string, string> = { catchment: "Catchment", flowpath: "River", nexus: "Nexus", gauge: "Gauge" };

export interface PanelProps {
  fabric: string;
  place: string;
  feature: Feature | undefined;
  upstream: Upstream | undefined;
  problem: unknown;
  /** Where its results are looked at, if a run is chosen. */
  results: string;
  onTake: (place: string) => void;
  onZoom: (bounds: readonly number[]) => void;
  onClose: () => void;
}

/** What was chosen on the map: what it is, what drains to it, and what can be done with it. */
export function MapPanel(props: PanelProps) {
  const { fabric, place, feature, upstream, problem, results, onTake, onZoom, onClose } = props;
  const go = useNavigate();
  const heading = useRef<HTMLHeadingElement>(null);
  // who searched by keyboard goes on here
  useEffect(() => {
    if (document.activeElement instanceof HTMLInputElement || document.activeElement?.closest(".map-panel")) heading.current?.focus();
  }, [place]);

  return (
    <section className="card map-panel" aria-labelledby="map-place" aria-busy={!feature && !problem}>
      <header>
        <div className="grow">
          <h2 id="map-place" ref={heading} tabIndex={-1} className="break">
            {place}
          </h2>
          <p className="small soft">{feature ? (KINDS[feature.kind] ?? feature.kind) : " "}</p>
        </div>
        <button className="button quiet small" aria-label="Close" title="Close (Escape)" onClick={onClose}>
          ×
        </button>
      </header>
      {problem ? <Trouble problem={problem} /> : null}
      {!problem && (
        <div className="row map-acts">
          <button className="button primary" onClick={() => void go(`/new?${new URLSearchParams({ fabric, place })}`)}>
            New run from here
          </button>
          {feature?.bounds && (
            <button className="button small" onClick={() => onZoom(feature.bounds ?? [])}>
              Zoom to it
            </button>
          )}
          {upstream?.bounds && upstream.catchments.length > 1 && (
            <button className="button small" onClick={() => onZoom(upstream.bounds ?? [])}>
              Zoom to its basin
            </button>
          )}
          <CopyButton text={() => window.location.href} otherwise="Copy it from the address bar">Copy link</CopyButton>
          {results && (
            <Link className="button small" to={results}>
              Hydrograph
            </Link>
          )}
        </div>
      )}
      <p className="visually-hidden" role="status">
        {upstream && `${place}: ${count(upstream.catchments.length)} catchments drain to it`}
      </p>
      {!problem && (
        <dl className="facts">
          <div>
            <dt>drains to it [km²]</dt>
            <dd>{upstream ? number(upstream.area_km2) : "…"}</dd>
          </div>
          <div>
            <dt>catchments upstream</dt>
            <dd>{upstream ? count(upstream.catchments.length) : "…"}</dd>
          </div>
        </dl>
      )}
      {feature && <Neighbours title="Water goes to" ids={feature.below} onTake={onTake} />}
      {feature && <Neighbours title="Water comes from" ids={feature.above} onTake={onTake} />}
      {feature && <Attributes feature={feature} />}
      {upstream && upstream.catchments.length > 0 && (
        <details>
          <summary>All that drains to it</summary>
          <Neighbours title={`${count(upstream.catchments.length)} catchments`} ids={upstream.catchments} onTake={onTake} />
          <Neighbours title={`${count(upstream.flowpaths.length)} rivers`} ids={upstream.flowpaths} onTake={onTake} />
          <Neighbours title={`${count(upstream.nexuses.length)} nexuses`} ids={upstream.nexuses} onTake={onTake} />
        </details>
      )}
    </section>
  );
}

function Neighbours({ title, ids, onTake }: { title: string; ids: readonly string[]; onTake: (place: string) => void }) {
  const [most, setMost] = useState(FEW);
  if (!ids.length) return null;
  return (
    <div className="map-neighbours">
      <h3>{title}</h3>
      <ul>
        {ids.slice(0, most).map((id) => (
          <li key={id}>
            <button className="map-id" onClick={() => onTake(id)}>
              {id}
            </button>
          </li>
        ))}
        {ids.length > most && (
          <li>
            <button className="button small" onClick={() => setMost(most + FEW)}>
              {count(ids.length - most)} more
            </button>
          </li>
        )}
      </ul>
    </div>
  );
}

function Attributes({ feature }: { feature: Feature }) {
  const rows = Object.entries(feature.attributes);
  if (!rows.length) return null;
  return (
    <details>
      <summary>Attributes</summary>
      <table className="small map-attributes">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                {name}
                {attributeUnit(name) && <span className="faint"> [{attributeUnit(name)}]</span>}
              </th>
              <td className="number break">{attributeText(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
