// Every page, as everybody who sees it, against everything that a page must be.
import { expect, type Page } from "@playwright/test";

import { forgotten, sights, visit, type Sight } from "../pages.mjs";
import type { Visitor } from "../portal.mjs";
import { axe, complaints, disturbances, invalid, open, overflows, routes, test } from "./gates.ts";

test("no page is forgotten", () => {
  expect(forgotten(routes()), "rows of end2end/pages.mjs").toEqual([]);
});

/** What is wrong with a page in a language, at first in a window of this width. */
async function look(page: Page, sight: Sight, visitor: Visitor, lang: string, width: number): Promise<string[]> {
  const scripts: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script" || new URL(request.url()).pathname.endsWith(".wasm")) {
      scripts.push(request.url());
    }
  });
  await visitor.speak(lang);
  await page.context().addCookies(visitor.storage().cookies);
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  const answer = await visit(page, sight, visitor);
  expect(answer?.status(), "its status").toBe(sight.status);
  // The bytes of the server, before any script has touched them.
  const html = (await answer?.text()) ?? "";
  expect(html, "its language").toContain(`<html lang="${lang}"`);
  if (sight.islands) {
    // Most islands sleep until somebody is there.
    await page.mouse.move(8, 8);
    await page.waitForLoadState("networkidle");
  }
  const problems = [...(await invalid(html)), ...(await disturbances(page)), ...(await axe(page, "light"))];
  await page.emulateMedia({ colorScheme: "dark" });
  problems.push(...(await axe(page, "dark")), ...(await overflows(page)));
  const alive = html.includes("<leptos-island");
  if (alive !== sight.islands || scripts.length > 0 !== sight.islands) {
    problems.push(`islands: ${alive}, scripts: ${scripts.length}, and the table says ${sight.islands}`);
  }
  page.removeAllListeners("request");
  return problems.map((problem) => `${lang}, ${width} px: ${problem}`);
}

test.afterEach(async ({ people }, info) => {
  // An account that was left in another language would fail every later test.
  if (info.status !== info.expectedStatus) {
    await Promise.all(Object.values(people).map((visitor) => visitor.speak("en")));
  }
});

for (const sight of sights()) {
  test(`page ${sight.name} as ${sight.who}`, async ({ browser, people }) => {
    test.setTimeout(60_000);
    const visitor = people[sight.who];
    const page = await open(browser, visitor, true);
    const heard = complaints(page, sight.status);
    const problems = await look(page, sight, visitor, "ru", 390);
    problems.push(...(await look(page, sight, visitor, "en", 1280)), ...heard);
    await page.context().close();

    const still = await open(browser, visitor, false);
    const said = complaints(still, sight.status);
    const answer = await visit(still, sight, visitor);
    expect(answer?.status(), "its status without scripts").toBe(sight.status);
    problems.push(...[...(await overflows(still)), ...said].map((problem) => `without scripts: ${problem}`));
    await still.context().close();
    expect(problems).toEqual([]);
  });
}
