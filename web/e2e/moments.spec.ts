import { expect, RUN, test, TOKEN } from "./page";

const WATCH = `
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
  }).observe({ type: "layout-shift", buffered: true });
`;
const PAGES = ["/", "/new", "/jobs", `/jobs/${process.env["DMOD_JOB"] ?? ""}`, `/results?run=${RUN}`, "/data", `/data/${RUN}`, "/admin"];

test("no page moves under the hand while it fills", async ({ signedIn }) => {
  await signedIn.addInitScript(WATCH);
  for (const size of [{ width: 1280, height: 860 }, { width: 390, height: 844 }]) {
    await signedIn.setViewportSize(size);
    for (const path of PAGES) {
      await signedIn.goto(path);
      await expect(signedIn.getByRole("heading", { level: 1 })).toBeAttached();
      // followers of events keep asking, so that the network is never idle
      await signedIn.waitForTimeout(1_500);
      const shifted = await signedIn.evaluate(() => (window as unknown as { shifted: number }).shifted);
      expect(shifted, `${path}, ${size.width} pixels wide`).toBeLessThan(0.05);
    }
  }
});

test("a token that ends while a form is filled takes nothing that was typed", async ({ signedIn }) => {
  let isOver = false;
  await signedIn.route("**/v1/**", (route) => {
    const isTried = route.request().headers()["authorization"] === `Bearer ${TOKEN}` && new URL(route.request().url()).pathname === "/v1/me";
    return isOver && !isTried ? route.fulfill({ status: 401, json: { detail: "this token holds no more" } }) : route.continue();
  });
  await signedIn.goto("/new");
  await signedIn.getByRole("radiogroup", { name: "Run package" }).getByText("basin", { exact: true }).click();
  await signedIn.getByText("Parameters and module revisions").click();
  const revisions = signedIn.getByRole("group", { name: "Module revisions" });
  await revisions.getByRole("button", { name: "Add a row" }).click();
  await revisions.getByLabel("Module revisions: value of row 1").fill("6d08db7");
  await signedIn.getByLabel("Name of the job").fill("after the rain");
  isOver = true;
  // whatever is asked next is refused
  await signedIn.evaluate(() => document.querySelector<HTMLInputElement>("input[name=whole]:not(:checked)")?.click());
  const again = signedIn.getByRole("heading", { name: "Sign in to dmod" });
  await expect(again).toBeVisible();
  await expect(signedIn.getByText("All that you have typed is still there")).toBeVisible();
  await signedIn.getByLabel("Token").fill("dmod_k3v9x0q2m8ya_nonsense");
  await signedIn.getByRole("button", { name: "Sign in" }).click();
  await expect(signedIn.getByRole("alert")).toContainText(/token/i);
  isOver = false;
  await signedIn.getByLabel("Token").fill(TOKEN);
  await signedIn.getByRole("button", { name: "Sign in" }).click();
  await expect(again).toBeHidden();
  await expect(signedIn.getByLabel("Name of the job")).toHaveValue("after the rain");
  // a row that has no name yet stands in no request, and is there all the same
  await expect(signedIn.getByLabel("Module revisions: value of row 1")).toHaveValue("6d08db7");
  await expect(signedIn.getByLabel("Request as YAML")).toHaveValue(/package: basin/);
});

test("a form in one tab is not changed by a form in another, and what one starts the other sees", async ({ signedIn, context }) => {
  const other = await context.newPage();
  await other.goto("/new");
  await signedIn.goto("/new");
  await signedIn.getByLabel("Name of the job").fill("of the first tab");
  await other.getByLabel("Name of the job").fill("of the second tab");
  await signedIn.reload();
  await other.reload();
  await expect(signedIn.getByLabel("Name of the job")).toHaveValue("of the first tab");
  await expect(other.getByLabel("Name of the job")).toHaveValue("of the second tab");
  await signedIn.getByRole("radiogroup", { name: "Run package" }).getByText("basin", { exact: true }).click();
  await other.goto("/jobs");
  await signedIn.getByRole("button", { name: /^(Start|Take its results)/ }).click({ timeout: 40_000 });
  await expect(signedIn).toHaveURL(/\/jobs\/[0-9a-z]+/);
  await expect(other.getByText("of the first tab")).toBeVisible();
});

