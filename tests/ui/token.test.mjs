// A server with a token, in a browser: signing in and out, what is kept, and what a link cannot carry.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import * as harness from "./harness.mjs";

// Bytes that a header may hold, and that no shell or form should touch.
const token = "s3cret: 'täglich' $%";

let server;
let browser;
let files;
let page;

before(async () => {
  files = mkdtempSync(join(tmpdir(), "weft-ui-token-"));
  const file = join(files, "token");
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  server = await harness.startServer({ arguments: ["--token-file", file], own: true });
  browser = await harness.startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  if (files) rmSync(files, { recursive: true, force: true });
});

beforeEach(async () => {
  await harness.removeAll(server.origin, harness.bearer(token));
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

async function signIn(text = token, { onDevice = false } = {}) {
  await page.getByLabel("Token", { exact: true }).fill(text);
  if (onDevice) await page.getByLabel("Remember on this device").check();
  await page.keyboard.press("Enter");
}

async function isSignedIn() {
  await page.getByText("Or start with an example").waitFor();
}

async function isSignedOut() {
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

describe("signing in", () => {
  test("a wrong token is refused beside its field, the right one leads on and stays over a reload", async () => {
    await open("/");
    await isSignedOut();
    const field = page.getByLabel("Token", { exact: true });
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    assert.equal(await page.getByRole("button", { name: "Sign in" }).isDisabled(), true);
    await signIn("not it");
    await page.getByText("The server does not know this token.").waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    await signIn(` ${token}\n`);
    await isSignedIn();
    await page.reload();
    await isSignedIn();
  });

  test("a file is uploaded, deployed, called and its records are read", async () => {
    await open("/functions");
    await signIn();
    await isSignedIn();
    await harness.dropFiles(page, [{ name: "add.wat", bytes: Buffer.from(harness.exampleText("add.wat")) }]);
    await page.locator(".pending").getByRole("button", { name: "Deploy", exact: true }).click();
    await page.waitForURL("**/functions/add");
    await page.locator(".field > input").nth(0).fill("2");
    await page.locator(".field > input").nth(1).fill("3");
    await page.keyboard.press("Control+Enter");
    assert.equal(await page.locator(".result output").innerText(), "5");
    await page.locator(".result-meta").getByRole("link").click();
    await page.locator(".details").getByText('{"export":"add","args":[2,3]}').waitFor();
  });

  test("a deep link is where one is after signing in", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"), harness.bearer(token));
    await open("/functions/add/versions");
    await signIn();
    await page.getByText("current").waitFor();
  });

  test("the token is kept for the tab, and for the device only when that is wanted", async () => {
    await open("/");
    await signIn();
    await isSignedIn();
    const second = await page.context().newPage();
    await second.goto("/");
    await second.getByRole("heading", { name: "Sign in" }).waitFor();
    await second.getByLabel("Token", { exact: true }).fill(token);
    await second.getByLabel("Remember on this device").check();
    await second.keyboard.press("Enter");
    await second.getByText("Or start with an example").waitFor();
    const third = await page.context().newPage();
    await third.goto("/");
    await third.getByText("Or start with an example").waitFor();
  });

  test("a token that is no longer right is said to be", async () => {
    await open("/");
    await signIn();
    await isSignedIn();
    await page.evaluate(() => sessionStorage.setItem("weft:token", '"yesterday"'));
    await page.reload();
    await page.getByText("The server no longer takes the token").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem("weft:token")), null);
    await signIn();
    await isSignedIn();
  });
});

describe("signing out", () => {
  test("forgets the token, calls and inputs, in every tab", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"), harness.bearer(token));
    await open("/functions/add");
    await signIn(token, { onDevice: true });
    await page.locator(".field > input").nth(0).fill("20");
    await page.locator(".field > input").nth(1).fill("22");
    await page.keyboard.press("Control+Enter");
    await page.locator(".result output").getByText("42").waitFor();
    const other = await page.context().newPage();
    await other.goto("/functions/add");
    await other.locator(".result output").getByText("42").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await isSignedOut();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    for (const one of [page, other]) {
      const kept = await one.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
      // "pending" is the list of uploads on their way, and empty.
      assert.deepEqual(kept.filter((key) => key !== "weft:pending").sort(), ["weft:signed-out"]);
    }
    await page.goto("/functions/add");
    await isSignedOut();
  });

  test("is under Settings too", async () => {
    await open("/settings");
    await signIn();
    await page.getByText("Signed in with the server's token").waitFor();
    await page.locator(".setting-row").getByRole("button", { name: "Sign out" }).click();
    await isSignedOut();
  });
});

describe("what a link cannot carry", () => {
  async function downloadBy(press) {
    const downloading = page.waitForEvent("download");
    await press();
    const download = await downloading;
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
  }

  test("the OpenAPI document and a module are saved", async () => {
    const wat = harness.exampleText("add.wat");
    await harness.deploy(server.origin, "add", wat, harness.bearer(token));
    await open("/settings");
    await signIn();
    const api = await downloadBy(() => page.getByRole("link", { name: "OpenAPI document" }).click());
    assert.equal(api.name, "weft-openapi.json");
    assert.ok(JSON.parse(api.text).openapi.startsWith("3.1"));
    await page.goto("/functions/add/code");
    const module = await downloadBy(() => page.getByRole("link", { name: "Download add.wat" }).click());
    assert.deepEqual(module, { name: "add.wat", text: wat });
  });

  test("commands to copy take the token from the environment", async () => {
    await open("/functions");
    await signIn();
    const shown = await page.locator(".snippet pre").innerText();
    assert.match(shown, /Authorization: Bearer \$WEFT_TOKEN/);
    assert.ok(!shown.includes(token));
  });
});

const looks = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

describe("signing in is accessible and fits", () => {
  for (const [look, size] of Object.entries(looks)) {
    for (const theme of ["light", "dark"]) {
      test(`${look}, ${theme}`, async () => {
        await open("/functions/add", { ...size, theme });
        await isSignedOut();
        await check(`signin-${look}-${theme}`);
        await signIn("wrong");
        await page.getByText("The server does not know this token.").waitFor();
        await check(`signin-wrong-${look}-${theme}`);
        await signIn();
        await page.getByText("There is no function").waitFor();
        await page.goto("/settings");
        await page.getByText("OpenAPI document").waitFor();
        await check(`signin-settings-${look}-${theme}`);
      });
    }
  }
});

async function check(name) {
  await page.screenshot({ path: join(harness.screenshots, `${name}.png`), fullPage: true });
  assert.deepEqual(await harness.axeViolations(page), []);
  assert.equal(await harness.scrollsSideways(page), false, "the page is wider than the window");
}
