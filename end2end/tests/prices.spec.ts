// The reseller's job: set a price, see why it is what it is, look at what changes, publish, take back.
import { expect, test } from "@playwright/test";

import { signIn, staff } from "./shop.js";

test("a price is set, explained, reviewed, published and taken back", { tag: "@nojs" }, async ({ page }) => {
  await signIn(page, staff);
  await page.goto("/admin/pricelists/public");
  const discard = page.getByRole("button", { name: "Discard" });
  if (await discard.isVisible()) {
    await discard.click();
    await expect(page.getByRole("status")).toContainText("discarded");
  }
  const row = page.getByRole("row", { name: /^IPmanager 5\s+1 month/ });
  await expect(row).toContainText("€2.90");

  // One click explains it.
  await row.getByText("1. cost + 30%").click();
  await expect(row).toContainText("It costs us €2.00.");
  await expect(row).toContainText("Rounded up to .90: €2.90.");

  // What is typed wrong comes back with it.
  await row.getByRole("link", { name: /^Set price/ }).click();
  await expect(page.getByLabel("Value")).toHaveValue("2.90");
  await page.getByLabel("Value").fill("three");
  await page.getByRole("button", { name: "Add the rule" }).click();
  await expect(page.getByRole("alert")).toContainText("Enter an amount");
  await expect(page.getByLabel("Value")).toHaveValue("three");
  await page.getByLabel("Value").fill("3.33");
  await page.getByRole("button", { name: "Add the rule" }).click();
  await expect(page.getByText("Your changes touch one price.")).toBeVisible();
  await page.goto("/p/ipm5");
  await expect(page.getByText("€2.90").first()).toBeVisible();

  await page.goto("/admin/pricelists/public/review");
  const change = page.getByRole("row", { name: /^IPmanager 5/ });
  await expect(change).toContainText("+€0.43");
  await page.getByLabel(/^Note/).fill("A test");
  await page.getByRole("button", { name: /^Publish version/ }).click();
  await expect(page.getByRole("status")).toContainText("is in force");
  await page.goto("/p/ipm5");
  await expect(page.getByText("€3.33").first()).toBeVisible();

  // The version before it, in two clicks.
  await page.goto("/admin/pricelists/public/versions");
  await page.getByRole("row").nth(2).getByRole("link").click();
  await page.getByRole("button", { name: "Bring it back" }).click();
  await expect(page).toHaveURL(/\/review$/);
  await page.getByRole("button", { name: /^Publish version/ }).click();
  await expect(page.getByRole("status")).toContainText("is in force");
  await page.goto("/p/ipm5");
  await expect(page.getByText("€2.90").first()).toBeVisible();
});
