import { expect, JOB, obstacles, test, TOKEN } from "./page";

const authorised = { Authorization: `Bearer ${TOKEN}` };

test("jobs are listed, searched, and one that is submitted elsewhere appears by itself", async ({ signedIn, request }) => {
  await expect(signedIn.getByRole("link", { name: JOB })).toBeVisible();
  const name = `appears ${Date.now()}`;
  await request.post("/v1/jobs", { headers: authorised, data: { kind: "probe", name, fresh: true } });
  const row = signedIn.getByRole("link", { name });
  await expect(row).toBeVisible();
  await expect(row).toContainText("completed", { timeout: 40_000 });
  await signedIn.getByLabel("Search by name or id").fill("no such job");
  await expect(signedIn.getByText("No job fits the filter")).toBeVisible();
});

test("a job shows its steps, its results and what was asked for", async ({ signedIn }) => {
  await signedIn.goto(`/jobs/${JOB}`);
  await expect(signedIn.getByRole("button", { name: /collect/ })).toBeVisible();
  await expect(signedIn.getByRole("link", { name: "Hydrograph" })).toBeVisible();
  await expect(signedIn.getByText("all steps are done")).toBeVisible();
  await signedIn.getByText("Request", { exact: true }).click();
  await expect(signedIn.getByText("kind: run")).toBeVisible();
});

test("a job that failed says why and what to do, and is cancelled or tried again", async ({ signedIn, request }) => {
  const failing = await request.post("/v1/jobs", { headers: authorised, data: { kind: "probe", exit_code: 3, fresh: true } });
  const { id } = (await failing.json()) as { id: string };
  await signedIn.goto(`/jobs/${id}`);
  await expect(signedIn.getByRole("alert").first()).toContainText("3", { timeout: 40_000 });
  await expect(signedIn.getByRole("button", { name: "Try again" })).toBeEnabled();
  const slow = await request.post("/v1/jobs", { headers: authorised, data: { kind: "probe", seconds: 600, fresh: true } });
  const running = (await slow.json()) as { id: string };
  await signedIn.goto(`/jobs/${running.id}`);
  await signedIn.getByRole("button", { name: "Cancel" }).click();
  await expect(signedIn.getByText("cancelled", { exact: true }).first()).toBeVisible({ timeout: 40_000 });
});

test("a log of fifty thousand lines is drawn at once, its end in sight", async ({ signedIn }) => {
  const lines = Array.from({ length: 50_000 }, (_, at) => `line ${at + 1}`).join("\n");
  await signedIn.route(/\/log\?/, (route) =>
    route.fulfill({ status: 200, contentType: "text/plain", body: /offset=0&/.test(route.request().url()) ? lines : "" }),
  );
  await signedIn.goto(`/jobs/${JOB}`);
  await expect(signedIn.getByText("50,000 lines")).toBeVisible();
  await expect(signedIn.getByText("line 50000", { exact: true })).toBeVisible();
  expect(await signedIn.locator(".log pre").count()).toBeLessThan(200);
});

test("a job that is not there, or not any more, says so", async ({ signedIn }) => {
  await signedIn.goto("/jobs/0000000000000000");
  await expect(signedIn.getByRole("heading", { name: "This job is not there" })).toBeVisible();
});

test("nobody is kept out of the lists of jobs", async ({ signedIn }) => {
  expect(await obstacles(signedIn)).toEqual([]);
  await signedIn.goto(`/jobs/${JOB}`);
  await expect(signedIn.getByRole("link", { name: "Hydrograph" })).toBeVisible();
  expect(await obstacles(signedIn)).toEqual([]);
});
