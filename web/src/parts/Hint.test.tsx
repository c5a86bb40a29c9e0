import { cleanup, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, test } from "vitest";
import { Hint } from "./Hint";

afterEach(cleanup);

test.each([
  ["add the hydrofabric that has it: dmod data add NAME FILE.gpkg", "Add data", "/data?view=add"],
  ["list those that there are: dmod jobs list", "Jobs", "/jobs"],
  ["make another: dmod token new", "Me and my tokens", "/admin?view=me"],
])("a hint that names a command leads to the page that does it: %s", (text, name, address) => {
  render(
    <MemoryRouter>
      <Hint text={text} />
    </MemoryRouter>,
  );
  expect(screen.getByText(new RegExp(text.replace(/[.*]/g, "\\$&")))).toBeInTheDocument();
  expect(screen.getByRole("link", { name })).toHaveAttribute("href", address);
});

test("other hints are as they are, and so are all where there are no pages to go to", () => {
  const { unmount } = render(
    <MemoryRouter>
      <Hint text="dmod checks it; correct the file" />
    </MemoryRouter>,
  );
  expect(screen.queryByRole("link")).toBeNull();
  unmount();
  render(<Hint text="dmod data add NAME FILE" />);
  expect(screen.queryByRole("link")).toBeNull();
});
