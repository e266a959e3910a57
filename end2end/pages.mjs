// Every page of the portal, with an example of each. The gates, the screenshots and Lighthouse go by
// this table, and a test fails when the server has a page that is not in it.
//
// A new page is one more row. A route with a parameter needs nothing else either: its example is
// the first link to it on the page above it (`/my/orders/{id}` is looked for on `/my/orders`), or
// on the page that `on` names.

import { attributes, beginDraft, buy, customer, fault, staff, until, Visitor } from "./portal.mjs";

/** @typedef {"guest" | "customer" | "staff"} Role */

/**
 * @typedef {object} Row
 * @property {string} route as the server spells it, parameters in braces
 * @property {Role[]} who for whom it is a page and not a way to another one
 * @property {boolean} [islands] whether scripts come with it
 * @property {string} [on] the page that links to an example
 * @property {string} [example] an address, where a link will not do
 * @property {string} [name] what it is called where one route has two looks
 * @property {true} [leads] it only leads to another page
 */

/** @type {Role[]} */
export const roles = ["guest", "customer", "staff"];

/** @type {Row[]} */
export const pages = [
  { route: "/", who: roles },
  { route: "/catalog", who: roles },
  { route: "/p/{slug}", who: roles, on: "/catalog", islands: true },
  { route: "/p/{slug}", name: "a module", who: roles, example: "/p/ddos-guard" },
  { route: "/", name: "where a panel leads", who: roles, example: "/?module=DDoSGUARD&license=1" },
  { route: "/login", who: ["guest"] },
  { route: "/join", who: ["guest"] },
  { route: "/verify", who: ["customer"], example: "/verify?token=none" },
  { route: "/my", who: ["customer"] },
  { route: "/my/orders", who: ["customer"] },
  { route: "/my/orders/{id}", who: ["customer"], islands: true },
  { route: "/my/licenses", who: ["customer"] },
  { route: "/my/licenses/{id}", who: ["customer"], islands: true },
  { route: "/my/licenses/{id}/{change}", who: ["customer"] },
  { route: "/my/changes", who: ["customer"] },
  { route: "/my/wallet", who: ["customer"] },
  { route: "/admin", who: ["staff"], leads: true },
  { route: "/admin/inbox", who: ["staff"] },
  { route: "/admin/vendors", who: ["staff"] },
  { route: "/admin/health", who: ["staff"] },
  { route: "/admin/orders", who: ["staff"] },
  { route: "/admin/orders/{id}", who: ["staff"] },
  { route: "/admin/operations", who: ["staff"] },
  { route: "/admin/operations/{id}", who: ["staff"] },
  { route: "/admin/customers", who: ["staff"] },
  { route: "/admin/customers/{id}", who: ["staff"] },
  { route: "/admin/customers/{id}/wallet", who: ["staff"], on: "/admin/customers/{id}" },
  { route: "/admin/licenses", who: ["staff"] },
  { route: "/admin/pricelists", who: ["staff"] },
  { route: "/admin/pricelists/{group}", who: ["staff"] },
  { route: "/admin/pricelists/{group}/review", who: ["staff"], example: "/admin/pricelists/public/review" },
  { route: "/admin/pricelists/{group}/versions", who: ["staff"], example: "/admin/pricelists/public/versions" },
  { route: "/admin/pricelists/{group}/versions/{version}", who: ["staff"], on: "/admin/pricelists/public/versions" },
  { route: "/admin/costs", who: ["staff"] },
  { route: "/admin/costs/{plan}", who: ["staff"] },
  { route: "/admin/products", who: ["staff"] },
  { route: "/admin/products/{plan}", who: ["staff"], example: "/admin/products/drweb-lite" },
  { route: "/admin/families", who: ["staff"] },
  { route: "/admin/families/{family}", who: ["staff"], example: "/admin/families/modules" },
  { route: "/admin/mail", who: ["staff"] },
  { route: "/admin/audit", who: ["staff"] },
  { route: "/admin/staff", who: ["staff"] },
  { route: "/admin/upstreams", who: ["staff"] },
  { route: "/admin/upstreams/{slug}", who: ["staff"] },
  { route: "/admin/upstreams/{slug}/licenses", who: ["staff"], example: "/admin/upstreams/simulator/licenses" },
  { route: "/admin/upstreams/{slug}/import", who: ["staff"], example: "/admin/upstreams/simulator/import" },
];

