import { useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { type Hit, useHits } from "../pages/mapData";

const WAIT = 150;

/** Finds a catchment, river, nexus or gauge by its name: arrows choose, Enter takes, Escape closes. */
export function MapSearch({ fabric, onTake }: { fabric: string; onTake: (hit: Hit) => void }) {
  const id = useId();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const found = useHits(fabric, useDeferredValue(asked));
  const hits = asked ? (found.data ?? []) : [];

  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), WAIT);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setAt(-1), [asked]);

  function take(hit: Hit | undefined) {
    if (!hit) return;
    setText(hit.id);
    setOpen(false);
    onTake(hit);
  }

  function key(event: React.KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length) {
      event.preventDefault();
      setOpen(true);
      setAt((was) => (was + step + hits.length + (was < 0 && step < 0 ? 1 : 0)) % hits.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(hits[at] ?? hits.find((hit) => hit.id.toLowerCase() === text.trim().toLowerCase()) ?? hits[0]);
    } else if (event.key === "Escape" && (open || text)) {
      event.stopPropagation();
      if (!open) setText("");
      setOpen(false);
    }
  }

  const shows = open && asked !== "" && !found.isPending;
  return (
    <div className="map-search" onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); }}>
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label="Search by id or gauge"
        aria-expanded={shows}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shows && at >= 0 ? `${id}-${at}` : undefined}
        placeholder="cat-27, wb-27 or a gauge"
        autoComplete="off"
        spellCheck={false}
        disabled={!fabric}
        value={text}
        onFocus={() => setOpen(true)}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
        }}
        onKeyDown={key}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Found" className="map-hits" hidden={!shows || hits.length === 0}>
        {hits.map((hit, row) => (
          // a press must not take the focus from the field: the list would close before it is heard
          <li key={`${hit.kind} ${hit.id}`} id={`${id}-${row}`} role="option" aria-selected={row === at} onMouseDown={(event) => event.preventDefault()} onClick={() => take(hit)}>
            <span className="break">{hit.id}</span>
            <span className="small faint">{hit.kind === "flowpath" ? "river" : hit.kind}</span>
          </li>
        ))}
      </ul>
      {shows && hits.length === 0 && (
        <p className="map-hits map-none small soft" role="status">
          {found.isError ? "The search cannot be answered now." : `Nothing begins with “${asked}”.`}
        </p>
      )}
    </div>
  );
}
