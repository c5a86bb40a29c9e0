import { useQueries } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { api, got } from "../api/client";
import { asProblem } from "../api/problem";
import { Field } from "../parts/Field";
import { bytes, count, number } from "../parts/format";
import { Trouble } from "../parts/Trouble";
import { type DatasetRecord, countOf, isNamed, useDatasets, valuesOf } from "./newDatasets";
import type { Form } from "./newDraft";
import { type Fault, faultAt } from "./newFaults";
import { hoursOf, inWords } from "./newPeriod";
import { placesOf, textAt, valueAt } from "./newRequest";
import { ExampleHint } from "../parts/ExampleHint";
import { NewPlaceSearch } from "./NewPlaceSearch";

export const PACKAGE = "NGEN_JOB_COMPOSITE_CONFIG";

interface Given {
  form: Form;
  faults: Fault[];
}

export function NewWhereStep({ form, faults }: Given) {
  return (
    <section className="card stack new-step" id="where" aria-labelledby="where-title">
      <h2 id="where-title">Where</h2>
      <div className="new-ways" role="radiogroup" aria-labelledby="where-title">
        {(
          [
            ["package", "A run package", "a basin with its forcing and its modules, ready to run"],
            ["place", "A place", "a gauge, catchment or point: what drains there is made ready first"],
          ] as const
        ).map(([way, name, text]) => (
          <label key={way} className="new-way">
            <input type="radio" name="way" checked={form.way === way} onChange={() => form.setWay(way)} />
            <span>
              <strong>{name}</strong>
              <span className="small soft">{text}</span>
            </span>
          </label>
        ))}
      </div>
      {form.way === "package" ? <Packages form={form} faults={faults} /> : <Place form={form} faults={faults} />}
    </section>
  );
}

function Packages({ form, faults }: Given) {
  const packages = useDatasets({ format: PACKAGE });
  const chosen = textAt(form.request, "package");
  if (packages.isPending) return <div className="skeleton new-list-skeleton" />;
  if (packages.isError) return <Trouble problem={packages.error} retry={() => void packages.refetch()} />;
  const isListed = packages.data.some((item) => isNamed(item, chosen));
  return (
    <div className="stack">
      {packages.data.length === 0 && (
        <p className="empty">
          The catalog has no run package yet. Choose a place instead, or bring a package: <a href="#own-data">own data</a>.
        </p>
      )}
      {packages.data.length > 0 && (
        <p className="new-label" aria-hidden="true">
          Run package
        </p>
      )}
      <ul className="new-choices" role="radiogroup" aria-label="Run package">
        {packages.data.map((item) => (
          <li key={item.name} role="none">
            <label className="new-choice">
              <input type="radio" name="package" checked={isNamed(item, chosen)} onChange={() => form.set("package", item.name)} />
              <span>
                <strong className="break">{item.name}</strong>
                <span className="small soft break">{aboutPackage(item)}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      {chosen && !isListed && (
        <p className="notice warn small break">
          The request names the package <strong>{chosen}</strong>, which is not among the latest ones of this catalog.
        </p>
      )}
      {faultAt(faults, "package") && (
        <p className="new-fault break" role="alert">
          {faultAt(faults, "package")}
        </p>
      )}
    </div>
  );
}

function aboutPackage(item: DatasetRecord): string {
  const hours = hoursOf(item);
  const catchments = countOf(item, "CATCHMENT_ID");
  return [
    catchments ? `${count(catchments)} catchments` : "",
    valuesOf(item, "FORMULATION").join(", "),
    hours ? inWords(hours) : "",
    bytes(item.size),
  ]
    .filter(Boolean)
    .join(" · ");
}

function Place({ form, faults }: Given) {
  const fabrics = useDatasets({ category: "HYDROFABRIC" });
  const named = textAt(form.request, "where.hydrofabric");
  const first = fabrics.data?.[0]?.name ?? "";
  const places = placesOf(form.request);
  const { set } = form;
  useEffect(() => {
    // where there is one only, nobody has to choose it
    if (!named && fabrics.data?.length === 1) set("where.hydrofabric", first);
  }, [named, fabrics.data, first, set]);
  const setPlaces = (next: string[]) => set("where.places", next.length ? next : undefined);
  const catchments = valueAt(form.request, "where.catchments");
  if (fabrics.isPending) return <div className="skeleton new-list-skeleton" />;
  if (fabrics.isError) return <Trouble problem={fabrics.error} retry={() => void fabrics.refetch()} />;
  if (!fabrics.data.length) {
    return (
      <p className="empty">
        The catalog has no hydrofabric yet: bring one under <a href="#own-data">own data</a>, or take a run package. <ExampleHint />
      </p>
    );
  }
  const isListed = fabrics.data.some((item) => isNamed(item, named));
  return (
    <div className="stack">
      <Field label="Hydrofabric" fault={faultAt(faults, "where.hydrofabric")} hint={fabrics.data.find((item) => isNamed(item, named))?.description}>
        {(props) => (
          <select {...props} value={named} onChange={(event) => set("where.hydrofabric", event.target.value)}>
            <option value="">whichever has the place</option>
            {named && !isListed && <option value={named}>{named}</option>}
            {fabrics.data.map((item) => (
              <option key={item.name} value={isNamed(item, named) ? named : item.name}>
                {item.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {Array.isArray(catchments) ? (
        <p className="notice small">
          The request names {count(catchments.length)} catchments of its own.{" "}
          <button className="button small" onClick={() => set("where.catchments", undefined)}>
            Choose places instead
          </button>
        </p>
      ) : (
        <>
          <NewPlaceSearch
            fabric={named || first}
            fault={faultAt(faults, "where.places", "where")}
            choose={(place) => setPlaces(places.includes(place) ? places : [...places, place])}
          />
          <Basins fabric={named || first} places={places} drop={(place) => setPlaces(places.filter((item) => item !== place))} />
          <p className="small soft">
            Or choose on the <Link to="/">map</Link>; what you have filled in stays.
          </p>
        </>
      )}
    </div>
  );
}

/** What drains to each place. */
export function useBasins(fabric: string, places: string[]) {
  return useQueries({
    queries: places.map((place) => ({
      queryKey: ["map", fabric, "upstream", place],
      queryFn: () => got(api.GET("/v1/maps/{reference}/upstream", { params: { path: { reference: fabric }, query: { place } } })),
      enabled: fabric !== "" && place !== "",
      staleTime: 600_000,
    })),
  });
}

function Basins({ fabric, places, drop }: { fabric: string; places: string[]; drop: (place: string) => void }) {
  const basins = useBasins(fabric, places);
  return (
    <ul className="new-places" aria-label="Chosen places">
      {places.map((place, at) => {
        const basin = basins[at];
        return (
          <li key={place} className="new-place">
            <span className="grow">
              <strong className="break">{place}</strong>
              <span className="small soft break" role="status">
                {basin?.data
                  ? `${count(basin.data.catchments.length)} ${basin.data.catchments.length === 1 ? "catchment" : "catchments"}, ${number(basin.data.area_km2, 3)} km² drain here`
                  : basin?.isError
                    ? ""
                    : "looking upstream …"}
              </span>
              {basin?.isError && <span className="new-fault break">{asProblem(basin.error).message}</span>}
            </span>
            <button className="button small" aria-label={`Take ${place} out`} onClick={() => drop(place)}>
              Remove
            </button>
          </li>
        );
      })}
    </ul>
  );
}
