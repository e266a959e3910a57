// Full-page screenshots, for looking at pages.
//
//   node end2end/shots.mjs --all OUT
//        every page of the table in pages.mjs, as everybody, on a stage of its own (PORTAL_URL and
//        SIM_URL), with OUT/index.html to look at them; it buys things, so not on a real portal
//   node end2end/shots.mjs OUT --base http://127.0.0.1:3000 [--login MAIL:PASSWORD]
//        [--paths /,/catalog] [--widths 390,1280] [--schemes light,dark] [--langs en,ru] [--nojs]
//        some pages of a running portal
//
// Tells about pages that complain, that have another status than they should or that are wider
// than the window, and fails then.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { chromium } from "@playwright/test";

import { args, executablePath } from "./chromium.mjs";
import { cast, furnishFully, linkTo, roles, sights, visit } from "./pages.mjs";
import { Visitor, base } from "./portal.mjs";

/** @typedef {import("./pages.mjs").Sight} Sight */
/** @typedef {import("./pages.mjs").Cast} Cast */
/** @typedef {import("@playwright/test").Page} Page */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    base: { type: "string", default: base },
    login: { type: "string" },
    paths: { type: "string", default: "/" },
    widths: { type: "string", default: "390,1280" },
    schemes: { type: "string" },
    langs: { type: "string" },
    nojs: { type: "boolean", default: false },
  },
});
const [out] = positionals;
if (out === undefined) {
  console.error("usage: node end2end/shots.mjs OUT --base URL [--login MAIL:PASSWORD] [--paths …]");
  process.exit(2);
}

if (values.all && process.env["PORTAL_URL"] === undefined) {
  console.error("--all buys things and makes people: PORTAL_URL must name a portal to be thrown away");
  process.exit(2);
}

/** @param {string} text */
const list = (text) => text.split(",").map((item) => item.trim()).filter((item) => item !== "");

/** `/my/orders?x=1` becomes `my-orders-x-1`. @param {string} path */
const fileName = (path) => path.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") || "home";

const widths = list(values.widths).map(Number);
const schemes = list(values.schemes ?? (values.all ? "light,dark" : "light"));
const langs = list(values.langs ?? (values.all ? "en,ru" : "en"));
/** How many contexts work at once: the portal, the browser and we share the machine. */
const HANDS = 4;

const browser = await chromium.launch({ executablePath, args });
let problems = 0;
try {
  await mkdir(out, { recursive: true });
  await (values.all ? everything(out) : some(out));
} finally {
  await browser.close();
}
process.exitCode = problems === 0 ? 0 : 1;

/** @typedef {{ width: number, scheme: string, lang: string, visitor: Visitor, sharp: boolean }} Look */

/** A context that looks at the portal in one way. @param {Look} look */
function contextOf({ width, scheme, lang, visitor, sharp }) {
  return browser.newContext({
    baseURL: values.base,
    locale: lang,
    timezoneId: "UTC",
    javaScriptEnabled: !values.nojs,
    storageState: visitor.storage(),
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: scheme === "dark" ? "dark" : "light",
    deviceScaleFactor: sharp && width < 600 ? 2 : 1,
    reducedMotion: "reduce",
  });
}

/**
 * Shows a page, photographs it and tells what is wrong with it.
 * @param {import("@playwright/test").BrowserContext} context @param {string} file
 * @param {string} name @param {number} status
 * @param {(page: Page) => Promise<import("@playwright/test").Response | null>} show
 */
