// What strangers can put into a module: names that hide, deceive or never end, and thousands of them.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import * as harness from "./harness.mjs";

let server;
let browser;
let page;

before(async () => {
  server = await harness.startServer();
  browser = await harness.startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  await harness.removeAll(server.origin);
});

afterEach(async () => {
  const failures = page?.failures ?? [];
  await page?.context().close();
  page = undefined;
  assert.deepEqual(failures, []);
});

async function open(path, look) {
  page = await harness.openPage(browser, server.origin, look);
  await page.goto(path);
}

async function isSound() {
  assert.deepEqual(await harness.axeViolations(page), []);
  assert.equal(await harness.scrollsSideways(page), false, "the page is wider than the window");
}

/** Characters that text on the page must not hold: nobody sees them, or they move what one sees. */
async function hiddenOnPage() {
  return page.evaluate(() => {
    const hidden =
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
    const seen = `${document.title}\n${document.body.innerText}`;
    const named = [...document.querySelectorAll("[aria-label],[title]")].flatMap((one) => [
      one.getAttribute("aria-label") ?? "",
      one.getAttribute("title") ?? "",
    ]);
    return [seen, ...named].filter((text) => hidden.test(text));
  });
}

describe("names that hide something", () => {
  // An end of line, a terminal's escape, an override of the direction, and a space without width.
  const raw = "add\\0a\\1b[31m\\e2\\80\\aegp\\e2\\80\\8b";
  const shown = "add\\x0a\\x1b[31m\\u{202e}gp\\u{200b}";

  test("of exports are written out wherever they stand", async () => {
    const wat = `(module (func (export "${raw}") (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 0))))`;
    await harness.deploy(server.origin, "bidi", await harness.wasmOf(wat));
    await open("/functions/bidi");
    await page.locator(".exports").getByText(shown).waitFor();
    await page.locator(".signature").getByText(shown).waitFor();
    await page.locator(".field > input").fill("1");
    await page.keyboard.press("Control+Enter");
    await page.locator(".result .problem").waitFor();
    await page.locator(".history").getByText(`${shown}(1)`).waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
    await page.goto("/functions/bidi/code");
    await page.getByText(`${shown}(i32) → i32`).waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
    await page.goto("/functions/bidi/invocations");
    await page.locator(".invocations-table").getByRole("button").first().click();
    await page.locator(".details .problem").waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
  });

  test("of imports are written out, also where they are missing", async () => {
    const wat = `(module (import "${raw}" "${raw}" (func)) (func (export "f")))`;
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    await harness.dropFiles(page, [{ name: "im\u202eport.wasm", bytes: await harness.wasmOf(wat) }]);
    await page.locator(".pending .missing").getByText(`${shown}.${shown}`).waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
  });

  test("are written out in a module's text, and in the line of it that is wrong", async () => {
    // The server takes no text that changes its direction; this it takes.
    const comment = ";; a\u200b safe \ufeff\ttext";
    await harness.deploy(server.origin, "trojan", `(module ${comment}\n(func (export "f")))`);
    await open("/functions/trojan/code");
    await page.locator(".source-text").getByText(";; a\\u{200b} safe \\u{feff}").waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
    await page.goto("/functions");
    await page.getByRole("link", { name: "trojan" }).waitFor();
    const broken = '(module (func (export "\u202ea\u200b") i32.konst))';
    await harness.dropFiles(page, [{ name: "broken.wat", bytes: Buffer.from(broken) }]);
    await page.locator(".excerpt").getByText("\\u{202e}a\\u{200b}").waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
  });

  test("in the address are written out", async () => {
    await open(`/functions/${encodeURIComponent("a\u202eb\nc")}`);
    await page.getByText("There is no function").waitFor();
    await page.getByRole("heading", { name: "a\\u{202e}b\\x0ac" }).waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
    await page.goto(`/else/${encodeURIComponent("\u202e")}`);
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    assert.deepEqual(await hiddenOnPage(), []);
  });
});

