import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Underway } from "./Underway";

afterEach(cleanup);
const usage = { at: "2016-01-01T00:00:00Z", cpu: 27.8, memory: 300e6, peak: 320e6, read: 1e6, written: 2e6 };

test("progress and resource use are said with their units", () => {
  render(<Underway item={{ step: "execute", progress: { text: "hour 120 of 480", done: 0.25 }, usage }} />);
  expect(screen.getByText("hour 120 of 480 25 %")).toBeInTheDocument();
  expect(screen.getByRole("progressbar", { name: "Progress of execute" })).toHaveAttribute("aria-valuenow", "25");
  expect(screen.getByText("CPU time 27.8 s · memory 300 MB, at most 320 MB · read 1 MB · written 2 MB")).toBeInTheDocument();
});

test("what is not known is not said", () => {
  const { container } = render(<Underway item={{ step: "execute", progress: null, usage: null }} />);
  expect(container).toBeEmptyDOMElement();
});
