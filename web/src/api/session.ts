/** Who is signed in: a token, kept in this browser and shared by its tabs. */

const KEY = "dmod.token";
/** Stands where a token held no more, and nobody has signed out. */
const EXPIRED = "dmod.expired";
const listeners = new Set<() => void>();

/** Take a token that stands behind `#token=` in the address, and take it out of there. */
export function takeToken(location: Location, history: History): void {
  const found = /[#&]token=([A-Za-z0-9_-]+)/.exec(location.hash);
  if (!found?.[1]) return;
  localStorage.removeItem(EXPIRED);
  localStorage.setItem(KEY, found[1]);
  history.replaceState(null, "", location.pathname + location.search);
}

export function token(): string | null {
  return localStorage.getItem(KEY);
}

export function isExpired(): boolean {
  return localStorage.getItem(EXPIRED) !== null;
}

export function signIn(text: string): void {
  localStorage.removeItem(EXPIRED);
  localStorage.setItem(KEY, text.trim());
  tell();
}

export function signOut(): void {
  localStorage.removeItem(EXPIRED);
  localStorage.removeItem(KEY);
  tell();
}

/** The server knows the token no more: whoever had it is asked for another, and goes on where they were. */
export function expire(): void {
  // first, so that other tabs know why when the token is gone
  localStorage.setItem(EXPIRED, "1");
  localStorage.removeItem(KEY);
  tell();
}

/** Be told when the token changes, in this tab or in another one. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  const elsewhere = (event: StorageEvent) => {
    if (event.key === KEY || event.key === EXPIRED || event.key === null) listener();
  };
  window.addEventListener("storage", elsewhere);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", elsewhere);
  };
}

function tell(): void {
  for (const listener of listeners) listener();
}
