/** What stands in the form: it outlives a reload and a new sign-in, and is one job however often it is sent. */

import { useCallback, useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "react-router";
import { emptyRequest, isMapping, parted, type Request, type Value, type Way, wayOf, withValue } from "./newRequest";

const KEY = "dmod.new";

export interface Draft {
  request: Request;
  way: Way;
  /** What belongs to the other way, to come back to it. */
  other: Request;
}

/** What was sent, and the key that it was sent under. */
interface Sent {
  body: string;
  key: string;
}

interface Stored extends Draft {
  /** Visit that it belongs to. */
  visit: string;
  sent: Sent | null;
}

export interface Form extends Draft {
  set: (path: string, value: Value | undefined) => void;
  setWay: (way: Way) => void;
  replace: (request: Request) => void;
  beginAnew: () => void;
  /** Whether it is what was begun at an earlier visit. */
  isRestored: boolean;
  /** The key to send a request under: the same for the same request. */
  keyFor: (body: string) => string;
  forget: () => void;
}

/** A key that nobody else has; `randomUUID` is not there on plain HTTP. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function draftOf(request: Request): Draft {
  return { request: { kind: "run", ...request }, way: wayOf(request) ?? "package", other: {} };
}

export function otherWay(draft: Draft, way: Way): Draft {
  if (draft.way === way) return draft;
  const { own, rest } = parted(draft.request, draft.way);
  return { request: { ...rest, ...draft.other }, way, other: own };
}

/** A request that came from elsewhere; it says itself which way it goes. */
export function replaced(draft: Draft, request: Request): Draft {
  const way = wayOf(request) ?? draft.way;
  return { request, way, other: way === draft.way ? draft.other : {} };
}

export function presetOf(search: URLSearchParams): Draft | null {
  const fabric = search.get("fabric");
  const places = search.getAll("place").filter(Boolean);
  if (!fabric && !places.length) {
    const dataset = search.get("package");
    return dataset ? draftOf({ package: dataset }) : null;
  }
  const where = { ...(fabric ? { hydrofabric: fabric } : {}), ...(places.length ? { places } : {}) };
  return draftOf({ where, formulation: "cfe" });
}

/** What was begun, with the place or package that was chosen meanwhile. */
export function placedIn(earlier: Draft, preset: Draft): Draft {
  const { request, way, other } = otherWay(earlier, preset.way);
  const hasModel = request["formulation"] !== undefined || request["realization"] !== undefined;
  const { formulation, ...chosen } = preset.request;
  return { request: { ...request, ...chosen, ...(formulation !== undefined && !hasModel ? { formulation } : {}) }, way, other };
}

function stored(): Stored | null {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    const isWhole = isMapping(found) && isMapping(found["request"]) && isMapping(found["other"]) && typeof found["visit"] === "string";
    return isWhole ? (found as unknown as Stored) : null;
  } catch {
    return null;
  }
}

function begun(visit: string, state: unknown, search: URLSearchParams): { draft: Draft; isRestored: boolean; sent: Sent | null } {
  const earlier = stored();
  // a reload, or signing in again, is the same visit: what was typed counts more than what the visit began with
  if (earlier && earlier.visit === visit) return { draft: earlier, isRestored: false, sent: earlier.sent };
  if (isMapping(state) && isMapping(state["request"])) return { draft: draftOf(state["request"]), isRestored: false, sent: null };
  const preset = presetOf(search);
  if (preset) return { draft: earlier ? placedIn(earlier, preset) : preset, isRestored: earlier !== null, sent: null };
  if (earlier) return { draft: earlier, isRestored: true, sent: earlier.sent };
  return { draft: draftOf(emptyRequest()), isRestored: false, sent: null };
}

export function useForm(): Form {
  const location = useLocation();
  const [search] = useSearchParams();
  const [first] = useState(() => begun(`${location.key}${location.search}`, location.state as unknown, search));
  const [draft, setDraft] = useState<Draft>({ request: first.draft.request, way: first.draft.way, other: first.draft.other });
  const [isRestored, setRestored] = useState(first.isRestored);
  const sent = useRef<Sent | null>(first.sent);
  const isOver = useRef(false);
  const visit = `${location.key}${location.search}`;

  const keep = useCallback(() => {
    if (isOver.current) return;
    try {
      const isEmpty = Object.keys(draft.request).length <= 1 && !Object.keys(draft.other).length;
      if (isEmpty && !sent.current) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, JSON.stringify({ ...draft, visit, sent: sent.current } satisfies Stored));
    } catch {
      // a browser that keeps nothing: the form works all the same
    }
  }, [draft, visit]);
  useEffect(keep, [keep]);

  return {
    ...draft,
    isRestored,
    set: useCallback((path, value) => setDraft((old) => ({ ...old, request: withValue(old.request, path, value) })), []),
    setWay: useCallback((way) => setDraft((old) => otherWay(old, way)), []),
    replace: useCallback((request) => setDraft((old) => replaced(old, request)), []),
    beginAnew: () => {
      sent.current = null;
      setRestored(false);
      setDraft(draftOf(emptyRequest()));
    },
    keyFor: (body) => {
      if (sent.current?.body !== body) sent.current = { body, key: newKey() };
      keep();
      return sent.current.key;
    },
    forget: () => {
      isOver.current = true;
      sessionStorage.removeItem(KEY);
    },
  };
}
