import { expect, test } from "@playwright/test";

import { fault } from "../portal.mjs";
import { buyLite, complaints, customer, freshAddress, licensesAtVendor, signIn } from "./shop.ts";

test("a license in two clicks, and the timeline moves by itself", async ({ page }) => {
  const heard = complaints(page);
  const ip = freshAddress();
  await signIn(page);
  await page.goto("/p/isp6-lite");
  await page.getByLabel("Server IP").fill(ip);
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByText("The vendor accepts this address.")).toBeVisible();
  await page.getByRole("button", { name: "Buy for €4.90" }).click();
  await expect(page).toHaveURL(/\/my\/orders\//);
  await page.getByRole("link", { name: "Open the license" }).click();
  await expect(page.getByText(ip).first()).toBeVisible();
  await page.getByText("Show the key").click();
  await expect(page.locator("code").filter({ hasText: /^\d+-/ }).first()).toBeVisible();
  expect(await licensesAtVendor(page, ip)).toBe(1);
  expect(heard).toEqual([]);
});

test("without scripts the same journey is plain forms", { tag: "@nojs" }, async ({ page }) => {
  const ip = freshAddress();
  await signIn(page);
  await buyLite(page, ip);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("link", { name: "Open the license" })).toBeVisible({ timeout: 500 });
  }).toPass();
  expect(await licensesAtVendor(page, ip)).toBe(1);
});

test("the total follows the choice and is what is charged", async ({ page }) => {
  await signIn(page);
  await page.goto("/p/isp6-biz");
  await page.getByLabel("Server IP").fill(freshAddress());
  await page.getByRole("button", { name: "More" }).click();
  await expect(page.getByRole("button", { name: "Buy for €25.80" })).toBeVisible();
  await page.getByRole("radio", { name: /12 months/ }).check();
  await expect(page.getByRole("button", { name: "Buy for €253.80" })).toBeVisible();
  await page.getByRole("radio", { name: /1 month/ }).check();
  await page.getByRole("button", { name: "Buy for €25.80" }).click();
  await expect(page).toHaveURL(/\/my\/orders\//);
  await expect(page.getByText("€25.80").first()).toBeVisible();
  await page.goto("/my/wallet");
  await expect(page.getByText("€25.80").first()).toBeVisible();
});

test("a choice made without scripts is confirmed with its own total", { tag: "@nojs" }, async ({ page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled !== false, "with scripts the total follows at once");
  await signIn(page);
  await page.goto("/p/isp6-pro");
  await page.getByLabel("Server IP").fill(freshAddress());
  await page.getByRole("radio", { name: /12 months/ }).check();
  await page.getByRole("button", { name: /Buy for/ }).click();
  await expect(page.getByRole("alert")).toContainText("€98.90");
  await page.getByRole("button", { name: "Buy for €98.90" }).click();
  await expect(page).toHaveURL(/\/my\/orders\//);
});

test("a guest's order survives signing in", { tag: "@nojs" }, async ({ page }) => {
  const ip = freshAddress();
  await page.goto("/p/isp6-lite");
  await page.getByLabel("Server IP").fill(ip);
  await page.getByRole("button", { name: /Buy/ }).click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("E-mail").fill(customer.email);
  await page.getByLabel("Password").fill(customer.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Server IP")).toHaveValue(ip);
  await page.getByRole("button", { name: "Buy for €4.90" }).click();
  await expect(page).toHaveURL(/\/my\/orders\//);
});

test("a lost answer: the money is reserved, the license is found", async ({ page }) => {
  const ip = freshAddress();
  await signIn(page);
  await fault("soft.order.param", "reset_after");
  await buyLite(page, ip);
  await expect(page.getByText("No clear answer").first()).toBeVisible();
  await expect(page.getByText("License found at the vendor's")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole("link", { name: "Open the license" })).toBeVisible();
  expect(await licensesAtVendor(page, ip)).toBe(1);
});

test("a refusal is told at once, and the money comes back", async ({ page }) => {
  const ip = freshAddress();
  await signIn(page);
  await fault("soft.order.param", "error_doc");
  await buyLite(page, ip);
  await expect(page.getByText(/refused/i).first()).toBeVisible();
  await expect(page.getByText(/back in your wallet/i).first()).toBeVisible({ timeout: 25_000 });
  await page.getByRole("link", { name: "Order again" }).click();
  await expect(page.getByLabel("Server IP")).toHaveValue(ip);
});

test("a double click is one order", async ({ page }) => {
  const ip = freshAddress();
  await signIn(page);
  await page.goto("/p/isp6-lite");
  await page.getByLabel("Server IP").fill(ip);
  await page.getByRole("button", { name: "Buy for €4.90" }).dblclick();
  await expect(page).toHaveURL(/\/my\/orders\//);
  await expect(page.getByRole("link", { name: "Open the license" })).toBeVisible();
  // Back, and the same wish once more.
  await page.goBack();
  await page.getByLabel("Server IP").fill(ip);
  await page.getByRole("button", { name: "Buy for €4.90" }).click();
  await expect(page.getByText("Nothing was ordered")).toBeVisible();
  expect(await licensesAtVendor(page, ip)).toBe(1);
});

test("a bad address is refused beside its field, and nothing typed is lost", { tag: "@nojs" }, async ({ page }) => {
  await signIn(page);
  await page.goto("/p/isp6-lite");
  await page.getByLabel("Server IP").fill("10.0.0.1");
  await page.getByLabel(/Name/).fill("web 1");
  await page.getByRole("button", { name: "Buy for €4.90" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByLabel("Server IP")).toHaveValue("10.0.0.1");
  await expect(page.getByLabel(/Name/)).toHaveValue("web 1");
});

test("what is chosen before the script is there counts", async ({ page }) => {
  let arrive = (): void => undefined;
  const arrival = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/*.wasm", async (route) => {
    await arrival;
    await route.continue();
  });
  await signIn(page);
  await page.goto("/p/isp6-lite", { waitUntil: "domcontentloaded" });
  await page.getByLabel("Server IP").fill(freshAddress());
  await page.getByRole("radio", { name: /12 months/ }).check();
  await expect(page.getByRole("button", { name: "Buy for €4.90" })).toBeVisible();
  arrive();
  await expect(page.getByRole("button", { name: "Buy for €49.90" })).toBeVisible();
  await expect(page.getByText("The vendor accepts this address.")).toBeVisible();
});
