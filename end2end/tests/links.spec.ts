// Every link leads somewhere, every file is there, every icon exists.
import { expect } from "@playwright/test";

import { addressOf, pages, roles, type Cast } from "../pages.mjs";
import { attributes, base, type Visitor } from "../portal.mjs";
import { functions, test } from "./gates.ts";

/** HTML and style sheet of a page as they are sent, in bytes. */
const PAGE_BYTES = 60_000;
/** Pages that one crawl looks at, and how many queries of one path; lists link to many more. */
const PAGES = 250;
const QUERIES = 12;

const starts = { guest: "/", customer: "/my", staff: "/admin" } as const;

/** The part before `#`, and the part after it. */
function split(link: string): [string, string] {
  const at = link.indexOf("#");
  return at < 0 ? [link, ""] : [link.slice(0, at), link.slice(at + 1)];
}

/** A link as an address of this site, without its origin; nothing if it leads outside. */
function inside(link: string, from: string): string | undefined {
  const url = new URL(link, new URL(from, base));
  return url.origin === new URL(base).origin ? url.pathname + url.search + url.hash : undefined;
}

/** Follows redirects to a page. */
async function follow(visitor: Visitor, path: string): Promise<{ status: number; body: string; type: string; at: string }> {
  let at = path;
  for (let hop = 0; hop < 5; hop += 1) {
    const { status, headers, body } = await visitor.get(at);
    if (status < 300 || status >= 400) {
      return { status, body, type: headers["content-type"] ?? "", at };
    }
    [at] = split(inside(headers.location ?? "", at) ?? "/");
  }
  return { status: 310, body: "", type: "", at };
}

/** Looks at everything that can be reached. Returns what is broken, and how much was seen. */
async function crawl(visitor: Visitor, start: string): Promise<{ broken: string[]; seen: number; files: number }> {
  const broken: string[] = [];
  const queue: { link: string; from: string }[] = [{ link: start, from: "the beginning" }];
  const known = new Map<string, Set<string> | undefined>();
  const files = new Map<string, string>();
  const queries = new Map<string, number>();
  const forms = new Set(functions());

  for (let next = queue.shift(); next !== undefined && known.size < PAGES; next = queue.shift()) {
    const [address, fragment] = split(next.link);
    if (!known.has(address)) {
      const { status, body, type } = await follow(visitor, address);
      if (status >= 400 || status === 310) {
        broken.push(`${next.from} links to ${address}, which answers with ${status}`);
      }
      const html = type.startsWith("text/html");
      known.set(address, html ? new Set(attributes(body, "id")) : undefined);
      for (const [tag] of html ? body.matchAll(/<(?:a|link|script|img|use|form)\b[^>]*>/g) : []) {
        const [link] = [...attributes(tag, "href"), ...attributes(tag, "src"), ...attributes(tag, "action")];
        const to = link === undefined ? undefined : inside(link, address);
        if (to === undefined) {
          continue;
        }
        const [path = ""] = split(to)[0].split("?");
        if (tag.startsWith("<form")) {
          if (/method="post"/i.test(tag) && !forms.has(path)) {
            broken.push(`${address} has a form for ${path}, which takes none`);
          }
        } else if (tag.startsWith("<a")) {
          const count = queries.get(path) ?? 0;
          if (known.has(split(to)[0]) || !to.includes("?") || count < QUERIES) {
            queries.set(path, count + 1);
            queue.push({ link: to, from: address });
          }
        } else {
          files.set(to, files.get(to) ?? address);
        }
      }
    }
    const ids = known.get(address);
    if (fragment !== "" && ids !== undefined && !ids.has(fragment)) {
      broken.push(`${next.from} links to ${next.link}, and nothing has this id`);
    }
  }

  const loaded = new Map<string, string>();
  const load = async (path: string, from: string): Promise<string> => {
    const before = loaded.get(path);
    if (before !== undefined) {
      return before;
    }
    const { status, headers, body } = await visitor.get(path);
    loaded.set(path, body);
    if (status !== 200 || !/immutable/.test(headers["cache-control"] ?? "")) {
      broken.push(`${from} needs ${path}: ${status}, ${headers["cache-control"]}`);
    }
    return body;
  };
  for (const [file, from] of files) {
    const [path, fragment] = split(file);
    const content = await load(path, from);
    if (fragment !== "" && !attributes(content, "id").includes(fragment)) {
      broken.push(`${from} shows ${file}, and no symbol has this id`);
    }
    if (path.endsWith(".css")) {
      for (const [, link = ""] of content.matchAll(/url\(["']?([^"')]+)["']?\)/g)) {
        if (!link.startsWith("data:")) {
          await load(inside(link, path) ?? link, path);
        }
      }
    }
  }
  return { broken, seen: known.size, files: loaded.size };
}

for (const who of roles) {
  test(`links as ${who}`, async ({ people }, info) => {
    test.setTimeout(60_000);
    const { broken, seen, files } = await crawl(people[who], starts[who]);
    info.annotations.push({ type: "seen", description: `${seen} pages, ${files} files` });
    expect(broken).toEqual([]);
    expect(files, "style sheet, fonts, icons").toBeGreaterThan(4);
  });
}

test("robots find their rules", async ({ people }) => {
  expect(await people.guest.page("/robots.txt")).toContain("User-agent: *");
});

/** What each page weighs, for somebody who has seen none yet. */
async function weights(people: Cast): Promise<{ page: string; bytes: number }[]> {
  const found: { page: string; bytes: number }[] = [];
  for (const who of roles) {
    for (const row of pages.filter((row) => row.who.includes(who) && row.leads !== true)) {
      const page = await people[who].get(await addressOf(row, people[who]));
      const [style] = attributes(page.body, "href").filter((link) => link.endsWith(".css"));
      const sheet = await people[who].get(style ?? "/no-style-sheet");
      expect([page.status, sheet.status], `${row.route} and its style sheet`).toEqual([200, 200]);
      found.push({ page: `${row.route} as ${who}`, bytes: page.wire + sheet.wire });
    }
  }
  return found.sort((one, other) => other.bytes - one.bytes);
}

test("no page is heavy", async ({ people }, info) => {
  const all = await weights(people);
  const heaviest = all.map(({ page, bytes }) => `${page}: ${bytes} bytes`).slice(0, 3);
  info.annotations.push({ type: "heaviest", description: heaviest.join(", ") });
  expect(all.filter(({ bytes }) => bytes > PAGE_BYTES)).toEqual([]);
});
