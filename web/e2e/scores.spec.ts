import { readFile } from "node:fs/promises";
import { expect, obstacles, test } from "./page";

const address = "/scores?of=scores-a%401&of=scores-b%401";

test("evaluations are put beside one another, by season and in pairs, and the link shows the same", async ({ signedIn, context }) => {
  await signedIn.goto("/data/scores-a@1");
  await signedIn.getByRole("link", { name: "Compare with others" }).click();
  await signedIn.getByLabel("beside it").selectOption("scores-b@1");
  await expect(signedIn).toHaveURL(/of=scores-a%401&of=scores-b%401/);
  const pairs = signedIn.getByRole("region", { name: "Configurations compared in pairs" });
  await expect(pairs.getByRole("row")).toHaveCount(4);
  await expect(pairs).toContainText("is better");
  await signedIn.getByRole("combobox", { name: "by", exact: true }).selectOption("season");
  await signedIn.getByRole("region", { name: /by season/ }).getByRole("button", { name: "JJA" }).click();
  await expect(signedIn.getByRole("region", { name: /season JJA at the locations/ })).toBeVisible();
  await signedIn.getByLabel("against").selectOption("tuned");
  await expect(signedIn.getByRole("columnheader", { name: /better than tuned by/ })).toBeVisible();
  const other = await context.newPage();
  await other.goto(signedIn.url());
  await expect(other.getByRole("region", { name: /season JJA at the locations/ })).toBeVisible();
  await expect(other.getByLabel("against")).toHaveValue("tuned");
});

test("datasets of scores are marked in the list, and compared", async ({ signedIn }) => {
  await signedIn.goto("/data?category=EVALUATION");
  await signedIn.getByLabel("Compare scores-a@1").check();
  await signedIn.getByLabel("Compare scores-b@1").check();
  await signedIn.getByRole("link", { name: "Compare scores of 2" }).click();
  await expect(signedIn).toHaveURL(/scores\?of=scores-a%401&of=scores-b%401/);
  await expect(signedIn.getByRole("region", { name: /at the locations/ })).toBeVisible();
});

test("a location is chosen in the table or on the map, and its series is drawn", async ({ signedIn }) => {
  await signedIn.goto(address);
  const table = signedIn.getByRole("region", { name: /at the locations/ });
  const first = table.getByRole("rowheader").first().getByRole("button");
  await first.click();
  await expect(first).toHaveAttribute("aria-pressed", "true");
  const chart = signedIn.getByRole("img", { name: /Observed and simulated values at/ });
  await expect(chart.locator(".u-legend")).toContainText("observed");
  await expect(chart.locator(".u-legend")).toContainText("tuned");
  await signedIn.getByRole("button", { name: "Close the location" }).click();
  await expect(chart).toBeHidden();
  await signedIn.goto("/data/scores-one@1");
  const map = signedIn.getByRole("region", { name: /Map of 1 locations/ });
  await expect(signedIn.getByRole("button", { name: "Zoom in" })).toBeVisible({ timeout: 40_000 });
  // a single place is in the middle of what is left below the buttons
  await expect(async () => {
    const box = await map.boundingBox({ timeout: 1_000 });
    if (!box) throw new Error("the map has no size");
    await signedIn.mouse.click(box.x + box.width / 2, box.y + box.height / 2 + 14);
    await expect(signedIn).toHaveURL(/place=/, { timeout: 1_000 });
  }).toPass();
  await expect(signedIn.getByRole("region", { name: /at the locations/ }).getByRole("button", { pressed: true })).toBeInViewport();
});

test("an ensemble has bands about its series, ranks and reliability, each told in words", async ({ signedIn }) => {
  await signedIn.goto(`${address}&place=01000000`);
  const chart = signedIn.getByRole("img", { name: /with bands of the members/ });
  await expect(chart.locator(".u-legend")).toContainText("topmodel 5–95 %");
  await expect(signedIn.getByRole("img", { name: /^Rank histogram: topmodel, 10 members at .* of the times$/ })).toBeVisible();
  await signedIn.getByLabel("threshold").selectOption("Flood");
  await expect(signedIn.getByRole("img", { name: /^Reliability diagram of Flood: topmodel: 0 % said, 0 % occurred; / })).toBeVisible();
  const table = signedIn.waitForEvent("download");
  await signedIn.getByRole("button", { name: "CSV of the rank histogram" }).click();
  const text = await readFile(await (await table).path(), "utf-8");
  expect(text.trim().split("\r\n")).toHaveLength(12);
});

test("what is shown is saved as a table and as pictures", async ({ signedIn }) => {
  await signedIn.goto(address);
  await expect(signedIn.getByRole("button", { name: "Zoom in" })).toBeVisible({ timeout: 40_000 });
  const table = signedIn.waitForEvent("download");
  await signedIn.getByRole("button", { name: "CSV", exact: true }).click();
  const text = await readFile(await (await table).path(), "utf-8");
  expect(text).toMatch(/^location,name,longitude,latitude,.*,tuned\r\n/);
  expect(text.trim().split("\r\n")).toHaveLength(13);
  for (const name of ["PNG", "PNG of the distribution"]) {
    const picture = signedIn.waitForEvent("download");
    await signedIn.getByRole("button", { name, exact: true }).click();
    const image = await readFile(await (await picture).path());
    expect(image.subarray(1, 4).toString()).toBe("PNG");
  }
});

test("what cannot be compared, and locations without coordinates, are told of", async ({ signedIn }) => {
  await signedIn.goto("/scores?of=scores-a%401&of=scores-nowhere%401");
  await expect(signedIn.getByRole("alert").first()).toContainText("share no location");
  await signedIn.goto("/data/scores-nowhere@1");
  await expect(signedIn.getByText("no coordinates, so there is no map")).toBeVisible();
});

test("nobody is kept out of scores, in light or dark, and nothing stands out of them on a phone", async ({ signedIn }) => {
  await signedIn.goto(`${address}&facet=season&place=01000000`);
  await expect(signedIn.getByRole("button", { name: "Zoom in" })).toBeVisible({ timeout: 40_000 });
  await expect(signedIn.getByRole("region", { name: "Configurations compared in pairs" })).toBeVisible();
  expect(await obstacles(signedIn)).toEqual([]);
  await signedIn.getByRole("button", { name: "Dark colours" }).click();
  expect(await obstacles(signedIn)).toEqual([]);
  await signedIn.setViewportSize({ width: 390, height: 844 });
  expect(await signedIn.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
