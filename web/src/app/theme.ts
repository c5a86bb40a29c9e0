/** Light or dark: as the system has it, or as was chosen here. */

export type Theme = "light" | "dark";
const KEY = "dmod.theme";

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") return kept;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function applyTheme(theme: Theme, keep = false): void {
  document.documentElement.dataset["theme"] = theme;
  if (keep) localStorage.setItem(KEY, theme);
  window.dispatchEvent(new Event("dmod-theme"));
}

/** The value of a colour of the page, for what draws on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
