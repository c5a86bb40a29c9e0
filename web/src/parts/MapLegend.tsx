import { unitInWords } from "./format";
import { legendOf, type Scale } from "./MapScale";

/** What the colours of the map mean. */
export function MapLegend({ scale, unit, isSample, name }: { scale: Scale | null; unit: string; isSample: boolean; name: string }) {
  if (!scale) return <p className="small soft">There is no value to colour by.</p>;
  return (
    <figure className="map-legend" aria-label={`Legend of ${name}`}>
      <figcaption className="small soft break">
        {name}
        {unit ? ` [${unitInWords(unit)}]` : ""}
      </figcaption>
      <ul>
        {legendOf(scale, isSample).map((row) => (
          <li key={row.colour}>
            <i className={`map-swatch scale-${row.colour}`} aria-hidden="true" />
            {row.text}
          </li>
        ))}
        <li>
          <i className="map-swatch scale-none" aria-hidden="true" />
          no value
        </li>
      </ul>
    </figure>
  );
}
