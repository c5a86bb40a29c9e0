import { readFile } from "node:fs/promises";
import { expect, obstacles, RUN, test } from "./page";

const address = `/results?run=${encodeURIComponent(RUN)}`;

test("a hydrograph is drawn, a period is chosen by dragging, and the link shows the same", async ({ signedIn, context }) => {
  await signedIn.goto(address);
  const chart = signedIn.getByRole("img", { name: /flow at .* over time/ });
  await expect(chart.locator("canvas")).toBeVisible();
  await expect(chart.locator(".u-legend")).toContainText(RUN);
  await expect(chart.locator(".u-legend")).toContainText("rain");
  await expect(async () => {
    // what comes in late is drawn anew, and a drag over it begins again
    const box = await chart.locator(".u-over").boundingBox({ timeout: 1000 });
    if (!box) throw new Error("the chart has no size");
    await signedIn.mouse.move(box.x + box.width * 0.3, box.y + 60);
    await signedIn.mouse.down();
    await signedIn.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
    await signedIn.mouse.up();
    await expect(signedIn).toHaveURL(/from=.*to=/, { timeout: 1000 });
  }).toPass({ timeout: 20_000 });
  await expect(signedIn.getByRole("button", { name: "Whole period" })).toBeEnabled();
  const other = await context.newPage();
  await other.goto(signedIn.url());
  await expect(other.getByRole("button", { name: "Whole period" })).toBeEnabled();
});

test("runs are scored against observations that are chosen, and it is said why where they cannot be", async ({ signedIn }) => {
  await signedIn.goto(address);
  await signedIn.getByLabel("Observed").selectOption("gauge@1");
  await expect(signedIn).toHaveURL(/observed=gauge%401/);
  await expect(signedIn.getByText(/^KGE .* over [\d,]+ pairs with gauge 99000001 of gauge@1$/)).toBeVisible();
  await expect(signedIn.getByText(/against gauge@1, gauge 99000001: [\d,]+ pairs of 1 h, 2015-/)).toBeVisible();
  await expect(signedIn.getByRole("region", { name: "Scores and balance by run" }).getByRole("rowheader", { name: /Kling/ }).first()).toBeVisible();
  await signedIn.getByLabel("Variable").selectOption("velocity");
  await expect(signedIn.getByText(/velocity is no flow/)).toBeVisible();
});

test("series are saved as a table and as a picture", async ({ signedIn }) => {
  await signedIn.goto(address);
  await expect(signedIn.getByRole("img", { name: /over time/ }).locator(".u-legend")).toContainText(RUN);
  const table = signedIn.waitForEvent("download");
  await signedIn.getByRole("button", { name: "CSV" }).click();
  const text = await readFile(await (await table).path(), "utf-8");
  expect(text).toMatch(/^time,"found@1 flow at wb-\d+ \[m3 s-1\]",.*"found@1 rain at nex-\d+ \[mm h-1\]"\r\n/);
  expect(text.split("\n").length).toBeGreaterThan(100);
  const picture = signedIn.waitForEvent("download");
  await signedIn.getByRole("button", { name: "PNG" }).click();
  const image = await readFile(await (await picture).path());
  expect(image.subarray(1, 4).toString()).toBe("PNG");
});

test("rain hangs from above at the outlet, and all that is drawn is saved as NetCDF", async ({ signedIn }) => {
  await signedIn.goto(address);
  const chart = signedIn.getByRole("img", { name: /over time/ });
  await expect(chart.locator(".u-legend")).toContainText("rain");
  await expect.poll(() => chart.evaluate(rainPixels)).toBeGreaterThan(50);
  const saved = signedIn.waitForEvent("download");
  await signedIn.getByRole("button", { name: "NetCDF" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toMatch(/^wb-\d+-flow\.nc$/);
  const content = await readFile(await file.path());
  expect(content.subarray(1, 4).toString()).toBe("HDF");
  for (const word of ["CF-1.8", "mm h-1", RUN]) expect(content.includes(word)).toBe(true);
  await signedIn.getByLabel("Place", { exact: true }).fill("wb-1");
  await expect(signedIn.getByRole("heading", { name: "flow at wb-1" })).toBeVisible();
  await expect(chart.locator(".u-legend")).not.toContainText("rain");
});

test("what is looked at is found on the map of its hydrofabric", async ({ signedIn }) => {
  await signedIn.goto(address);
  await signedIn.getByRole("link", { name: "On the map" }).click();
  await expect(signedIn).toHaveURL(/fabric=basin.*run=.*layer=rivers/);
  await expect(signedIn.getByRole("figure", { name: "Legend of flow" })).toBeVisible();
});

/** How many points of the upper quarter of a chart have the colour of rain. */
function rainPixels(box: Element): number {
  const canvas = box.querySelector("canvas");
  const pen = canvas?.getContext("2d");
  if (!canvas || !pen) return 0;
  const [, red, green, blue] = /#(..)(..)(..)/.exec(getComputedStyle(document.documentElement).getPropertyValue("--rain").trim()) ?? [];
  const wanted = [red, green, blue].map((part) => parseInt(part ?? "", 16));
  const { data } = pen.getImageData(0, 0, canvas.width, Math.floor(canvas.height / 4));
  let found = 0;
  for (let at = 0; at < data.length; at += 4) if (wanted.every((part, i) => Math.abs(part - (data[at + i] ?? 0)) < 40)) found += 1;
  return found;
}

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
