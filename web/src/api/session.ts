/** Who is signed in: a token, kept in this browser and shared by its tabs. */

const KEY = "dmod.token";
const listeners = new Set<() => void>();

/** Take a token that stands behind `#token=` in the address, and take it out of there. */
export function takeToken(location: Location, history: History): void {
  const found = /[#&]token=([A-Za-z0-9_-]+)/.exec(location.hash);
  if (!found?.[1]) return;
  localStorage.setItem(KEY, found[1]);
  history.replaceState(null, "", location.pathname + location.search);
}

export function token(): string | null {
  return localStorage.getItem(KEY);
}

export function signIn(text: string): void {
  localStorage.setItem(KEY, text.trim());
  tell();
}

export function signOut(): void {
  localStorage.removeItem(KEY);
  tell();
}

/** Be told when the token changes, in this tab or in another one. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  const elsewhere = (event: StorageEvent) => {
    if (event.key === KEY || event.key === null) listener();
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
