// Full-page screenshots of a running portal, for looking at pages.
//
//   node end2end/shots.mjs OUT [--base http://127.0.0.1:3000] [--login MAIL:PASSWORD]
//        [--paths /,/catalog] [--widths 390,1280] [--schemes light,dark] [--langs en,ru] [--nojs]
//
// Writes OUT/<path>-<width>-<scheme>-<lang>[-nojs].png and tells about pages that complain, that
// do not answer with 200 or that are wider than the window.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { chromium } from "@playwright/test";

import { args, executablePath } from "./chromium.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: "string", default: "http://127.0.0.1:3000" },
    login: { type: "string" },
    paths: { type: "string", default: "/" },
    widths: { type: "string", default: "390,1280" },
    schemes: { type: "string", default: "light" },
    langs: { type: "string", default: "en" },
    nojs: { type: "boolean", default: false },
  },
});
const out = positionals[0];
if (out === undefined) {
  console.error("usage: node end2end/shots.mjs OUT [--base URL] [--login MAIL:PASSWORD] [--paths …]");
  process.exit(2);
}

/** @param {string} text */
const list = (text) => text.split(",").map((item) => item.trim()).filter((item) => item !== "");

/** `/my/orders?x=1` becomes `my-orders-x-1`. @param {string} path */
const fileName = (path) => path.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") || "home";

/**
 * @param {import("@playwright/test").BrowserContext} context
 * @param {string} login
 */
async function signIn(context, login) {
  const colon = login.indexOf(":");
  const page = await context.newPage();
  await page.goto("/login");
  await page.locator("input[name=email]").fill(login.slice(0, colon));
  const password = page.locator("input[name=password]");
  await password.fill(login.slice(colon + 1));
  await Promise.all([
    page.waitForURL((url) => url.pathname !== "/login", { timeout: 10_000 }),
    password.press("Enter"),
  ]);
  await page.close();
}

let problems = 0;
await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath, args });
try {
  for (const lang of list(values.langs)) {
    // One sign-in for all sizes: the portal limits how often somebody may try.
    /** @type {Awaited<ReturnType<import("@playwright/test").BrowserContext["storageState"]>> | undefined} */
    let signedIn;
    const common = { baseURL: values.base, locale: lang, javaScriptEnabled: !values.nojs };
    if (values.login !== undefined) {
      const context = await browser.newContext(common);
      await signIn(context, values.login);
      signedIn = await context.storageState();
      await context.close();
    }
    for (const width of list(values.widths).map(Number)) {
      for (const scheme of list(values.schemes)) {
        const context = await browser.newContext({
          ...common,
          ...(signedIn === undefined ? {} : { storageState: signedIn }),
          viewport: { width, height: width < 600 ? 844 : 900 },
          colorScheme: scheme === "dark" ? "dark" : "light",
          deviceScaleFactor: width < 600 ? 2 : 1,
          reducedMotion: "reduce",
        });
        for (const path of list(values.paths)) {
          const page = await context.newPage();
          /** @type {string[]} */
          const said = [];
          page.on("console", (message) => {
            if (message.type() === "error" || message.type() === "warning") {
              said.push(message.text());
            }
          });
          page.on("pageerror", (error) => said.push(String(error)));
          const response = await page.goto(path, { waitUntil: "networkidle" });
          if (response?.status() !== 200) {
            said.push(`answers with ${response?.status()}`);
          }
          const wide = await page
            .evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
            .catch(() => 0);
          if (wide > 0) {
            said.push(`is ${wide} px wider than the window`);
          }
          const name = [fileName(path), width, scheme, lang, ...(values.nojs ? ["nojs"] : [])];
          const file = join(out, `${name.join("-")}.png`);
          await page.screenshot({ path: file, fullPage: true, animations: "disabled" });
          console.log(file);
          for (const line of said) {
            problems += 1;
            console.log(`  ${path}: ${line}`);
          }
          await page.close();
        }
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
}
process.exitCode = problems === 0 ? 0 : 1;
