import { expect, obstacles, test } from "./page";

const address = "/?fabric=fabric%401";

test("a basin is found on the map, with what drains to it, and a run is begun from there", async ({ signedIn }) => {
  await signedIn.goto(address);
  const search = signedIn.getByRole("combobox", { name: "Search by id or gauge" });
  await search.fill("cat-1");
  await signedIn.getByRole("listbox", { name: "Found" }).getByRole("option").first().click();
  const panel = signedIn.locator(".map-panel");
  await expect(panel).toContainText("km²", { timeout: 40_000 });
  await expect(signedIn).toHaveURL(/place=cat-1/);
  await panel.getByRole("button", { name: /New run/ }).click();
  await expect(signedIn).toHaveURL(/\/new/);
  await expect(signedIn.getByRole("heading", { level: 1, name: "New run" })).toBeVisible();
  await expect(signedIn.getByLabel("Chosen places")).toContainText("cat-1");
});

test("who leaves the map while it moves gets where they want to go", async ({ signedIn }) => {
  await signedIn.goto(address);
  await expect(signedIn.getByLabel("Colour by")).toBeVisible({ timeout: 40_000 });
  // the next page comes late, and the map has moved meanwhile
  let letCome = () => {};
  const asked = new Promise<void>((resolve) => {
    void signedIn.route(/JobsPage/, async (route) => {
      resolve();
      await new Promise<void>((go) => (letCome = go));
      await route.continue();
    });
  });
  await signedIn.getByRole("link", { name: "Jobs" }).first().click();
  await asked;
  const before = signedIn.url();
  await signedIn.getByRole("button", { name: "Zoom in" }).click();
  await signedIn.waitForTimeout(1_500);
  expect(signedIn.url()).toBe(before);
  letCome();
  await expect(signedIn).toHaveURL(/\/jobs/);
  await expect(signedIn.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
});

test("catchments are coloured by an attribute, with a legend", async ({ signedIn }) => {
  await signedIn.goto(address);
  const colours = signedIn.getByLabel("Colour by");
  await expect(colours).toBeVisible({ timeout: 40_000 });
  await colours.selectOption({ label: "areasqkm" });
  await expect(signedIn.getByRole("group", { name: "Classes" })).toBeVisible();
  await expect(signedIn).toHaveURL(/attribute=areasqkm/);
});

test("nobody is kept out of the map, and nothing stands out of it on a phone", async ({ signedIn }) => {
  await signedIn.goto(address);
  await expect(signedIn.getByLabel("Colour by")).toBeVisible({ timeout: 40_000 });
  expect(await obstacles(signedIn)).toEqual([]);
  await signedIn.setViewportSize({ width: 390, height: 844 });
  expect(await signedIn.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
