// What every page must be, asked of each.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { test as plain, type Browser, type Page } from "@playwright/test";
import { HtmlValidate } from "html-validate";

import { cast, furnish, type Cast } from "../pages.mjs";
import { base, type Visitor } from "../portal.mjs";

/** The people, signed in once for all tests of a file, with something to show. */
export const test = plain.extend<object, { people: Cast }>({
  people: [
    async ({}, use) => {
      const people = await cast();
      await furnish(people);
      await use(people);
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

/** What the server says about itself. */
function listed(): { pages: string[]; functions: { path: string }[] } {
  const file = process.env["PORTAL_ROUTES"];
  if (file === undefined) {
    throw new Error("PORTAL_ROUTES names no file; `server routes` writes its content");
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

/** All pages that the server has. */
export const routes = (): string[] => listed().pages;

/** All addresses that take forms. */
export const functions = (): string[] => listed().functions.map(({ path }) => path);

/** A page in a context of its own, for somebody. */
export async function open(browser: Browser, visitor: Visitor, scripts: boolean): Promise<Page> {
  const context = await browser.newContext({
    baseURL: base,
    locale: "en",
    timezoneId: "UTC",
    viewport: { width: 390, height: 900 },
    reducedMotion: "reduce",
    javaScriptEnabled: scripts,
    storageState: visitor.storage(),
  });
  const page = await context.newPage();
  if (scripts) {
    await page.addInitScript(watch);
  }
  return page;
}

interface Watched extends Window {
  shifted?: number;
  violations?: string[];
}

/** Runs in every document, before its own scripts. */
function watch(): void {
  const watched = window as Watched;
  watched.shifted = 0;
  watched.violations = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
      watched.shifted = (watched.shifted ?? 0) + (shift.hadRecentInput ? 0 : shift.value);
    }
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", (event) => {
    watched.violations?.push(`${event.violatedDirective} forbids ${event.blockedURI}`);
  });
}

/** More of the window than this must not move by itself. */
const SHIFT = 0.02;

/** What moved, and what the policy forbade. */
export async function disturbances(page: Page): Promise<string[]> {
  // Two frames: what was about to be painted has been, and was reported.
  const { shifted, violations } = await page.evaluate(
    () =>
      new Promise<{ shifted: number; violations: string[] }>((resolve) =>
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const watched = window as Watched;
            resolve({ shifted: watched.shifted ?? -1, violations: watched.violations ?? ["?"] });
          }),
        ),
      ),
  );
  const moved = shifted < 0 || shifted >= SHIFT ? [`the layout shifts by ${shifted.toFixed(3)}`] : [];
  return [...moved, ...violations];
}

/** What the browser says against a page; a status other than 200 is said of the page itself. */
export function complaints(page: Page, status: number): string[] {
  const heard: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") {
      return;
    }
    const itself = message.location().url.split("#")[0] === page.url().split("#")[0];
    if (status !== 200 && itself && message.text().includes(`the server responded with a status of ${status}`)) {
      return;
    }
    heard.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => heard.push(`error: ${String(error)}`));
  page.on("requestfailed", (request) => {
    // Leaving a page cuts its questions off; that is no fault.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") {
      heard.push(`${request.url()} failed: ${request.failure()?.errorText}`);
    }
  });
  return heard;
}

/** Windows from a telephone to a desk. */
const WIDTHS = [1920, 1280, 768, 390];

/** Which widths make the reader scroll sideways, and what sticks out. */
export async function overflows(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => {
      const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      const out = [...document.querySelectorAll("body *")].filter(
        (element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1,
      );
      return over > 0 ? `${over} px too wide: ${out.slice(0, 3).map((e) => `<${e.localName} class="${e.className}">`).join(" ")}` : "";
    });
    if (wide !== "") {
      found.push(`at ${width} px it is ${wide}`);
    }
  }
  return found;
}

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Everything that axe finds, without exceptions. */
export async function axe(page: Page, how: string): Promise<string[]> {
  // Not by @axe-core/playwright: for frames, which no page of ours has, it loads axe once more
  // and opens another page, for a second each time.
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(source);
  }
  return page.evaluate(async (how) => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations, incomplete } = await axe.run(document, { resultTypes: ["violations"] });
    const broken = incomplete.filter((finding) => "error" in finding);
    return [...violations, ...broken].flatMap((finding) =>
      finding.nodes.map(
        (node) => `axe, ${how}: ${finding.id} ${node.target.join(" ")}: ${node.failureSummary ?? finding.help}`,
      ),
    );
  }, how);
}

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    // Our own files need no proof that they are ours: their names are hashes of their content.
    "require-sri": ["error", { target: "crossorigin" }],
  },
});

/** What is wrong with the bytes that the server sent. */
export async function invalid(html: string): Promise<string[]> {
  const report = await validator.validateString(html);
  return report.results.flatMap((result) =>
    result.messages.map((found) => `html ${found.line}:${found.column} ${found.ruleId}: ${found.message}`),
  );
}
