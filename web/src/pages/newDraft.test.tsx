import { act, cleanup, fireEvent, render, renderHook, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Form, newKey, useForm } from "./newDraft";
import { NewYaml } from "./NewYaml";

beforeEach(() => sessionStorage.clear());
afterEach(cleanup);

type Entry = { pathname: string; search?: string; key: string; state?: unknown };

function opened(entry: Entry) {
  const wrapper = ({ children }: { children: ReactNode }) => <MemoryRouter initialEntries={[entry]}>{children}</MemoryRouter>;
  return renderHook(() => useForm(), { wrapper });
}

describe("what stands in the form", () => {
  it("outlives a reload, over what the visit began with", () => {
    const entry = { pathname: "/new", key: "a", state: { request: { kind: "run", package: "ex" } } };
    const first = opened(entry);
    expect(first.result.current.request).toEqual({ kind: "run", package: "ex" });
    act(() => first.result.current.set("resources.cpus", 2));
    first.unmount();
    const second = opened(entry);
    expect(second.result.current.request).toEqual({ kind: "run", package: "ex", resources: { cpus: 2 } });
    expect(second.result.current.isRestored).toBe(false);
  });

  it("is offered again at another visit, and can be begun anew", () => {
    opened({ pathname: "/new", key: "a", state: { request: { package: "ex" } } }).unmount();
    const { result } = opened({ pathname: "/new", key: "b" });
    expect(result.current).toMatchObject({ isRestored: true, request: { package: "ex" } });
    act(() => result.current.beginAnew());
    expect(result.current).toMatchObject({ isRestored: false, request: { kind: "run" } });
  });

  it("gives way to the request of an earlier job", () => {
    opened({ pathname: "/new", key: "a", state: { request: { package: "ex" } } }).unmount();
    const { result } = opened({ pathname: "/new", key: "b", state: { request: { package: "other" } } });
    expect(result.current).toMatchObject({ isRestored: false, request: { package: "other" } });
  });

  it("is gone once it is a job", () => {
    const { result, unmount } = opened({ pathname: "/new", key: "a", state: { request: { package: "ex" } } });
    act(() => result.current.forget());
    unmount();
    expect(opened({ pathname: "/new", key: "b" }).result.current.request).toEqual({ kind: "run" });
  });

  it("survives a draft that cannot be read", () => {
    sessionStorage.setItem("dmod.new", "{half");
    expect(opened({ pathname: "/new", key: "a" }).result.current.request).toEqual({ kind: "run" });
  });
});

describe("the key of a submission", () => {
  it("stays while the request stays, a reload in between too", () => {
    const entry = { pathname: "/new", key: "a", state: { request: { package: "ex" } } };
    const first = opened(entry);
    const key = first.result.current.keyFor("one");
    expect(first.result.current.keyFor("one")).toBe(key);
    first.unmount();
    expect(opened(entry).result.current.keyFor("one")).toBe(key);
  });

  it("is another one for another request", () => {
    const { result } = opened({ pathname: "/new", key: "a" });
    const key = result.current.keyFor("one");
    expect(result.current.keyFor("two")).not.toBe(key);
    expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("the request as text", () => {
  let form: Form;
  function Both() {
    form = useForm();
    return <NewYaml form={form} />;
  }
  const text = () => screen.getByLabelText<HTMLTextAreaElement>("Request as YAML");

  beforeEach(() => {
    const entry = { pathname: "/new", key: "a", state: { request: { package: "ex", unknown: { a: 1 } } } };
    render(<Both />, { wrapper: ({ children }: { children: ReactNode }) => <MemoryRouter initialEntries={[entry]}>{children}</MemoryRouter> });
  });

  it("follows the form, and keeps what the form does not know", () => {
    act(() => form.set("resources.cpus", 4));
    expect(text().value).toBe("kind: run\npackage: ex\nunknown:\n  a: 1\nresources:\n  cpus: 4\n");
  });

  it("changes the form, and stays as it was typed", () => {
    const typed = "# mine\npackage:   other\n";
    fireEvent.change(text(), { target: { value: typed } });
    expect(form.request).toEqual({ package: "other" });
    expect(text().value).toBe(typed);
  });

  it("leaves the form alone while it cannot be read", () => {
    fireEvent.change(text(), { target: { value: "package: [" } });
    expect(form.request).toMatchObject({ package: "ex" });
    expect(text()).toHaveAttribute("aria-invalid", "true");
    act(() => form.set("name", "again"));
    expect(text()).toHaveAttribute("aria-invalid", "false");
  });
});
