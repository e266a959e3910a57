import { expect, test } from "@playwright/test";

import { complaints, freshAddress, signIn, staff } from "./shop.ts";

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
  await page.goto("/admin/wallets");
  await page.getByRole("link", { name: "Demo Hosting" }).click();
  await page.getByLabel("Amount").fill("12.34");
  await page.getByLabel("Reason").fill("Bank transfer 4711");
  await page.getByRole("button", { name: /Credit/ }).click();
  await expect(page.getByText("Credited.")).toBeVisible();
});

const pages = ["/", "/catalog", "/p/isp6-lite", "/p/isp6-biz", "/login", "/join"];
const own = ["/my", "/my/orders", "/my/licenses", "/my/wallet"];
const desk = ["/admin/orders", "/admin/wallets", "/admin/mail"];

for (const [who, paths] of [["guest", pages], ["customer", own], ["staff", desk]] as const) {
  test(`no page complains, as ${who}`, async ({ page }) => {
    const heard = complaints(page);
    if (who !== "guest") {
      await signIn(page, who === "staff" ? staff : undefined);
    }
    for (const path of paths) {
      const answer = await page.goto(path, { waitUntil: "networkidle" });
      expect(answer?.status(), path).toBe(200);
      await page.setViewportSize({ width: 390, height: 800 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect(wide, `${path} scrolls sideways at 390 px`).toBe(false);
    }
    expect(heard).toEqual([]);
  });
}

test("the main job by keyboard alone", async ({ page }) => {
  await signIn(page);
  await page.goto("/p/isp6-lite");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: /skip/i })).toBeFocused();
  await page.getByLabel("Server IP").focus();
  await page.keyboard.type(freshAddress());
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/my\/orders\//);
});
