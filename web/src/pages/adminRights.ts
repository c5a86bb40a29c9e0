/** What somebody may, in words. */

const THINGS: Readonly<Record<string, string>> = {
  job: "jobs",
  dataset: "data",
  user: "users",
  token: "tokens",
  node: "nodes",
  audit: "the log of acts",
};
const ACTS: Readonly<Record<string, string>> = { see: "see", submit: "submit", change: "change", share: "share", remove: "remove", add: "add", create: "make", issue: "make", revoke: "revoke" };

export interface Rights {
  thing: string;
  acts: string[];
}

/** Permissions by what they are for: `job:see`, `job:submit` → jobs: see, submit. */
export function rightsOf(permissions: readonly string[]): Rights[] {
  const found = new Map<string, string[]>();
  for (const permission of permissions) {
    const [thing = "", act = ""] = permission.split(":");
    found.set(thing, [...(found.get(thing) ?? []), ACTS[act] ?? act]);
  }
  return [...found].map(([thing, acts]) => ({ thing: THINGS[thing] ?? thing, acts }));
}

export const SCOPES = [
  ["jobs:read", "see jobs"],
  ["jobs:write", "submit and change jobs"],
  ["data:read", "read data"],
  ["data:write", "add and change data"],
  ["admin", "act as an administrator"],
] as const;

/** The scopes that a token of a user of a role can have. */
export function scopesOf(role: string): string[] {
  const all = SCOPES.map(([scope]) => scope as string);
  if (role === "admin") return all;
  return all.filter((scope) => (role === "user" ? scope !== "admin" : scope.endsWith(":read")));
}

export const LIVES = [
  ["7 days", 7 * 86_400],
  ["30 days", 30 * 86_400],
  ["90 days", 90 * 86_400],
  ["a year", 365 * 86_400],
  ["for ever", null],
] as const;

/** Whether a token can be used now. */
export function isValid(token: { expires: string | null; revoked: string | null }, now = Date.now()): boolean {
  return !token.revoked && (!token.expires || Date.parse(token.expires) > now);
}

/** A share of a whole in percent, between none and all. */
export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (100 * part) / whole)) : 0;
}
