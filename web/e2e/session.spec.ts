import { expect, test, TOKEN } from "./page";

test("who has no token is asked for one, and a wrong one is refused in words", async ({ page }) => {
  await page.goto("/jobs");
  await page.getByLabel("Token").fill("dmod_k3v9x0q2m8ya_nonsense");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText(/token/i);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
});

test("the token in the address does not stay there", async ({ signedIn }) => {
  expect(signedIn.url()).not.toContain("token");
});

test("a token that holds no more leads back to signing in", async ({ signedIn }) => {
  await signedIn.route("**/v1/jobs**", (route) => route.fulfill({ status: 401, json: { detail: "this token holds no more" } }));
  await signedIn.reload();
  await expect(signedIn.getByRole("heading", { name: "Sign in to dmod" })).toBeVisible();
});

test("who signs out in one tab is signed out in the other", async ({ signedIn, context }) => {
  const other = await context.newPage();
  await other.goto("/jobs");
  await expect(other.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(signedIn.getByRole("heading", { name: "Sign in to dmod" })).toBeVisible();
});

test("a page that is none says so", async ({ signedIn }) => {
  await signedIn.goto("/jobs/nothing/at/all");
  await expect(signedIn.getByRole("heading", { name: "There is no such page" })).toBeVisible();
});

test("a server that is gone is told of, and nothing is lost when it is back", async ({ signedIn, context }) => {
  await context.setOffline(true);
  await expect(signedIn.getByText("The server does not answer")).toBeVisible();
  await context.setOffline(false);
  await expect(signedIn.getByText("The server does not answer")).toBeHidden({ timeout: 40_000 });
  await expect(signedIn.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
});
