// The pages as a person sees them: found by their words, never by their markup.
import { expect, type Page } from "@playwright/test";

import * as portal from "../portal.mjs";

export { freshAddress } from "../portal.mjs";

export const customer = { email: portal.customer, password: portal.password };
export const staff = { email: portal.staff, password: portal.password };

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

/** How many live licenses the vendor has for this address. */
export async function licensesAtVendor(page: Page, ip: string): Promise<number> {
  const state = await (await page.request.get(`${portal.sim}/_sim/state`)).json();
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