/**
 * A page that is the answer to a mistake: to an address, or to a form.
 * @typedef {object} Mistake
 * @property {string} name
 * @property {Role[]} who
 * @property {string} at the page that one comes from, or the address itself
 * @property {{ action: string, values: Record<string, string> }} [form]
 * @property {number} status
 * @property {boolean} [islands]
 */

/** @type {Mistake[]} */
export const mistakes = [
  {
    name: "refused rule",
    who: ["staff"],
    at: "/admin/pricelists/public",
    form: {
      action: "/admin/pricelist_rule",
      values: { group: "public", version: "1", revision: "0", kind: "percent", value: "much" },
    },
    status: 422,
  },
  {
    name: "refused vendor account",
    who: ["staff"],
    at: "/admin/upstreams",
    form: { action: "/admin/upstream-add", values: { slug: "No Slug", base_url: "http://203.0.113.5/" } },
    status: 422,
  },
  { name: "no such page", who: roles, at: "/no-such-page", status: 404 },
  { name: "somebody else's desk", who: ["customer"], at: "/admin/orders", status: 404 },
  {
    name: "refused sign-in",
    who: ["guest"],
    at: "/login",
    // No account has this address, so no account can be locked by it.
    form: { action: "/login", values: { email: "nobody@example.org", password: "" } },
    status: 422,
  },
  {
    name: "refused sign-up",
    who: ["guest"],
    at: "/join",
    form: { action: "/join", values: { email: "x", password: "x" } },
    status: 422,
  },
  {
    name: "refused order",
    who: ["customer"],
    at: "/p/isp6-lite",
    form: { action: "/buy", values: { period: "1", ip: "10.0.0.1" } },
    status: 422,
    islands: true,
  },
  {
    name: "order by staff",
    who: ["staff"],
    at: "/p/isp6-lite",
    form: { action: "/buy", values: { period: "1", ip: "10.0.0.1" } },
    status: 403,
    islands: true,
  },
];

/**
 * What is missing in the table, and what is too much.
 * @param {string[]} routes all pages that the server has
 */
export function forgotten(routes) {
  const known = pages.map((page) => page.route);
  return [
    ...routes.filter((route) => !known.includes(route)).map((route) => `${route} has no row`),
    ...known.filter((route) => !routes.includes(route)).map((route) => `${route} does not exist`),
  ];
}

/**
 * The address of an example.
 * @param {Row} row @param {Visitor} visitor
 */
export async function addressOf(row, visitor) {
  const found = await linkTo(row, visitor);
  if (found === undefined) {
    throw new Error(`no link to ${row.route} on ${above(row)}: there is nothing to look at`);
  }
  return found;
}

/**
 * The address of an example, if there is one.
 * @param {Row} row @param {Visitor} visitor
 */
export async function linkTo(row, visitor) {
  if (row.example !== undefined || !row.route.includes("{")) {
    return row.example ?? row.route;
  }
  const shape = row.route
    .split(/\{[^}]*\}/)
    .map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"))
    .join("([^/?#]+)");
  const parent = pages.find((page) => page.route === above(row));
  const page = parent === undefined ? above(row) : await linkTo(parent, visitor);
  if (page === undefined) {
    return undefined;
  }
  const links = attributes(await visitor.page(page), "href");
  // `/x/new` is a page of its own, not an example of `/x/{id}`.
  return links.find((link) => new RegExp(`^${shape}$`).test(link) && !isAnother(link));
}

