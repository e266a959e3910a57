// `cargo xtask test` starts the portal and the simulated vendor, and says where they are.
import { defineConfig, devices, type ReporterDescription } from "@playwright/test";

import { args, executablePath } from "./chromium.mjs";

const reporter: ReporterDescription[] = [["list"]];
const report = process.env["E2E_REPORT"];
if (report !== undefined) {
  reporter.push(["json", { outputFile: report }]);
}

const desktop = {
  ...devices["Desktop Chrome"],
  launchOptions: { executablePath, args },
};

export default defineConfig({
  testDir: "tests",
  forbidOnly: true,
  fullyParallel: false,
  // One customer, one vendor, one fault at a time: two tests at once would answer for each other.
  workers: 1,
  // A test that passes the second time is a bug that nobody looks at.
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter,
  use: {
    baseURL: process.env["PORTAL_URL"] ?? "http://127.0.0.1:3000",
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "off",
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "chromium", use: desktop },
    // Every journey works without JavaScript; its tests carry the tag @nojs and run twice.
    { name: "chromium-nojs", grep: /@nojs/, use: { ...desktop, javaScriptEnabled: false } },
  ],
});
