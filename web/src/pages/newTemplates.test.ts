import { beforeEach, describe, expect, it } from "vitest";
import { exported, imported, KEY, load, remove, save } from "./newTemplates";
import { requestIn } from "./NewYaml";

beforeEach(() => localStorage.clear());

describe("templates of this browser", () => {
  it("are saved, replaced and deleted by their names", () => {
    save("b", { kind: "run", package: "ex" });
    save("a", { kind: "run", package: "one" });
    save("a", { kind: "run", package: "two" });
    expect(load().templates.map((item) => [item.name, item.request["package"]])).toEqual([["a", "two"], ["b", "ex"]]);
    remove("a");
    expect(load().templates.map((item) => item.name)).toEqual(["b"]);
  });

  it("leave what cannot be read as it is, and put it aside when one is saved", () => {
    localStorage.setItem(KEY, "{half of");
    expect(load()).toMatchObject({ templates: [], fault: expect.stringContaining("cannot be read") as string });
    expect(localStorage.getItem(KEY)).toBe("{half of");
    save("a", { kind: "run" });
    expect(load()).toMatchObject({ fault: "", templates: [{ name: "a" }] });
    localStorage.setItem(KEY, "another");
    save("b", { kind: "run" });
    expect([1, 2].map((number) => localStorage.getItem(`${KEY}.unreadable-${number}`))).toEqual(["{half of", "another"]);
  });

  it("keep entries of a form that is not known", () => {
    localStorage.setItem(KEY, JSON.stringify([{ form: 7 }, { name: "a", request: { kind: "run" } }]));
    save("b", { kind: "run" });
    remove("a");
    expect(JSON.parse(localStorage.getItem(KEY) ?? "")).toMatchObject([{ form: 7 }, { name: "b" }]);
  });
});

describe("template files", () => {
  const one = { name: "a", saved: "", request: { kind: "run", package: "ex", labels: { basin: "007" }, x_unknown: [1, null] } };
  const two = { name: "b 2", saved: "", request: { kind: "run", period: { start: "2015-10-01", end: "2015-10-02 03:00" } } };

  it("of one template are the request", () => {
    expect(imported(exported([one]), "my-run.yaml")).toEqual([{ name: "my-run", request: one.request }]);
  });

  it("of several are read back by their names", () => {
    expect(imported(exported([one, two]), "all.yaml")).toEqual([one, two].map(({ name, request }) => ({ name, request })));
  });

  it.each([
    ["a: [", /is no YAML/], ["- 1", /holds no request/], ["kind: evaluation", /of kind evaluation/], ["templates: 3", /has to be a mapping/],
    ["templates: {a: 1}", /template a is no mapping/], ["", /holds no request/],
  ])("that say %j are refused with the reason", (text, reason) => {
    expect(() => imported(text, "f.yaml")).toThrow(reason);
  });
});

describe("the text of a request", () => {
  it("is read as the request", () => {
    expect(requestIn("package: ex\nperiod: {start: 2015-10-01, end: 2015-10-02}\n")).toEqual({ package: "ex", period: { start: "2015-10-01", end: "2015-10-02" } });
  });

  it.each([["", /nothing here/], ["a: [", /no YAML/], ["text", /mapping/], ["kind: ensemble", /kind ensemble/]])("%j is told what is wrong", (text, reason) => {
    expect(requestIn(text)).toMatch(reason);
  });
});