test("what a run would fail for stands beside its field before anything is started", async ({ signedIn }) => {
  await signedIn.goto("/new");
  const text = "kind: run\npackage: basin\nperiod: {start: 2015-10-01, end: 2031-01-01}\nevaluation: {outlet: nex-4711}\n";
  await signedIn.getByLabel("Request as YAML").fill(text);
  const check = signedIn.getByRole("region", { name: "Check and start" });
  await expect(check.getByText("It would be refused")).toBeVisible({ timeout: 40_000 });
  await expect(check).toContainText("period.end: 2031-01-01 00:00:00 is not covered");
  await expect(signedIn.locator("#period .fault")).toContainText("the package has forcing for 2015-10-01 00:00:00");
  await expect(check).toContainText("evaluation.outlet");
  await expect(check.getByRole("button", { name: /^Start/ })).toBeDisabled();
});

test("an upload whose last answer is lost becomes one dataset", async ({ signedIn }) => {
  let lost = 0;
  await signedIn.route("**/v1/data/uploads/*/commit", async (route) => {
    if (lost) return route.continue();
    lost += 1;
    await route.fetch(); // the server has done it
    return route.abort("connectionreset");
  });
  await signedIn.goto("/data?view=add");
  const name = `letters-${Date.now()}`;
  const content = Buffer.from(name);
  await signedIn.locator("input[type=file]").first().setInputFiles({ name: `${name}.txt`, mimeType: "text/plain", buffer: content });
  await signedIn.getByText("What it is, if the server cannot tell").click();
  await signedIn.getByLabel("Category").selectOption("OUTPUT");
  await signedIn.getByLabel("Format").fill("GENERIC");
  await signedIn.getByRole("button", { name: "Bring it in" }).click();
  await signedIn.getByRole("button", { name: "Go on" }).click();
  await expect(signedIn.getByText("is in the catalog")).toBeVisible();
  expect(lost).toBe(1);
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const listed = await signedIn.request.get(`/v1/data/datasets?pattern=${name}*&latest=false`, { headers });
  expect(((await listed.json()) as { name: string }[]).map(({ name }) => name)).toEqual([name]);
});

test("a folder that is dropped is sent with what lies in it", async ({ signedIn }) => {
  await signedIn.goto("/data?view=add");
  await expect(signedIn.getByText("Drop files or a folder here")).toBeVisible();
  await signedIn.evaluate(() => {
    const file = (path: string) => ({
      isFile: true, isDirectory: false, fullPath: path, file: (given: (file: File) => void) => given(new File([path], "any")),
    });
    const folder = (path: string, inside: unknown[]) => ({
      isFile: false, isDirectory: true, fullPath: path,
      createReader: () => ({ readEntries: (given: (some: unknown[]) => void) => given(inside.splice(0, 1)) }),
    });
    const entry = folder("/words", [file("/words/a.txt"), folder("/words/deep", [file("/words/deep/b.txt"), file("/words/.DS_Store")])]);
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "dataTransfer", { value: { items: [{ webkitGetAsEntry: () => entry }], files: [] } });
    document.querySelector(".upload-drop")?.dispatchEvent(event);
  });
  await expect(signedIn.getByText("2 files")).toBeVisible();
  await signedIn.getByText("What it is, if the server cannot tell").click();
  await signedIn.getByLabel("Category").selectOption("OUTPUT");
  await signedIn.getByLabel("Format").fill("GENERIC");
  await signedIn.getByRole("button", { name: "Bring it in" }).click();
  await expect(signedIn.getByText("is in the catalog")).toBeVisible();
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const files = await signedIn.request.get("/v1/data/datasets/words/files", { headers });
  expect(((await files.json()) as { path: string }[]).map(({ path }) => path)).toEqual(["a.txt", "deep/b.txt"]);
});
