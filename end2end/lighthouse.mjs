// Lighthouse on the pages of the main job, as on a slow telephone; `cargo xtask lighthouse` starts
// what it looks at.

import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import { computeMedianRun } from "lighthouse/core/lib/median-run.js";

import { args, executablePath } from "./chromium.mjs";
import { cast, furnish, linkTo, pages } from "./pages.mjs";
import { base } from "./portal.mjs";

/** Of 100. */
const ENOUGH = 98;
/** Single runs differ by what else the machine does; Lighthouse says to take the one in the middle. */
const RUNS = 3;

/** @type {{ route: string, who: import("./pages.mjs").Role, isPublic: boolean }[]} */
const measured = [
  { route: "/", who: "guest", isPublic: true },
  { route: "/catalog", who: "guest", isPublic: true },
  { route: "/p/{slug}", who: "guest", isPublic: true },
  // Robots are asked to stay out of all that needs an account.
  { route: "/login", who: "guest", isPublic: false },
  { route: "/my", who: "customer", isPublic: false },
  { route: "/my/licenses/{id}", who: "customer", isPublic: false },
];

if (process.env["PORTAL_URL"] === undefined) {
  throw new Error("a license is bought to be looked at: PORTAL_URL must name a portal to be thrown away");
}
const people = await cast();
await furnish(people);
let low = 0;
console.log("page                       perf  acc  best  SEO     LCP    CLS    TBT  machine");
for (const { route, who, isPublic } of measured) {
  const row = pages.find((page) => page.route === route);
  const path = row === undefined ? undefined : await linkTo(row, people[who]);
  if (path === undefined) {
    throw new Error(`there is no ${route} to look at`);
  }
  const { categories, audits, environment } = await measure(path, people[who]);
  /** @param {string} id */
  const score = (id) => Math.round((categories[id]?.score ?? 0) * 100);
  /** @param {string} id */
  const value = (id) => audits[id]?.numericValue ?? NaN;
  const shown = [
    score("performance").toString().padStart(4),
    score("accessibility").toString().padStart(4),
    score("best-practices").toString().padStart(5),
    (isPublic ? score("seo").toString() : "–").padStart(4),
    `${(value("largest-contentful-paint") / 1000).toFixed(2)} s`.padStart(7),
    value("cumulative-layout-shift").toFixed(3).padStart(6),
    `${Math.round(value("total-blocking-time"))} ms`.padStart(7),
    // What Lighthouse thinks of this machine at this moment: below 1000 the scores say little.
    Math.round(environment.benchmarkIndex).toString().padStart(7),
  ];
  console.log(`${route.padEnd(26)} ${shown.join(" ")}`);
  const counted = ["performance", "accessibility", "best-practices", ...(isPublic ? ["seo"] : [])];
  for (const id of counted.filter((id) => score(id) < ENOUGH)) {
    low += 1;
    for (const { id: audit, weight } of categories[id]?.auditRefs ?? []) {
      const found = audits[audit];
      if (weight > 0 && found !== undefined && found.score !== null && found.score < 0.9) {
        console.log(`    ${id}: ${found.title} ${found.displayValue ?? ""}`);
      }
    }
  }
}
if (low > 0) {
  console.log(`${low} scores are below ${ENOUGH}`);
  process.exitCode = 1;
}

/**
 * The run in the middle of a few.
 * @param {string} path @param {import("./portal.mjs").Visitor} visitor
 */
async function measure(path, visitor) {
  // The first answer of a server is no page's fault.
  await visitor.page(path);
  const runs = [];
  let lost = 0;
  while (runs.length < RUNS) {
    const { lhr, error } = await once(path, visitor);
    if (lhr !== undefined) {
      runs.push(lhr);
      continue;
    }
    // Now and then the browser's trace is lost: nothing was measured then, neither well nor badly.
    lost += 1;
    console.log(`    ${path}: ${error}`);
    if (lost > RUNS) {
      throw new Error(`${path} cannot be measured`);
    }
  }
  return computeMedianRun(runs);
}

/** One page in a browser of its own. @param {string} path @param {import("./portal.mjs").Visitor} visitor */
async function once(path, visitor) {
  const chrome = await launch({ chromePath: executablePath, chromeFlags: [...args, "--headless=new"] });
  try {
    const result = await lighthouse(new URL(path, base).href, {
      port: chrome.port,
      logLevel: "error",
      output: "json",
      onlyCategories: ["performance", "accessibility", "best-practices", "seo"],
      extraHeaders: { cookie: visitor.cookie() },
    });
    const error = result === undefined ? "no result" : result.lhr.runtimeError?.message;
    return error === undefined ? { lhr: result?.lhr, error } : { lhr: undefined, error };
  } finally {
    chrome.kill();
  }
}
