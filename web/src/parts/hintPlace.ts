/** Commands that hints name, and the page that does the same. */
const PLACES: readonly [RegExp, string, string][] = [
  [/\bdmod data add\b/, "/data?view=add", "Add data"],
  [/\bdmod data (?:find|plan)\b/, "/data?view=find", "Find data"],
  [/\bdmod data (?:list|show)\b/, "/data", "Data"],
  [/\bdmod jobs?\b/, "/jobs", "Jobs"],
  [/\bdmod token\b/, "/admin?view=me", "Me and my tokens"],
];

/** Where the page does what a hint names a command for; null where it names none, or the page has no such place. */
export function placeOf(hint: string): { address: string; name: string } | null {
  const found = PLACES.find(([command]) => command.test(hint));
  return found ? { address: found[1], name: found[2] } : null;
}