describe("names that do not end", () => {
  const long = "n".repeat(10_000);
  for (const width of [360, 1440]) {
    test(`are cut and shown on demand, ${width} px`, async () => {
      const wat = `(module (func (export "${long}") (param i32) (result i32) (local.get 0)) (func (export "b")))`;
      await harness.deploy(server.origin, "long", wat);
      await open("/functions/long", { width, height: 800 });
      await page.locator(".field > input").fill("1");
      await page.keyboard.press("Control+Enter");
      await page.locator(".result output").waitFor();
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      assert.ok(tall < 1600, `the page is ${tall} px tall`);
      await isSound();
      await page.getByRole("button", { name: "Show all 10,000 characters" }).click();
      await page.locator(".signature").getByText(long).waitFor();
      await isSound();
      await page.goto("/functions/long/code");
      await page.getByText("Exported functions").waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollHeight)) < 1600);
      await isSound();
    });
  }
});

test("more functions and versions than one sees at once are cut, and all of them can be had", async () => {
  const count = 205;
  const wat = '(module (func (export "f")))';
  for (let i = 0; i < count; i++) await harness.deploy(server.origin, `f${i % 110}`, wat);
  for (let i = 0; i < count; i++) await harness.deploy(server.origin, "old", wat);
  await open("/functions");
  const rows = page.locator(".functions-table tbody tr");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 100);
  await page.getByRole("button", { name: "Show all 111" }).press("Enter");
  assert.equal(await rows.count(), 111);
  await page.goto("/functions/old/code?version=1");
  await page.getByText("This is version 1. Calls run version 205.").waitFor();
});

describe("thousands of exports", () => {
  const count = 3000;
  const functions = Array.from({ length: count }, (_, i) => {
    const value = `(i32.const ${i})`;
    return `(func (export "f${i}") (result i32) ${value})`;
  });

  test("are cut, found by a filter, and reached with the keyboard alone", async () => {
    await harness.deploy(server.origin, "many", `(module ${functions.join("\n")})`);
    await open("/functions/many?export=f2999");
    const rows = page.locator(".exports li button");
    await page.locator(".signature").getByText("f2999").waitFor();
    assert.ok((await rows.count()) <= 101);
    await page.locator('.exports [aria-pressed="true"]').getByText("f2999").waitFor();
    await isSound();
    const filter = page.getByLabel("Filter the exports");
    await filter.focus();
    await page.keyboard.type("F17");
    await page.getByText("111 of 3,000").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const chosen = await page.locator('.exports [aria-pressed="true"] .export-name').innerText();
    assert.match(chosen, /^f17/);
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /^Show all 111/);
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /^Call/);
    await page.keyboard.press("Enter");
    await page.locator(".result output").getByText(chosen.slice(1), { exact: true }).waitFor();
    await filter.fill("");
    await page.getByRole("button", { name: "Show all 3,000" }).press("Enter");
    assert.equal(await rows.count(), count);
    const at = await page.evaluate(() => document.activeElement?.closest(".exports li") !== null);
    assert.equal(at, true, "the focus is at the rows that came");
    await filter.fill("nothing like it");
    await page.getByText("No export’s name contains").waitFor();
  });

  test("show the one that an address names", async () => {
    await harness.deploy(server.origin, "many", `(module ${functions.join("\n")})`);
    await open("/functions/many?export=f60", { width: 1440, height: 900 });
    const chosen = page.locator('.exports [aria-pressed="true"]');
    await chosen.waitFor();
    const [row, box] = [await chosen.boundingBox(), await page.locator(".exports ul").boundingBox()];
    assert.ok(row.y >= box.y && row.y + row.height <= box.y + box.height, "it is in view");
  });

  test("are cut and found in the code, too", async () => {
    await harness.deploy(server.origin, "many", await harness.wasmOf(`(module ${functions.join("\n")})`));
    await open("/functions/many/code");
    const rows = page.locator(".code-list li");
    await rows.first().waitFor();
    assert.equal(await rows.count(), 100);
    await page.getByLabel("Filter the exported functions").fill("f2998");
    assert.deepEqual(await rows.allInnerTexts(), ["f2998() → i32"]);
    await page.getByLabel("Filter the exported functions").fill("");
    await page.getByRole("button", { name: "Show all 3,000" }).click();
    assert.equal(await rows.count(), count);
    await isSound();
  });
});
