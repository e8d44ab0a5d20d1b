// Upload, call and result in a browser; the errors a person meets; how the pages look.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import * as harness from "./harness.mjs";

let server;
let browser;
let files;
let page;

before(async () => {
  server = await harness.startServer();
  browser = await harness.startBrowser();
  files = mkdtempSync(join(tmpdir(), "weft-ui-files-"));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  if (files) rmSync(files, { recursive: true, force: true });
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

function fileOf(name, bytes) {
  const path = join(files, name);
  writeFileSync(path, bytes);
  return path;
}

async function open(path, look) {
  page = await harness.openPage(browser, server.origin, look);
  await page.goto(path);
}

async function chooseByButton(path) {
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await (await choosing).setFiles(path);
}

async function deployPending(name) {
  const field = page.getByLabel("Name", { exact: true });
  await field.waitFor();
  assert.equal(await field.inputValue(), name);
  await page.locator(".pending").getByRole("button", { name: "Deploy", exact: true }).click();
  await page.waitForURL(`**/functions/${name}`);
}

/** Fills the fields in order and calls; gives back the results' text. */
async function callWith(...values) {
  const fields = page.locator(".field > input");
  for (const [at, value] of values.entries()) await fields.nth(at).fill(value);
  await page.keyboard.press("Control+Enter");
  await page.locator(".result output, .result .problem").first().waitFor();
  return page.locator(".result output").allInnerTexts();
}

describe("from a file to a result", () => {
  test("a .wat chosen with the button is deployed, called and answers", async () => {
    await open("/");
    await chooseByButton(fileOf("add.wat", harness.exampleText("add.wat")));
    await deployPending("add");
    assert.deepEqual(await callWith("2", "3"), ["5"]);
    await page.getByText("0x00000005").waitFor();
    await page
      .locator(".result-meta")
      .getByText(/\d+(\.\d+)? (µs|ms|s)/)
      .waitFor();
    await page.locator(".result-meta").getByRole("link").click();
    await page.waitForURL("**/functions/add/invocations/*");
    await page.locator(".details").getByText('{"export":"add","args":[2,3]}').waitFor();
  });

  test("a .wasm dropped on the page is deployed under an edited name, called and answers", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    const bytes = await harness.wasmOf(harness.exampleText("vector.wat"));
    await harness.dropFiles(page, [{ name: "Vector Math.wasm", bytes }]);
    const field = page.getByLabel("Name", { exact: true });
    await field.waitFor();
    assert.equal(await field.inputValue(), "vector-math");
    await field.fill("vectors");
    await field.press("Enter");
    await page.waitForURL("**/functions/vectors");
    await page.getByRole("button", { name: /^scale/ }).click();
    assert.deepEqual(await callWith("0x0000803f0000004000004040000080bf", "2"), [
      "0x00000040000080400000c040000000c0",
    ]);
    assert.deepEqual(await page.locator(".lane-view li").allInnerTexts(), ["2", "4", "6", "-2"]);
  });

  test("a .wasm chosen with the button and a .wat dropped work as well, several at once", async () => {
    await open("/");
    const wasm = await harness.wasmOf(harness.exampleText("primes.wat"));
    await chooseByButton(fileOf("primes.wasm", wasm));
    await page.getByLabel("Name", { exact: true }).waitFor();
    await harness.dropFiles(page, [{ name: "add.wat", bytes: Buffer.from(harness.exampleText("add.wat")) }]);
    await page.getByRole("button", { name: "Deploy all 2" }).click();
    await page.getByRole("link", { name: "primes" }).click();
    await page.getByRole("button", { name: /^count_primes/ }).click();
    assert.deepEqual(await callWith("100"), ["25"]);
  });

  test("an integer may be typed as the unsigned number of the same bits", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add?export=add");
    assert.deepEqual(await callWith("4294967295", "3"), ["2"]);
    await page.getByText("the same bits as -1").waitFor();
    await page.goto("/functions/add?export=mul64");
    assert.deepEqual(await callWith("18446744073709551615", "7"), ["-7"]);
  });

  test("64-bit integers, floats and several results are exact", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await harness.deploy(server.origin, "vector", harness.exampleText("vector.wat"));
    await open("/functions/add?export=mul64");
    assert.deepEqual(await callWith("3037000499", "3037000500"), ["9223372033963249500"]);
    await page.goto("/functions/vector?export=spread");
    await page.locator(".field > input").first().waitFor();
    assert.deepEqual(await callWith("-Infinity", "0.1"), ["0.1", "-Infinity", "-Infinity"]);
  });

  test("an example deploys with one press", async () => {
    await open("/");
    await page.getByRole("button", { name: "Deploy add" }).click();
    await page.waitForURL("**/functions/add");
    await page.getByRole("heading", { name: /add\(a: i32, b: i32\)/ }).waitFor();
  });

  test("what was typed and the last result survive a reload", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add");
    await callWith("40", "2");
    await page.reload();
    await page.locator(".result output").getByText("42").waitFor();
    assert.equal(await page.locator(".field > input").first().inputValue(), "40");
    await page.getByRole("button", { name: "Call add(40, 2) again" }).click();
    await page.locator(".history li").nth(1).waitFor();
  });
});