/** @param {string} link */
const isAnother = (link) => pages.some((page) => page.route === link);

/** @param {Row} row */
const above = (row) => row.on ?? row.route.replace(/\/\{[^}]*\}[^{]*$/, "");

/**
 * One page as one person sees it.
 * @typedef {object} Sight
 * @property {string} name
 * @property {Role} who
 * @property {number} status
 * @property {boolean} islands
 * @property {Mistake | Row} of
 */

/** Everything that there is to see. @returns {Sight[]} */
export function sights() {
  const rows = pages.filter((row) => row.leads !== true);
  return roles.flatMap((who) => [
    ...rows
      .filter((row) => row.who.includes(who))
      .map((row) => ({ name: row.name ?? row.route, who, status: 200, islands: row.islands === true, of: row })),
    ...mistakes
      .filter((mistake) => mistake.who.includes(who))
      .map((of) => ({ name: of.name, who, status: of.status, islands: of.islands === true, of })),
  ]);
}

/**
 * Shows a sight in a browser. Returns the answer that it is.
 * @param {import("@playwright/test").Page} page @param {Sight} sight @param {Visitor} visitor
 * @returns {Promise<import("@playwright/test").Response | null>}
 */
export async function visit(page, { of }, visitor) {
  if ("route" in of) {
    return await page.goto(await addressOf(of, visitor));
  }
  if (of.form === undefined) {
    return await page.goto(of.at);
  }
  await page.goto(of.at);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.waitForEvent("load"),
    page.evaluate(submit, of.form),
  ]);
  return answer;
}

/** Runs in the page: sends values as its own form does, with what is hidden there. @param {NonNullable<Mistake["form"]>} form */
function submit({ action, values }) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  /** @type {Record<string, string>} */
  const all = {};
  for (const field of document.querySelectorAll(`form[action="${action}"] input[type="hidden"]`)) {
    all[field.getAttribute("name") ?? ""] = field.getAttribute("value") ?? "";
  }
  for (const [name, value] of Object.entries({ ...all, ...values })) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

/** @typedef {Record<Role, Visitor>} Cast */

/** Everybody, signed in, in English. @returns {Promise<Cast>} */
export async function cast() {
  const people = {
    guest: new Visitor(),
    customer: await new Visitor().signIn(customer),
    staff: await new Visitor().signIn(staff),
  };
  for (const visitor of Object.values(people)) {
    await visitor.speak("en");
  }
  return people;
}

/** One order that was delivered and prices under change, so that nothing is empty. @param {Cast} people */
export async function furnish({ customer, staff }) {
  await beginDraft(staff);
  const license = pages.find((page) => page.route === "/my/licenses/{id}");
  if (license === undefined || (await linkTo(license, customer)) !== undefined) {
    return;
  }
  await buy(customer);
  await until("a license is delivered", () => linkTo(license, customer));
}

/** Orders of every kind: delivered, refused, unanswered. @param {Cast} people */
export async function furnishFully(people) {
  const { customer } = people;
  await furnish(people);
  // One after the other: a fault hits the next call, whoever makes it.
  await becomes(customer, await buy(customer, "isp6-biz"), "Delivered");
  await fault("soft.order.param", "error_doc");
  await becomes(customer, await buy(customer), "Not bought");
  // The vendor is silent from here on: what was sent stays without an answer.
  await fault("soft", "http_before", "forever");
  await fault("soft.order.param", "reset_after");
  await becomes(customer, await buy(customer, "isp6-pro"), "Checking");
}

/**
 * Waits until an order's page says that it is so.
 * @param {Visitor} visitor @param {string} order @param {string} status
 */
async function becomes(visitor, order, status) {
  await until(`${order} becomes ${status}`, async () =>
    (await visitor.page(order)).includes(`>${status}<`) ? true : undefined,
  );
}
