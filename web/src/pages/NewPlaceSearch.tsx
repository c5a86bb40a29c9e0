import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useState } from "react";
import { api, got } from "../api/client";
import { asProblem } from "../api/problem";
import { useSettled } from "../parts/useSettled";
import { placeOf } from "./newRequest";

interface Given {
  fabric: string;
  fault: string;
  choose: (place: string) => void;
}

/** Finds a place of a hydrofabric by its name: arrows go through what was found, Enter takes it. */
export function NewPlaceSearch({ fabric, fault, choose }: Given) {
  const id = useId();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const sought = useSettled(text.trim(), 200);
  const isPoint = /^-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?$/.test(text.trim());
  const found = useQuery({
    queryKey: ["map", fabric, "search", sought],
    queryFn: () =>
      got(api.GET("/v1/maps/{reference}/search", { params: { path: { reference: fabric }, query: { text: sought, limit: 12 } } })),
    enabled: fabric !== "" && sought !== "" && !isPoint,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const hits = text.trim() && !isPoint ? (found.data ?? []) : [];
  const isShown = open && (hits.length > 0 || (sought !== "" && sought === text.trim() && found.isSuccess && !isPoint));

  function take(place: string) {
    choose(place);
    setText("");
    setOpen(false);
    setAt(-1);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (!hits.length) return;
      const next = (at + step + hits.length + (at < 0 && step < 0 ? 1 : 0)) % hits.length;
      setAt(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      const hit = hits[at] ?? hits.find((item) => item.id === text.trim() || placeOf(item) === text.trim()) ?? (hits.length === 1 ? hits[0] : undefined);
      if (isPoint) take(text.trim().replace(/\s/g, ""));
      else if (hit) take(placeOf(hit));
    } else if (event.key === "Escape") {
      setOpen(false);
      setAt(-1);
    }
  }

  return (
    <div className="field new-search">
      <label htmlFor={id}>Find a place</label>
      <div className="row">
        <input
          id={id}
          className="grow"
          role="combobox"
          aria-expanded={isShown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isShown && at >= 0 ? `${id}-${at}` : undefined}
          aria-invalid={fault !== ""}
          aria-describedby={`${id}-hint`}
          autoComplete="off"
          spellCheck={false}
          placeholder="gauge, catchment, nexus, or 41.98, -111.60"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setOpen(true);
            setAt(-1);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {isPoint && (
          <button className="button" onClick={() => take(text.trim().replace(/\s/g, ""))}>
            Take this point
          </button>
        )}
      </div>
      <ul className="new-hits" id={`${id}-list`} role="listbox" aria-label="Found" hidden={!isShown}>
        {hits.map((hit, index) => (
          <li
            key={`${hit.kind} ${hit.id}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            // before the input loses the focus, and the list goes
            onMouseDown={(event) => {
              event.preventDefault();
              take(placeOf(hit));
            }}
          >
            <span className="break">{hit.id}</span>
            <span className="small soft">{hit.kind}</span>
          </li>
        ))}
        {!hits.length && (
          <li role="option" aria-selected={false} aria-disabled="true" className="soft">
            nothing begins so
          </li>
        )}
      </ul>
      {found.isError && <p className="new-fault break">{asProblem(found.error).message}</p>}
      {fault && <p className="fault break">{fault}</p>}
      <p className="hint" id={`${id}-hint`}>
        By the beginning of an id, a gauge’s number, or latitude, longitude. Several places make one run of all that drains to them.
      </p>
    </div>
  );
}
