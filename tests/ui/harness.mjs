// Starts what the browser tests need: a server, Chromium, and modules as bytes.
// WEFT_UI_TEST_SERVER names a server that runs already and whose functions may be deleted; otherwise build/release/weft is started on a free port.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
// The packages live with the pages that they test.
const require = createRequire(join(root, "ui/package.json"));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const screenshots = join(root, "build/screenshots");
const startMsMax = 20_000;
const stopMsMax = 5_000;

/**
 * @param own whether it must be a server of this test's own, with these arguments
 * @returns {Promise<{origin: string, stop: () => Promise<void>}>}
 */
export async function startServer({ arguments: further = [], own = false } = {}) {
  if (process.env.WEFT_UI_TEST_SERVER && !own) {
    return {
      origin: process.env.WEFT_UI_TEST_SERVER.replace(/\/$/, ""),
      stop: async () => {},
    };
  }
  const binary = process.env.WEFT_BINARY ?? join(root, "build/release/weft");
  const data = mkdtempSync(join(tmpdir(), "weft-ui-"));
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", data, ...further], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
    await ended;
    clearTimeout(hard);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    return { origin: await announcedOrigin(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function announcedOrigin(child) {
  return new Promise((resolve, reject) => {
    const said = [];
    const timer = setTimeout(
      () => reject(new Error(`the server did not say where it listens:\n${said.join("\n")}`)),
      startMsMax,
    );
    const settle = (action, value) => {
      clearTimeout(timer);
      action(value);
    };
    child.once("error", (error) => settle(reject, error));
    child.once("exit", (code) =>
      settle(reject, new Error(`the server ended with ${code}:\n${said.join("\n")}`)),
    );
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        said.push(line);
        const found = /listening on (http:\/\/\S+?)\/?(\s|$)/.exec(line);
        if (found) settle(resolve, found[1]);
      });
    }
  });
}

export async function startBrowser() {
  mkdirSync(screenshots, { recursive: true });
  return chromium.launch({
    executablePath: process.env.WEFT_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page in a fresh context that fails the test on errors of scripts and of the content policy. */
export async function openPage(browser, origin, { width = 1280, height = 800, theme = "light" } = {}) {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.failures = [];
  page.on("pageerror", (error) => page.failures.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.failures.push(message.text());
  });
  return page;
}

/** The rules of WCAG 2.2 AA that axe finds broken on this page, as readable lines. */
export async function axeViolations(page) {
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const found = await globalThis.axe.run(document, {
      runOnly: { type: "tag", values: tags },
    });
    return found.violations;
  });
  return violations.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary ?? one.help}`),
  );
}

/** Whether the page is wider than its window, which would make a phone scroll sideways. */
export async function scrollsSideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

const sizes = {
  wide: { width: 1440, height: 900 },
  tablet: { width: 768, height: 1024 },
  phone: { width: 360, height: 740 },
};

// The themes differ in colours, which are the same at every width: WEFT_UI_ALL_LOOKS=1 is for looking at them all.
const themesOf = (size) => (size === "wide" || process.env.WEFT_UI_ALL_LOOKS ? ["light", "dark"] : ["light"]);

/** The windows and themes in which each page is looked at; openPage takes them. */
export const looks = Object.entries(sizes).flatMap(([size, pixels]) =>
  themesOf(size).map((theme) => ({ ...pixels, size, theme })),
);

export const lookName = (scene, { size, theme }) => `${scene}, ${size}, ${theme}`;

/** What is wrong with how the page looks now, of which it leaves a picture. */
export async function flawsOf(page, scene, { size, theme }) {
  // What lies half below the bar at the top would count as too small.
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(screenshots, `${scene}-${size}-${theme}.png`), fullPage: true });
  const flaws = await axeViolations(page);
  const shown = await page.evaluate(() => document.documentElement.dataset.theme);
  if (shown !== theme) flaws.push(`the theme is ${shown}`);
  if (await scrollsSideways(page)) flaws.push("the page is wider than the window");
  return flaws;
}

/** Drops files on the page as the desktop would. */
export async function dropFiles(page, files) {
  const transfer = await page.evaluateHandle(
    (list) => {
      const data = new DataTransfer();
      for (const { name, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], name));
      }
      return data;
    },
    files.map(({ name, bytes }) => ({
      name,
      base64: Buffer.from(bytes).toString("base64"),
    })),
  );
  for (const type of ["dragenter", "dragover", "drop"]) {
    await page.dispatchEvent("body", type, { dataTransfer: transfer });
  }
}

export function exampleText(name) {
  return readFileSync(join(root, "examples", name), "utf8");
}

/** The bytes of a .wasm with a name section, from the text form. */
export async function wasmOf(wat) {
  const wabt = await require("wabt")();
  const module = wabt.parseWat("test.wat", wat, {
    simd: true,
    multi_value: true,
  });
  try {
    return Buffer.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** The header with which a client shows its token. */
export function bearer(token) {
  // A header holds bytes, and fetch sends one for each character.
  return { authorization: `Bearer ${Buffer.from(token).toString("latin1")}` };
}

/**
 * Uploads and deploys without the browser, for tests that start from a deployed function.
 * @param further limits and environment, as in the body of the PUT
 */
export async function deploy(origin, name, bytes, headers = {}, further = {}) {
  const uploaded = await fetch(`${origin}/v1/modules`, {
    method: "POST",
    headers,
    body: bytes,
  });
  if (!uploaded.ok) throw new Error(`upload: ${uploaded.status} ${await uploaded.text()}`);
  const { id } = await uploaded.json();
  const response = await fetch(`${origin}/v1/functions/${name}`, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ module: id, ...further }),
  });
  if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
}

/** Deploys a Python file without the browser. */
export async function deployPython(origin, name, source) {
  const response = await fetch(`${origin}/v1/functions/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ source, language: "python" }),
  });
  if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
}

const zipBytesMax = 64 << 20;

/** The bytes of a zip archive; zip.py says of what. */
export function zipOf(what) {
  return execFileSync("python3", [join(root, "tests/ui/zip.py")], {
    input: JSON.stringify(what),
    maxBuffer: zipBytesMax,
  });
}

/** Deploys Python files, as `zipOf` takes them, without the browser. */
export async function deployArchive(origin, name, what) {
  await deploy(origin, name, zipOf(what), { "content-type": "application/zip" });
}

/** Waits until the server has compiled Python, which takes a minute on a busy machine and happens once. */
export async function preparePython(origin) {
  await deployPython(origin, "first", "def handler(event):\n    return event\n");
}

export async function call(origin, name, body) {
  return fetch(`${origin}/v1/functions/${name}/invoke`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export async function removeAll(origin, headers = {}) {
  const { items } = await (await fetch(`${origin}/v1/functions?limit=200`, { headers })).json();
  for (const { name } of items) await fetch(`${origin}/v1/functions/${name}`, { method: "DELETE", headers });
}
