import AxeBuilder from "@axe-core/playwright";
import { expect, test as plain, type Page } from "@playwright/test";

export const TOKEN = process.env["DMOD_TOKEN"] ?? "";
export const RUN = process.env["DMOD_RUN"] ?? "";
export const JOB = process.env["DMOD_JOB"] ?? "";

/** A page of somebody who is signed in, which fails where the page reports an error of its own. */
export const test = plain.extend<{ signedIn: Page }>({
  signedIn: async ({ page }, use) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy|Uncaught/.test(message.text())) faults.push(message.text());
    });
    await page.goto(`/jobs#token=${TOKEN}`);
    await expect(page.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
    await use(page);
    expect(faults).toEqual([]);
  },
});

/** What axe finds that keeps people out. */
export async function obstacles(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations
    .filter((fault) => fault.impact === "serious" || fault.impact === "critical")
    .map((fault) => `${fault.id}: ${fault.help}: ${fault.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(", ")}`);
}

export { expect };
