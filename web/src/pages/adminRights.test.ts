import { expect, it } from "vitest";
import { isValid, percent, rightsOf, scopesOf } from "./adminRights";

it("permissions are said by what they are for", () => {
  expect(rightsOf(["job:see", "job:submit", "user:create", "audit:see", "fleet:sink"])).toEqual([
    { thing: "jobs", acts: ["see", "submit"] },
    { thing: "users", acts: ["make"] },
    { thing: "the log of acts", acts: ["see"] },
    { thing: "fleet", acts: ["sink"] },
  ]);
});

it("a token is valid until it expires or is revoked", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(isValid({ expires: null, revoked: null }, now)).toBe(true);
  expect(isValid({ expires: "2026-01-01T00:00:01Z", revoked: null }, now)).toBe(true);
  expect(isValid({ expires: "2026-01-01T00:00:00Z", revoked: null }, now)).toBe(false);
  expect(isValid({ expires: null, revoked: "2025-01-01T00:00:00Z" }, now)).toBe(false);
});

it("a token can have no more scopes than its user's role", () => {
  expect(scopesOf("viewer")).toEqual(["jobs:read", "data:read"]);
  expect(scopesOf("user")).not.toContain("admin");
  expect(scopesOf("admin")).toContain("admin");
});

it("a share lies between nothing and the whole", () => {
  expect(percent(1, 4)).toBe(25);
  expect(percent(5, 4)).toBe(100);
  expect(percent(1, 0)).toBe(0);
});
