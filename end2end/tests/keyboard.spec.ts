// The main job without a mouse: Tab, Enter, Space and typing, from the front page to the key.
import { expect, type Locator, type Page } from "@playwright/test";

import { customer, freshAddress, password, staff } from "../portal.mjs";
import { test } from "./gates.ts";

/** Stops of the Tab key on one page before we give up. */
const STOPS = 80;

/** Runs in the page: what has the focus, and why a person would not see that. */
function focus(): { what: string; unseen: string } {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement) || element === document.body) {
    return { what: "nothing", unseen: "nothing has the focus" };
  }
  const what = `<${element.localName}> ${(element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40)}`;
  // A choice is drawn by its label, a counter by its frame, and a card by what covers it: the focus
  // shows there.
  const drawn = [element, element.closest("label"), element.closest(".stepper")].filter((one) => one !== null);
  const marked = drawn.some((one) =>
    [undefined, "::before", "::after"].some((pseudo) => {
      const style = getComputedStyle(one, pseudo);
      return style.content !== "none" && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    }),
  );
  const inside = drawn.some((one) => {
    const box = one.getBoundingClientRect();
    return box.width > 2 && box.height > 2 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  });
  return { what, unseen: marked ? (inside ? "" : "is outside of the window") : "has no ring" };
}

/** Presses Tab until this has the focus; each stop on the way must be visible. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  const passed: string[] = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    const { what, unseen } = await page.evaluate(focus);
    passed.push(what);
    // The last Tab of a page leads out of it, to the browser's own bar, and then back.
    if (what !== "nothing") {
      expect(unseen, `the focus on ${what} of ${page.url()}`).toBe("");
    }
    if (await target.evaluate((element) => element === document.activeElement)) {
      return;
    }
  }
  throw new Error(`Tab does not lead there, but to: ${passed.join(", ")}`);
}

async function follow(page: Page, name: string | RegExp, to: RegExp): Promise<void> {
  await tabTo(page, page.getByRole("main").getByRole("link", { name }).first());
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(to);
}

async function type(page: Page, label: string | RegExp, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label));
  await page.keyboard.type(text);
}

async function signIn(page: Page, email: string): Promise<void> {
  await type(page, "E-mail", email);
  await type(page, "Password", password);
  await page.keyboard.press("Enter");
}

test("the skip link skips", async ({ page }) => {
  for (const path of ["/", "/catalog", "/login"]) {
    await page.goto(path);
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
    expect((await page.evaluate(focus)).unseen).toBe("");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("main")).toBeFocused();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.closest("main") !== null), `${path}: the next stop`).toBe(true);
  }
});

test("from the front page to a license key by keyboard", async ({ page }) => {
  const ip = freshAddress();
  await page.goto("/");
  await follow(page, "Browse the catalog", /\/catalog$/);
  await follow(page, /ispmanager 6 lite/, /\/p\/isp6-lite$/);
  await type(page, "Server IP", ip);
  await tabTo(page, page.getByRole("button", { name: /^Buy|Sign in/ }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/login\?next=/);
  await signIn(page, customer);
  await expect(page.getByLabel("Server IP")).toHaveValue(ip);
  await tabTo(page, page.getByRole("button", { name: "Buy for €4.90" }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/my\/orders\//);
  await follow(page, "Open the license", /\/my\/licenses\//);
  await tabTo(page, page.locator("summary").filter({ hasText: "Show the key" }));
  await page.keyboard.press("Enter");
  await expect(page.locator("code").filter({ hasText: /^\d+-/ }).first()).toBeVisible();
});

test("staff credit a wallet by keyboard", async ({ page }) => {
  await page.goto("/login");
  await signIn(page, staff);
  await expect(page).toHaveURL(/\/admin/);
  await tabTo(page, page.getByRole("link", { name: /^(Wallets|Customers)$/ }));
  await page.keyboard.press("Enter");
  await follow(page, "Demo Hosting", /[0-9a-f-]{36}$/);
  await type(page, "Amount", "1.50");
  await type(page, "Reason", "Bank transfer 4712");
  await tabTo(page, page.getByRole("button", { name: "Top up the wallet" }));
  await page.keyboard.press("Enter");
  await expect(page.getByText("Topped up.")).toBeVisible();
});