describe("errors stand beside what caused them", () => {
  test("a trap shows its words and a backtrace", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add?export=div");
    await callWith("1", "0");
    const problem = page.locator(".result .problem");
    await problem.getByText("integer divide by zero").waitFor();
    await problem.locator(".backtrace").getByText("div", { exact: true }).waitFor();
    assert.deepEqual(await callWith("6", "3"), ["2"], "the next call works");
  });

  test("a bad argument is marked as one types, and the button says why it waits", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add");
    const [first, second] = [page.locator(".field > input").nth(0), page.locator(".field > input").nth(1)];
    await first.fill("4294967296");
    assert.equal(await first.getAttribute("aria-invalid"), "true");
    await page.getByText(/outside i32: .*4294967295/).waitFor();
    const button = page.getByRole("button", { name: /^Call/ }).first();
    assert.equal(await button.getAttribute("aria-disabled"), "true");
    await page.getByText("a is not a valid i32").waitFor();
    await first.fill("1");
    await page.getByText("b needs a value").waitFor();
    await second.fill("2");
    assert.equal(await button.getAttribute("aria-disabled"), "false");
  });

  test("an invalid module says where it is wrong, and the next file works", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    const wat = '(module\n  (func (export "f") (result i32)\n    i32.konst 1))';
    await harness.dropFiles(page, [{ name: "broken.wat", bytes: Buffer.from(wat) }]);
    await page.locator(".pending .problem").getByText("broken.wat cannot be used").waitFor();
    await page.getByText(/line 3, column \d+/).waitFor();
    await page.getByRole("button", { name: "Discard broken.wat" }).click();
    const truncated = (await harness.wasmOf(harness.exampleText("add.wat"))).subarray(0, 30);
    await harness.dropFiles(page, [{ name: "cut.wasm", bytes: truncated }]);
    await page.locator(".pending .problem").getByText("cut.wasm cannot be used").waitFor();
    await page.getByRole("button", { name: "Discard cut.wasm" }).click();
    await harness.dropFiles(page, [{ name: "notes.txt", bytes: Buffer.from("hello") }]);
    await page.getByText("weft takes .wasm, .wat, .py, .zip and .pyz files, not notes.txt.").waitFor();
    await page.getByRole("button", { name: "Discard notes.txt" }).click();
    await harness.dropFiles(page, [{ name: "add.wat", bytes: Buffer.from(harness.exampleText("add.wat")) }]);
    await deployPending("add");
  });

  test("a missing import is named, with who would provide it", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    const wat = '(module (import "nowhere" "now" (func (result f64))) (func (export "f")))';
    await harness.dropFiles(page, [{ name: "host.wasm", bytes: await harness.wasmOf(wat) }]);
    await page.locator(".pending .problem").getByText("nowhere.now").waitFor();
  });

  test("an endless loop meets its deadline", async () => {
    await harness.deploy(server.origin, "spin", '(module (func (export "spin") (loop (br 0))))');
    await open("/functions/spin/settings");
    await page.getByLabel("Deadline").fill("100");
    await page.getByRole("button", { name: /^Save as version 2/ }).click();
    await page.getByText("new limits, as version 2").waitFor();
    await page.getByRole("link", { name: "Try", exact: true }).click();
    await callWith();
    await page.locator(".result .problem").getByText("deadline_exceeded").waitFor();
    await page.getByRole("link", { name: "Change the limits" }).waitFor();
  });

  test("a call that is cancelled is not made again", async () => {
    const loop = fileOf("loop.wat", '(module (func (export "spin") (loop br 0)))');
    await open("/");
    await chooseByButton(loop);
    await deployPending("loop");
    let calls = 0;
    page.on("request", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/invoke")) calls += 1;
    });
    await page.getByRole("button", { name: /^Call/ }).first().click();
    await page.getByRole("button", { name: "Cancel" }).click();
    // The button is back, and stays: a second call would put Cancel in its place again.
    await page.getByRole("button", { name: /^Call/ }).first().waitFor();
    await page.reload();
    assert.equal(calls, 1);
  });

  test("a lost server is said, and the page comes back by itself", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add");
    await page.locator(".field > input").first().fill("2");
    await page.context().setOffline(true);
    await callWith("2", "3");
    await page.getByText("The server does not answer.").waitFor();
    await page.context().setOffline(false);
    await page.locator(".banner").waitFor({ state: "detached" });
    assert.deepEqual(await callWith("2", "3"), ["5"]);
  });

  test("an address without anything leads on", async () => {
    await open("/functions/nope");
    await page.getByText("There is no function").waitFor();
    await page.getByRole("link", { name: "All functions", exact: true }).click();
    await page.getByText("Or start with an example").waitFor();
  });
});

