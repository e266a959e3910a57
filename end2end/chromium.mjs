// How Chromium is started, for the tests and for shots.mjs alike.

/** Debian's browser, or the one that `cargo xtask` found. */
export const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Root needs --no-sandbox; the others keep the browser from looking for hosts of its own. */
export const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];