async function shoot(context, file, name, status, show) {
  const page = await context.newPage();
  /** @type {string[]} */
  const said = [];
  page.on("console", (message) => {
    const itself = message.text().includes(`the server responded with a status of ${status}`);
    if ((message.type() === "error" || message.type() === "warning") && !(status !== 200 && itself)) {
      said.push(message.text());
    }
  });
  page.on("pageerror", (error) => said.push(String(error)));
  const response = await show(page);
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  if (response?.status() !== status) {
    said.push(`answers with ${response?.status()}, not with ${status}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) {
    said.push(`is ${wide} px wider than the window`);
  }
  await page.screenshot({ path: file, fullPage: true, animations: "disabled" });
  await page.close();
  for (const line of said) {
    problems += 1;
    console.log(`  ${name}: ${line}`);
  }
}

/** Some pages of a running portal. @param {string} out */
async function some(out) {
  const visitor = new Visitor(values.base);
  if (values.login !== undefined) {
    const colon = values.login.indexOf(":");
    await visitor.signIn(values.login.slice(0, colon), values.login.slice(colon + 1));
  }
  for (const lang of langs) {
    // A guest's language is a cookie, an account's is kept by the account.
    await visitor.speak(lang);
    for (const width of widths) {
      for (const scheme of schemes) {
        const context = await contextOf({ width, scheme, lang, visitor, sharp: true });
        for (const path of list(values.paths)) {
          const name = [fileName(path), width, scheme, lang, ...(values.nojs ? ["nojs"] : [])];
          const file = join(out, `${name.join("-")}.png`);
          await shoot(context, file, path, 200, (page) => page.goto(path));
          console.log(file);
        }
        await context.close();
      }
    }
  }
}

/** @typedef {{ sight: Sight, state: string, looks: { file: string, look: string }[] }} Entry */

/** Every page as everybody: first with nothing in it, then with everything. @param {string} out */
async function everything(out) {
  const start = Date.now();
  const people = await cast();
  // Somebody who has just joined; and the desk before the first order.
  const newcomer = new Visitor();
  await newcomer.send("/join", { email: "newcomer@example.org", password: "a-quiet-harbour-7" });
  const empty = { ...people, customer: newcomer };
  /** @type {Entry[]} */
  const entries = [];
  const wanted = sights();
  await phase(out, "empty", wanted.filter(({ name }) => /^\/(my|admin)/.test(name)), empty, entries);
  await furnishFully(people);
  await phase(out, "full", wanted, people, entries);
  entries.sort((one, other) => wanted.indexOf(one.sight) - wanted.indexOf(other.sight));
  await writeFile(join(out, "index.html"), sheet(entries));
  const count = entries.reduce((sum, entry) => sum + entry.looks.length, 0);
  console.log(`${count} screenshots in ${Math.round((Date.now() - start) / 1000)} s: ${join(out, "index.html")}`);
}

/**
 * @param {string} out @param {string} state @param {Sight[]} wanted @param {Cast} people
 * @param {Entry[]} entries
 */
async function phase(out, state, wanted, people, entries) {
  const there = [];
  for (const sight of wanted) {
    // Where nothing is, no page of it is either.
    if (!("route" in sight.of) || (await linkTo(sight.of, people[sight.who])) !== undefined) {
      there.push(sight);
    }
  }
  const made = there.map((sight) => /** @type {Entry} */ ({ sight, state, looks: [] }));
  await rm(join(out, state), { recursive: true, force: true });
  await mkdir(join(out, state), { recursive: true });
  for (const lang of langs) {
    for (const visitor of Object.values(people)) {
      await visitor.speak(lang);
    }
    const jobs = roles.flatMap((who) =>
      widths.flatMap((width) => schemes.map((scheme) => ({ who, width, scheme }))),
    );
    const work = async () => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        const { who, width, scheme } = job;
        const visitor = people[who];
        // One for many pages: it has the style sheet and the fonts already.
        const context = await contextOf({ width, scheme, lang, visitor, sharp: false });
        for (const { sight, looks } of made.filter((entry) => entry.sight.who === who)) {
          const look = `${width}-${scheme}-${lang}`;
          const file = `${state}/${who}-${fileName(sight.name)}-${look}.png`;
          const name = `${sight.name} as ${who}, ${state}, ${look}`;
          await shoot(context, join(out, file), name, sight.status, (page) => visit(page, sight, visitor));
          looks.push({ file, look });
        }
        await context.close();
      }
    };
    await Promise.all(Array.from({ length: HANDS }, work));
  }
  for (const visitor of Object.values(people)) {
    await visitor.speak("en");
  }
  entries.push(...made);
}

/** All of them on one page. @param {Entry[]} entries */
function sheet(entries) {
  /** @param {string} text */
  const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
  const rows = entries.map(({ sight, state, looks }) => {
    const sorted = [...looks].sort((a, b) => a.look.localeCompare(b.look, "en", { numeric: true }));
    const images = sorted.map(
      ({ file, look }) =>
        `<figure><a href="${escape(file)}"><img loading="lazy" src="${escape(file)}" alt=""></a><figcaption>${look}</figcaption></figure>`,
    );
    return `<section><h2>${escape(sight.name)} <small>${sight.who}, ${state}</small></h2><div>${images.join("")}</div></section>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Keystall: every page</title>
<style>
body { font: 14px/1.4 system-ui; margin: 2rem; background: #8882; }
h2 { font-size: 1rem; } small { font-weight: normal; opacity: .7; }
div { display: flex; gap: .75rem; overflow-x: auto; align-items: start; }
figure { margin: 0; flex: none; } figcaption { font-size: 12px; opacity: .7; }
img { height: 20rem; max-width: 26rem; object-fit: cover; object-position: top; border: 1px solid #8886; }
</style>
<h1>Keystall: every page</h1>
${rows.join("\n")}
</html>
`;
}