// Says on its log what it does, and copies its payload; an empty payload is an error of its own.
const echo = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "reading\\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 32)) (i32.store (i32.const 4) (i32.const 8))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))
    (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 4096))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
    (if (i32.eqz (i32.load (i32.const 16))) (then (call $exit (i32.const 3))))
    (i32.store (i32.const 4) (i32.load (i32.const 16)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))`;

describe("a program of WASI", () => {
  const payload = () => page.getByLabel("Payload (standard input)");

  test("is uploaded as text, and its output and log stand beside its payload", async () => {
    await open("/");
    await chooseByButton(fileOf("echo.wat", echo));
    await deployPending("echo");
    await page.locator(".facts").getByText("command").waitFor();
    await payload().fill("hello\nworld");
    await page.keyboard.press("Control+Enter");
    const result = page.locator(".result");
    await result.getByText("Output (standard output)").waitFor();
    assert.equal(await result.locator("pre").first().innerText(), "hello\nworld");
    await result.getByText("text/plain").waitFor();
    await result.getByText("11 B").waitFor();
    await result.getByText("Log (standard error)").waitFor();
    await result.locator("pre").getByText("reading").waitFor();
    const [left, right] = [await payload().boundingBox(), await result.boundingBox()];
    assert.ok(right.x > left.x + left.width, "the result is beside the payload");
    await page.reload();
    await result.locator("pre").getByText("hello").waitFor();
    assert.equal(await payload().inputValue(), "hello\nworld");
  });

  test("that ends with another exit code than 0 is a typed error, with its log", async () => {
    await harness.deploy(server.origin, "echo", echo);
    await open("/functions/echo");
    await payload().waitFor();
    await page.getByRole("button", { name: /^Call/ }).first().click();
    const problem = page.locator(".result .problem");
    await problem.getByText("guest_error").waitFor();
    await problem.getByText("exit code 3").waitFor();
    await page.locator(".result pre").getByText("reading").waitFor();
    await page.locator(".result-meta").getByRole("link").click();
    await page.locator(".details .problem").getByText("exit code 3").waitFor();
    await page.locator(".details pre").getByText("reading").waitFor();
  });
});

describe("the settings of a function", () => {
  test("mark a limit that the server would refuse beside its field, before it is sent", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add/settings");
    const wrong = {
      Deadline: { 99999999: "at most 900,000 ms (15 min)", 0: "at least 1 ms", 1.5: "a whole number" },
      Memory: { 4097: "at most 4,096 MiB (4 GiB)", "-1": "at least 0 MiB" },
      Output: { 70000: "at most 65,536 KiB (64 MiB)" },
      "Calls in flight": { 100001: "at most 100,000 calls", many: "a number" },
    };
    let puts = 0;
    page.on("request", (request) => (puts += request.method() === "PUT" ? 1 : 0));
    for (const [label, texts] of Object.entries(wrong)) {
      const field = page.getByLabel(label);
      const before = await field.inputValue();
      for (const [text, says] of Object.entries(texts)) {
        await field.fill(text);
        assert.equal(await field.getAttribute("aria-invalid"), "true", `${label} ${text}`);
        await page.locator(".limit-field", { has: field }).locator(".hint.error").getByText(says).waitFor();
        await page.keyboard.press("Enter");
      }
      await field.fill(before);
    }
    await page.getByLabel("Deadline").fill("900000");
    assert.equal(await page.getByLabel("Deadline").getAttribute("aria-invalid"), "false");
    assert.equal(puts, 0);
  });

  test("keep the limits that were not changed to the byte", async () => {
    const limits = { deadline_ms: 1000, memory_bytes: 1_000_001, output_bytes: 777, in_flight: 5 };
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"), {}, { limits });
    await open("/functions/add/settings");
    await page.getByLabel("Deadline").fill("2000");
    await page.getByRole("button", { name: /^Save as version 2/ }).click();
    await page.getByText("new limits, as version 2").waitFor();
    const saved = await (await fetch(`${server.origin}/v1/functions/add`)).json();
    assert.deepEqual(saved.limits, { ...limits, deadline_ms: 2000 });
  });

  test("show the environment as the API gives it", async () => {
    const environment = { LANG: "C", GREETING: "two\nlines", LONG: "v".repeat(5000), EMPTY: "" };
    await harness.deploy(server.origin, "echo", echo, {}, { environment });
    await harness.deploy(server.origin, "bare", echo);
    await open("/functions/echo/settings");
    const variables = page.getByRole("table", { name: "Environment" });
    await variables.getByRole("rowheader", { name: "LANG" }).waitFor();
    await variables.getByRole("cell", { name: "two lines" }).waitFor();
    await variables.getByText("empty", { exact: true }).waitFor();
    await variables.getByRole("button", { name: "Show all 5,000 characters" }).click();
    await variables.getByText(environment.LONG).waitFor();
    await page.goto("/functions/bare/settings");
    await page.getByText("No variables").waitFor();
  });
});

test("a function says what prepared it, and that its calls see each other", async () => {
  const counter = `(module (global $n (mut i32) (i32.const 0))
    (func (export "_initialize"))
    (func (export "build") (global.set $n (i32.const 10)))
    (func (export "count") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))`;
  await harness.deploy(server.origin, "count", counter, {}, { init: "build", state: "warm" });
  await open("/functions");
  await page.getByText("typed, warm").waitFor();
  await page.goto("/functions/count/settings");
  await page.locator(".badge.warm").waitFor();
  await page.getByText("_initialize, build: each instance begins with what it left").waitFor();
  // Saving limits keeps both.
  await page.getByLabel("Deadline").fill("2000");
  await page.getByRole("button", { name: /^Save as version 2/ }).click();
  await page.getByText("new limits, as version 2").waitFor();
  const saved = await (await fetch(`${server.origin}/v1/functions/count`)).json();
  assert.equal(saved.init, "build");
  assert.equal(saved.state, "warm");
  await page.goto("/functions/count/code");
  await page.getByText("warm: calls see what earlier calls left").last().waitFor();
  await harness.deploy(server.origin, "plain", harness.exampleText("add.wat"));
  await page.goto("/functions/plain/settings");
  await page.getByText("nothing: the module needs none").waitFor();
});

test("every tab of a function is in view on a phone", async () => {
  await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
  await open("/functions/add", { width: 360, height: 740 });
  const tabs = page.getByRole("navigation", { name: "Pages of add" }).getByRole("link");
  await tabs.last().waitFor();
  for (const tab of await tabs.all()) {
    const { x, width } = await tab.boundingBox();
    assert.ok(x >= 0 && x + width <= 360, `${await tab.innerText()} ends at ${x + width}`);
  }
});

test("the median of the last hour is called approximate", async () => {
  await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
  await harness.call(server.origin, "add", { export: "add", args: [1, 2] });
  await open("/functions");
  await page.getByRole("columnheader", { name: "p50, about" }).waitFor();
});

describe("the code of a function", () => {
  test("of text is shown with its lines, and a trap leads to the line that it came from", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add?export=div");
    await callWith("1", "0");
    await page.locator(".backtrace").getByRole("link").click();
    await page.waitForURL("**/functions/add/code?version=1&line=*");
    await page.locator(".source-mark").waitFor();
    assert.equal(await page.locator(".source-text pre").last().innerText(), harness.exampleText("add.wat"));
    await page.getByText("div(a: i32, b: i32) → i32").waitFor();
    await page.getByText("None: it needs nothing from its host.").waitFor();
  });

  test("of a binary is what it exports and imports, and the file itself", async () => {
    const bytes = await harness.wasmOf(echo);
    await harness.deploy(server.origin, "echo", bytes);
    await open("/functions/echo");
    await page.getByLabel("Payload (standard input)").waitFor();
    await page.keyboard.press("2");
    await page.waitForURL("**/functions/echo/code");
    await page.getByText("binary module").waitFor();
    await page.getByText("wasi_snapshot_preview1.fd_read").waitFor();
    await page.getByText(/^pristine: its instances are put back/).waitFor();
    assert.equal(await page.locator(".source-text").count(), 0);
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download echo.wasm" }).click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), "echo.wasm");
    assert.deepEqual(readFileSync(await download.path()), bytes);
  });

  test("of an older version is a press away", async () => {
    await harness.deploy(server.origin, "add", harness.exampleText("primes.wat"));
    await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
    await open("/functions/add/versions");
    await page.getByTitle("Code of version 1").click();
    await page.getByText("This is version 1. Calls run version 2.").waitFor();
    await page.getByText("count_primes(").first().waitFor();
    await page.getByRole("link", { name: "Show that" }).click();
    await page.getByText("mul64(a: i64, b: i64) → i64").waitFor();
    await page.goto("/functions/add/code?version=9");
    await page.getByText("add has no version 9.").waitFor();
  });
});

test("a rollback and a removal ask once, by name", async () => {
  await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
  await harness.deploy(server.origin, "add", harness.exampleText("primes.wat"));
  await open("/functions/add/versions");
  await page.getByRole("button", { name: "Roll back to version 1" }).click();
  await page.route("**/v1/functions/add", (route) => route.abort());
  await page.getByRole("dialog").getByRole("button", { name: "Roll back to version 1" }).click();
  await page.getByText("add runs version 1").waitFor();
  // Without asking again: the answer of the rollback says it.
  await page.getByRole("link", { name: "version 1" }).waitFor();
  await page.getByRole("button", { name: "Roll forward to version 2" }).waitFor();
  await page.unroute("**/v1/functions/add");
  await page.getByRole("link", { name: "Settings", exact: true }).last().click();
  await page.getByRole("button", { name: "Delete add…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete add" }).click();
  await page.waitForURL("**/functions");
  await page.getByText("Or start with an example").waitFor();
});

test("the keyboard alone gets from the list to a result", async () => {
  await harness.deploy(server.origin, "add", harness.exampleText("add.wat"));
  await open("/functions");
  await page.getByRole("link", { name: "add", exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("ad");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/functions/add");
  await page.locator(".field > input").first().focus();
  await page.keyboard.type("20");
  await page.keyboard.press("Tab");
  await page.keyboard.type("22");
  await page.keyboard.press("Control+Enter");
  await page.locator(".result output").getByText("42").waitFor();
});

/** Presses Tab until the focus is on what `wanted` finds; fails when that takes too long. */
async function tabTo(wanted) {
  const pressesMax = 40;
  for (let presses = 0; presses < pressesMax; presses++) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`Tab does not lead to ${wanted}`);
}

test("the keyboard alone deploys, calls, reads, deploys again and rolls back", async () => {
  const chooseByKey = async (name, text) => {
    const choosing = page.waitForEvent("filechooser");
    await page.keyboard.press("n");
    await (await choosing).setFiles(fileOf(name, text));
    const field = page.getByLabel("Name", { exact: true });
    await field.waitFor();
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/functions/twice");
  };
  const twice = (factor) =>
    `(module (func (export "run") (param i32) (result i32) (i32.mul (local.get 0) (i32.const ${factor}))))`;
  const callBy = async (typed, result) => {
    await page.locator(".field > input").waitFor();
    await tabTo(page.locator(".field > input"));
    await page.keyboard.press("Control+a");
    await page.keyboard.type(typed);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".result output").getByText(result, { exact: true }).waitFor();
    // The focus stays at the button.
    await page.locator("button:focus", { hasText: /^Call/ }).waitFor();
  };
  await open("/functions");
  page.on("filechooser", () => {});
  await page.getByText("Or start with an example").waitFor();
  await chooseByKey("twice.wat", twice(3));
  await callBy("7", "21");
  await chooseByKey("again.wat", twice(2));
  await page.getByRole("link", { name: "version 2" }).waitFor();
  await callBy("8", "16");
  await tabTo(page.locator(".result-meta a"));
  await page.keyboard.press("Enter");
  await page.locator(".details").waitFor();
  // A digit that is typed into nothing opens the tab of that number.
  await page.keyboard.press("4");
  const back = page.getByRole("button", { name: "Roll back to version 1" });
  await back.waitFor();
  await tabTo(back);
  await page.keyboard.press("Enter");
  await tabTo(page.getByRole("dialog").getByRole("button", { name: "Roll back to version 1" }));
  await page.keyboard.press("Enter");
  await page.getByText("twice runs version 1").waitFor();
  await page.keyboard.press("1");
  await callBy("9", "27");
});

// Each scene: where it starts, and what is done there before it is looked at.
const scenes = {
  empty: {
    path: "/functions",
    empty: true,
    act: () => page.getByText("Or start with an example").waitFor(),
  },
  list: {
    path: "/functions",
    act: () => page.getByRole("link", { name: "vector" }).waitFor(),
  },
  upload: {
    path: "/functions",
    act: async () => {
      await page.getByRole("link", { name: "vector" }).waitFor();
      await harness.dropFiles(page, [
        {
          name: "My Filter.wat",
          bytes: Buffer.from(harness.exampleText("primes.wat")),
        },
        { name: "broken.wat", bytes: Buffer.from("(module (func i32.konst))") },
      ]);
      await page.locator(".pending .problem").waitFor();
      await page.getByLabel("Name", { exact: true }).waitFor();
    },
  },
  result: { path: "/functions/add", act: () => callWith("2", "-7") },
  vector: {
    path: "/functions/vector?export=scale",
    act: async () => {
      await page.getByText("Edit as lanes").click();
      await callWith("0x0000803f0000004000004040000080bf", "0.1");
    },
  },
  program: {
    path: "/functions/echo",
    act: async () => {
      await page.getByLabel("Payload (standard input)").fill('{"name":"Ada"}');
      await page.keyboard.press("Control+Enter");
      await page.getByText("Log (standard error)").waitFor();
    },
  },
  wrong: {
    path: "/functions/add",
    act: () => page.locator(".field > input").first().fill("two"),
  },
  trap: { path: "/functions/add?export=div", act: () => callWith("1", "0") },
  invocations: {
    path: "/functions/add/invocations",
    act: async () => {
      await page
        .getByRole("row", { name: /divide by zero/ })
        .first()
        .getByRole("button")
        .click();
      await page.locator(".details").waitFor();
    },
  },
  code: {
    path: "/functions/add/code?line=12",
    act: () => page.locator(".source-mark").waitFor(),
  },
  versions: {
    path: "/functions/add/versions",
    act: () => page.getByText("current").waitFor(),
  },
  rollback: {
    path: "/functions/add/versions",
    act: () => page.getByRole("button", { name: "Roll back to version 1" }).click(),
  },
  limits: {
    path: "/functions/add/settings",
    act: () => page.getByLabel("Deadline").waitFor(),
  },
  environment: {
    path: "/functions/echo/settings",
    act: () => page.getByRole("rowheader", { name: "LANG" }).waitFor(),
  },
  refused: {
    path: "/functions/add/settings",
    act: async () => {
      await page.getByLabel("Deadline").fill("99999999");
      await page.getByText("at most 900,000 ms").waitFor();
    },
  },
  removal: {
    path: "/functions/add/settings",
    act: () => page.getByRole("button", { name: "Delete add…" }).click(),
  },
  toast: {
    path: "/functions/add/versions",
    act: async () => {
      await page.getByRole("button", { name: "Roll back to version 1" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Roll back to version 1" }).click();
      await page.locator(".notice").waitFor();
    },
  },
  keys: {
    path: "/functions",
    act: async () => {
      await page.getByRole("link", { name: "vector" }).waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  exit: {
    path: "/functions/echo",
    act: async () => {
      await page.getByLabel("Payload (standard input)").waitFor();
      await page.keyboard.press("Control+Enter");
      await page.getByText("Log (standard error)").waitFor();
    },
  },
  fresh: {
    path: "/functions/many/invocations",
    act: () => page.getByText("has not been called yet").waitFor(),
  },
  binary: {
    path: "/functions/echo/code",
    act: () => page.getByText("wasi_snapshot_preview1.fd_read").waitFor(),
  },
  import: {
    path: "/functions",
    act: async () => {
      await page.getByRole("link", { name: "vector" }).waitFor();
      const wat = '(module (import "nowhere" "now" (func (result f64))) (func (export "f")))';
      await harness.dropFiles(page, [{ name: "clock.wat", bytes: Buffer.from(wat) }]);
      await page.locator(".pending .problem").waitFor();
    },
  },
  nothing: {
    path: "/functions?q=zzz",
    act: () => page.getByText("No function’s name contains").waitFor(),
  },
  gone: { path: "/functions/nope", act: () => page.getByText("There is no function").waitFor() },
  many: {
    path: "/functions/many?export=f30",
    act: () => page.locator(".signature").getByText("f30").waitFor(),
  },
  settings: {
    path: "/settings",
    act: () => page.getByText("OpenAPI document").waitFor(),
  },
  lost: {
    path: "/functions/add",
    act: async () => {
      await page.locator(".field > input").first().waitFor();
      await page.context().setOffline(true);
      await callWith("2", "3");
      await page.locator(".banner").waitFor();
    },
  },
};

describe("each page is accessible and fits", () => {
  for (const [scene, { path, empty, act }] of Object.entries(scenes)) {
    for (const look of harness.looks) {
      test(harness.lookName(scene, look), async () => {
        if (!empty) await someFunctions();
        await open(path, look);
        await act();
        assert.deepEqual(await harness.flawsOf(page, scene, look), []);
      });
    }
  }
});

const manyExports = Array.from({ length: 300 }, (_, i) => {
  const name = i % 7 === 0 ? `image_filter_apply_kernel_${i}` : `f${i}`;
  return `(func (export "${name}") (param i32 f64 v128) (result i64) (i64.const ${i}))`;
}).join("\n");

async function someFunctions() {
  const { origin } = server;
  const environment = { LANG: "C.UTF-8", GREETING: "Hello,\nworld", TOKEN: "v".repeat(800) };
  await harness.deploy(origin, "many", `(module ${manyExports})`);
  await harness.deploy(origin, "echo", await harness.wasmOf(echo), {}, { environment });
  await harness.deploy(origin, "vector", harness.exampleText("vector.wat"));
  await harness.deploy(origin, "add", harness.exampleText("primes.wat"));
  await harness.deploy(origin, "add", harness.exampleText("add.wat"));
  const calls = Array.from({ length: 24 }, (_, i) =>
    harness.call(origin, "add", { export: i % 9 === 0 ? "div" : "add", args: [i, 0] }),
  );
  await Promise.all(calls);
}
