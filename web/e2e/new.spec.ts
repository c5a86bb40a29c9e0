import { expect, obstacles, test } from "./page";

test("a run is chosen, checked, started and watched to its end", async ({ signedIn }) => {
  await signedIn.goto("/new");
  await signedIn.getByRole("radiogroup", { name: "Run package" }).getByText("basin", { exact: true }).click();
  const check = signedIn.getByRole("region", { name: "Check and start" });
  await expect(check.getByRole("button", { name: /^Start/ })).toBeEnabled({ timeout: 40_000 });
  await expect(signedIn.getByLabel("Request as YAML")).toHaveValue(/package: basin/);
  await check.getByRole("button", { name: /^Start/ }).click();
  await expect(signedIn).toHaveURL(/\/jobs\/[0-9a-z]+/);
  await expect(signedIn.getByText("completed", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
});

test("a parameter of a module is set in every catchment, and one that nothing takes is told beside it", async ({ signedIn }) => {
  await signedIn.goto("/new");
  await signedIn.getByRole("radiogroup", { name: "Run package" }).getByText("basin", { exact: true }).click();
  await signedIn.getByText("Parameters and module revisions").click();
  const rows = signedIn.getByRole("group", { name: "Parameters of modules" });
  await rows.getByRole("button", { name: "Add a row" }).click();
  await rows.getByLabel("name 1").fill("cfe.refkdt");
  await rows.getByLabel("value of cfe.refkdt").fill("2.5");
  await expect(signedIn.getByLabel("Request as YAML")).toHaveValue(/model_params:\n +cfe.refkdt: 2.5/);
  const check = signedIn.getByRole("region", { name: "Check and start" });
  await expect(check.getByRole("button", { name: /^Start/ })).toBeEnabled({ timeout: 40_000 });
  await rows.getByLabel("name 1").fill("cfe.refdkt");
  await expect(rows.getByText("has no variable 'refdkt' that can be set")).toBeVisible({ timeout: 40_000 });
});

test("what the form lacks is told before anything is asked", async ({ signedIn }) => {
  await signedIn.goto("/new");
  await expect(signedIn.getByText("Still to be chosen")).toBeVisible();
  await expect(signedIn.getByRole("button", { name: "Start the run" })).toBeDisabled();
});

test("nobody is kept out of a new run", async ({ signedIn }) => {
  await signedIn.goto("/new");
  await expect(signedIn.getByRole("heading", { name: "Where" })).toBeVisible();
  expect(await obstacles(signedIn)).toEqual([]);
});
