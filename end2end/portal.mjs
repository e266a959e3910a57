// The portal over plain HTTP, as a browser without scripts asks it: for finding examples of pages,
// for placing the orders that pages show, and for what counts bytes.

import http from "node:http";
import zlib from "node:zlib";

export const base = process.env["PORTAL_URL"] ?? "http://127.0.0.1:3000";
export const sim = process.env["SIM_URL"] ?? "http://127.0.0.1:3010";

export const password = "demo-portal-2026";
export const customer = "customer@demo.test";
export const staff = "admin@demo.test";

const agent = new http.Agent({ keepAlive: true });

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {http.IncomingHttpHeaders} headers
 * @property {string} body
 * @property {number} wire how many bytes the body had on its way
 */

/** Somebody with cookies. */
export class Visitor {
  /** @type {Map<string, string>} */
  cookies = new Map();

  /** @param {string} [home] the portal that is visited */
  constructor(home = base) {
    this.home = home;
  }

  /** @param {string} path @returns {Promise<Answer>} */
  get(path) {
    return this.#send("GET", path, undefined);
  }

  /** Sends a form. @param {string} path @param {Record<string, string>} form @returns {Promise<Answer>} */
  post(path, form) {
    return this.#send("POST", path, new URLSearchParams(form).toString());
  }

  /** A page that has to be there. @param {string} path */
  async page(path) {
    const { status, body } = await this.get(path);
    if (status !== 200) {
      throw new Error(`${path} answers with ${status}`);
    }
    return body;
  }

  /** A form that has to be accepted. @param {string} path @param {Record<string, string>} form */
  async send(path, form) {
    const { status, headers, body } = await this.post(path, form);
    if (status !== 303) {
      throw new Error(`POST ${path} answers with ${status}: ${words(body)}`);
    }
    return headers.location ?? "";
  }

  /** @param {string} email @param {string} [secret] */
  async signIn(email, secret = password) {
    await this.send("/login", { email, password: secret });
    return this;
  }

  /** The language of this visitor's pages; a signed-in one's account keeps it. @param {string} lang */
  async speak(lang) {
    await this.send("/preferences", { lang, back: "/" });
  }

  /** For a browser context, so that nobody has to sign in twice. */
  storage() {
    const { hostname } = new URL(this.home);
    const common = { domain: hostname, path: "/", expires: -1, httpOnly: true, secure: true };
    const cookies = [...this.cookies].map(([name, value]) => ({
      name,
      value,
      ...common,
      sameSite: /** @type {const} */ ("Lax"),
    }));
    return { cookies, origins: [] };
  }

  /** As a header. */
  cookie() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /**
   * @param {string} method @param {string} path @param {string | undefined} body
   * @returns {Promise<Answer>}
   */
  #send(method, path, body) {
    const headers = {
      accept: "text/html,*/*",
      "accept-encoding": "br",
      "accept-language": "en",
      ...(this.cookies.size > 0 ? { cookie: this.cookie() } : {}),
      ...(body === undefined
        ? {}
        : { origin: this.home, "content-type": "application/x-www-form-urlencoded" }),
    };
    return new Promise((resolve, reject) => {
      const request = http.request(new URL(path, this.home), { method, headers, agent }, (response) => {
        for (const line of response.headers["set-cookie"] ?? []) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          if (value === "" || /max-age=0/i.test(line)) {
            this.cookies.delete(name);
          } else {
            this.cookies.set(name, value);
          }
        }
        /** @type {Buffer[]} */
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const sent = Buffer.concat(parts);
          const shrunk = response.headers["content-encoding"] === "br" && sent.length > 0;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: (shrunk ? zlib.brotliDecompressSync(sent) : sent).toString("utf8"),
            wire: sent.length,
          });
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }
}

/** The text of a page, for messages. @param {string} page */
function words(page) {
  const [, alert = page] = /role="alert"[^>]*>(.*?)<\/div>/s.exec(page) ?? [];
  return alert.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim().slice(0, 300);
}

/** What an attribute means. @param {string} text */
export function unescape(text) {
  return text
    .replace(/&quot;/g, '"')
    .replace(/&#(x?)27;|&#39;/g, "'")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}

/** All values of an attribute, in the order of the page. @param {string} page @param {string} name */
export function attributes(page, name) {
  return [...page.matchAll(new RegExp(`[\\s]${name}="([^"]*)"`, "g"))].map(([, value = ""]) =>
    unescape(value),
  );
}

let used = Math.floor(Math.random() * 60_000);

/** An address that nobody else uses; benchmarks and documentation own these networks. */
export function freshAddress() {
  used += 1;
  return `203.${Math.floor(used / 250) % 250}.113.${(used % 250) + 1}`;
}

/**
 * The hidden fields of a page's form. @param {string} page @param {string} action
 * @returns {Record<string, string>}
 */
function hidden(page, action) {
  const form = new RegExp(`<form[^>]*action="${action}".*?</form>`, "s").exec(page)?.[0] ?? "";
  /** @type {Record<string, string>} */
  const values = {};
  for (const [field] of form.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)) {
    values[attributes(field, "name")[0] ?? ""] = attributes(field, "value")[0] ?? "";
  }
  return values;
}

/**
 * Buys a plan for a month by its own form. Returns the address of the order.
 * @param {Visitor} visitor @param {string} [slug]
 */
export async function buy(visitor, slug = "isp6-lite") {
  const form = hidden(await visitor.page(`/p/${slug}`), "/buy");
  return await visitor.send("/buy", { ...form, period: "1", ip: freshAddress() });
}

/** Begins to change the public prices, unless that is under way. @param {Visitor} visitor */
export async function beginDraft(visitor) {
  const page = await visitor.page("/admin/pricelists/public");
  if (!page.includes("/admin/pricelists/public/review")) {
    const action = "/admin/pricelist_rule";
    const rule = { subject: "family:ispmanager", period: "12", kind: "percent", value: "36" };
    await visitor.send(action, { ...hidden(page, action), ...rule });
  }
}

/**
 * Asks again until something is so; the portal works on its own.
 * @template T @param {string} what @param {() => Promise<T | undefined>} look @returns {Promise<T>}
 */
export async function until(what, look) {
  for (const start = Date.now(); Date.now() - start < 60_000; ) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within a minute`);
}

/**
 * The next calls of a function at the simulated vendor go wrong in this way.
 * @param {string} func @param {string} fault @param {number | "forever"} [times]
 */
export async function fault(func, fault, times = 1) {
  const answer = await fetch(`${sim}/_sim/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ func, fault, times }),
  });
  if (!answer.ok) {
    throw new Error(`the simulator refuses the fault: ${answer.status}`);
  }
}
