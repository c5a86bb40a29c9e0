import { readFile } from "node:fs/promises";
import { expect, obstacles, RUN, test } from "./page";

const address = `/results?run=${encodeURIComponent(RUN)}`;

test("a hydrograph is drawn, a period is chosen by dragging, and the link shows the same", async ({ signedIn, context }) => {
  await signedIn.goto(address);
  const chart = signedIn.getByRole("img", { name: /flow at .* over time/ });
  await expect(chart.locator("canvas")).toBeVisible();
  await expect(chart.locator(".u-legend")).toContainText(RUN);
  const over = chart.locator(".u-over");
  const box = await over.boundingBox();
  if (!box) throw new Error("the chart has no size");
  await signedIn.mouse.move(box.x + box.width * 0.3, box.y + 60);
  await signedIn.mouse.down();
  await signedIn.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await signedIn.mouse.up();
  await expect(signedIn).toHaveURL(/from=.*to=/);
  await expect(signedIn.getByRole("button", { name: "Whole period" })).toBeEnabled();
  const other = await context.newPage();
  await other.goto(signedIn.url());
  await expect(other.getByRole("button", { name: "Whole period" })).toBeEnabled();
});

test("series are saved as a table and as a picture", async ({ signedIn }) => {
  await signedIn.goto(address);
  await expect(signedIn.getByRole("img", { name: /over time/ }).locator(".u-legend")).toContainText(RUN);
  const table = signedIn.waitForEvent("download");
  await signedIn.getByRole("button", { name: "CSV" }).click();
  const text = await readFile(await (await table).path(), "utf-8");
  expect(text).toMatch(/^time,"flow \[m3 s-1\]"/);
  expect(text.split("\n").length).toBeGreaterThan(100);
  const picture = signedIn.waitForEvent("download");
  await signedIn.getByRole("button", { name: "PNG" }).click();
  const image = await readFile(await (await picture).path());
  expect(image.subarray(1, 4).toString()).toBe("PNG");
});

test("the balance closes in the table, and another variable can be looked at", async ({ signedIn }) => {
  await signedIn.goto(address);
  await expect(signedIn.getByRole("rowheader", { name: "evapotranspiration" })).toBeVisible();
  await signedIn.getByLabel("Variable").selectOption("velocity");
  await expect(signedIn.getByRole("heading", { name: /velocity at/ })).toBeVisible();
});

test("results that are not there are told of", async ({ signedIn }) => {
  await signedIn.goto("/results?run=nothing");
  await expect(signedIn.getByRole("alert").first()).toBeVisible();
});

test("nobody is kept out of results, in light or dark", async ({ signedIn }) => {
  await signedIn.goto(address);
  await expect(signedIn.getByRole("img", { name: /over time/ }).locator("canvas")).toBeVisible();
  expect(await obstacles(signedIn)).toEqual([]);
  await signedIn.getByRole("button", { name: "Dark colours" }).click();
  expect(await obstacles(signedIn)).toEqual([]);
});

for (const [name, width] of [["phone", 390], ["tablet", 820]] as const) {
  test(`nothing stands out of the page of a ${name}`, async ({ signedIn }) => {
    await signedIn.setViewportSize({ width, height: 844 });
    for (const path of ["/jobs", address]) {
      await signedIn.goto(path);
      await expect(signedIn.getByRole("heading", { level: 1 })).toBeVisible();
      expect(await signedIn.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });
}
