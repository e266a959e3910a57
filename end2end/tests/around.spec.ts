import { expect, test } from "@playwright/test";

import { freshAddress, signIn, staff } from "./shop.ts";

test("language and theme are remembered", { tag: "@nojs" }, async ({ page }) => {
  await page.goto("/catalog");
  await page.getByRole("button", { name: "RU", exact: true }).first().click();
  await expect(page).toHaveURL(/\/catalog$/);
  await expect(page.locator("html")).toHaveAttribute("lang", "ru");
  await page.getByRole("button", { name: /тёмн/i }).first().click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.goto("/p/isp6-lite");
  await expect(page.locator("html")).toHaveAttribute("lang", "ru");
  await expect(page.getByText("4,90").first()).toBeVisible();
});

test("a newcomer signs up, sees an empty wallet and what is missing", { tag: "@nojs" }, async ({ page }) => {
  await page.goto("/join");
  await page.getByLabel("E-mail").fill(`new-${Date.now()}-${Math.random()}@example.org`);
  await page.getByLabel("Password").fill("a-quiet-harbour-7");
  await page.getByRole("main").getByRole("button").filter({ hasText: /account/i }).click();
  await expect(page).toHaveURL(/\/my/);
  await page.goto("/p/isp6-lite");
  await page.getByLabel("Server IP").fill(freshAddress());
  await page.getByRole("button", { name: "Buy for €4.90" }).click();
  await expect(page.getByRole("alert")).toContainText("€4.90");
  await page.getByRole("main").getByRole("link", { name: /wallet|top up/i }).first().click();
  await expect(page).toHaveURL(/\/my\/wallet/);
});

test("staff see price, cost and margin, and credit a wallet", { tag: "@nojs" }, async ({ page }) => {
  await signIn(page, staff);
  await page.goto("/admin/orders");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.goto("/admin/customers");
  await page.getByRole("link", { name: "Demo Hosting" }).click();
  await page.getByLabel("Amount").fill("12.34");
  await page.getByLabel("Reason").fill("Bank transfer 4711");
  await page.getByRole("button", { name: "Top up the wallet" }).click();
  await expect(page.getByText("Topped up.")).toBeVisible();
});
