import { expect, test } from "@playwright/test";

import { buyLite, complaints, customer, freshAddress, licensesAtVendor, signIn } from "./shop.ts";

test("a panel's Buy: signing in in between loses nothing, and a click buys", { tag: "@nojs" }, async ({ page }) => {
  const ip = freshAddress();
  await signIn(page);
  await buyLite(page, ip);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("link", { name: "Open the license" })).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole("link", { name: "Open the license" }).click();
  await page.getByText("Show the key").click();
  const key = await page.locator("code").filter({ hasText: /^\d+-/ }).first().textContent();
  const license = key?.trim().split("-")[0] ?? "";
  const own = page.url();
  await page.context().clearCookies();

  await page.goto(`/?module=DDoSGUARD&license=${license}&ip=${ip}&module_id=`);
  await expect(page.getByRole("heading", { level: 1, name: "DDoS-GUARD" })).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("E-mail").fill(customer.email);
  await page.getByLabel("Password").fill(customer.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText(ip)).toBeVisible();
  await page.getByRole("button", { name: "Buy the module" }).click();
  await expect(page).toHaveURL(/\/my\/orders\//);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("link", { name: "Open the license" })).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.goto(`/?module=DDoSGUARD&license=${license}&ip=${ip}&module_id=`);
  await expect(page.getByText("It is there already")).toBeVisible();
  await expect(page.getByText("Press Update")).toBeVisible();
  await page.goto(own);
  await expect(page.locator("#modules").getByText("DDoS-GUARD")).toBeVisible();
  expect(await licensesAtVendor(page, ip)).toBe(1);
});

test("a module is added on its license's page", async ({ page }) => {
  const heard = complaints(page);
  const ip = freshAddress();
  await signIn(page);
  await buyLite(page, ip);
  await page.getByRole("link", { name: "Open the license" }).click();
  const row = page.locator("#modules").getByRole("row").filter({ hasText: "BitNinja" });
  await row.getByRole("link", { name: "Add" }).click();
  await expect(page.getByRole("combobox", { name: "License" })).toContainText(ip);
  await page.getByLabel("E-mail of your BitNinja account").fill("nobody@example.org");
  await page.getByRole("button", { name: "Buy the module" }).click();
  await page.getByRole("link", { name: "Open the license" }).click();
  await expect(page.getByText("License management").first()).toBeVisible();
  expect(heard).toEqual([]);
});
