// The pages as a person sees them: found by their words, never by their markup.
import { expect, type Page } from "@playwright/test";

export const customer = { email: "customer@demo.test", password: "demo-portal-2026" };
export const staff = { email: "admin@demo.test", password: "demo-portal-2026" };

const sim = process.env["SIM_URL"] ?? "http://127.0.0.1:3010";

let used = Math.floor(Math.random() * 60_000);

/** An address that no other test uses; benchmarks and documentation own these networks. */
export function freshAddress(): string {
  used += 1;
  return `203.${Math.floor(used / 250) % 250}.113.${(used % 250) + 1}`;
}

export async function signIn(page: Page, who = customer): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/\/login/);
}

/** Fills in the lite plan's form and buys it; ends on the order's page. */
export async function buyLite(page: Page, ip: string): Promise<void> {
  await page.goto("/p/isp6-lite");
  await page.getByLabel("Server IP").fill(ip);
  await page.getByRole("button", { name: "Buy for €4.90" }).click();
  await expect(page).toHaveURL(/\/my\/orders\/[0-9a-f-]{36}$/);
}

/** The next call of this function at the vendor goes wrong in this way. */
export async function fault(page: Page, func: string, fault: string): Promise<void> {
  const answer = await page.request.post(`${sim}/_sim/faults`, { data: { func, fault, times: 1 } });
  expect(answer.ok()).toBe(true);
}

/** How many live licenses the vendor has for this address. */
export async function licensesAtVendor(page: Page, ip: string): Promise<number> {
  const state = await (await page.request.get(`${sim}/_sim/state`)).json();
  const licenses: { ip: string; status: string }[] = state.licenses;
  return licenses.filter((license) => license.ip === ip && /active/i.test(license.status)).length;
}

/** Everything that a browser complains about while the test runs. */
export function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      heard.push(message.text());
    }
  });
  page.on("pageerror", (error) => heard.push(String(error)));
  page.on("requestfailed", (request) => {
    // Leaving a page cuts its questions off; that is no fault.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") {
      heard.push(`${request.url()} failed: ${request.failure()?.errorText}`);
    }
  });
  return heard;
}
