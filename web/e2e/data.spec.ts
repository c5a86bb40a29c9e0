import { expect, obstacles, test } from "./page";

test("data are found by name, and one dataset says what it covers and where it comes from", async ({ signedIn }) => {
  await signedIn.goto("/data");
  await signedIn.getByRole("link", { name: /^found/ }).first().click();
  await expect(signedIn.getByRole("heading", { name: "What it covers" })).toBeVisible();
  await expect(signedIn.getByRole("heading", { name: /Where it comes from/ })).toBeVisible();
  await expect(signedIn.getByRole("link", { name: /basin@1/ }).first()).toBeVisible();
  await signedIn.getByRole("button", { name: "Look into balance.csv" }).click();
  await expect(signedIn.getByRole("region", { name: "The beginning of balance.csv" })).toContainText("catchment");
});

test("a dataset that is not there says so", async ({ signedIn }) => {
  await signedIn.goto("/data/nothing");
  await expect(signedIn.getByRole("heading", { name: "This dataset is not there" })).toBeVisible();
});

test("the server tells of its nodes", async ({ signedIn }) => {
  await signedIn.goto("/admin");
  await expect(signedIn.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(signedIn.getByText(/local/).first()).toBeVisible();
});

test("nobody is kept out of data and server", async ({ signedIn }) => {
  const pages = [
    ["/data", signedIn.getByRole("link", { name: /^found/ }).first()],
    ["/data/found", signedIn.getByRole("heading", { name: "What it covers" })],
    ["/admin", signedIn.getByText(/local/).first()],
  ] as const;
  for (const [path, sight] of pages) {
    await signedIn.goto(path);
    await expect(sight).toBeVisible();
    expect(await obstacles(signedIn)).toEqual([]);
  }
});
