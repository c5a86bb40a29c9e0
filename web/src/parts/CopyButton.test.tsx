import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { CopyButton } from "./CopyButton";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("copies what is there when it is pressed, and says so", async () => {
  const user = userEvent.setup();
  let text = "one";
  render(<CopyButton text={() => text} otherwise="mark it">Copy</CopyButton>);
  text = "two";
  await user.click(screen.getByRole("button", { name: "Copy" }));
  expect(await navigator.clipboard.readText()).toBe("two");
  expect(screen.getByRole("button", { name: "Copied" })).toBeInTheDocument();
});

test("without a clipboard it says what to do", async () => {
  const user = userEvent.setup();
  vi.stubGlobal("navigator", { ...navigator, clipboard: undefined });
  render(<CopyButton text={() => "one"} otherwise="mark it">Copy</CopyButton>);
  await user.click(screen.getByRole("button", { name: "Copy" }));
  expect(screen.getByRole("button", { name: "mark it" })).toBeInTheDocument();
});
