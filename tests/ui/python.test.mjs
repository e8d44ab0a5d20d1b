// Python in the browser: written, deployed, called, failing, mended.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import * as harness from "./harness.mjs";

let server;
let browser;
let page;

before(async () => {
  server = await harness.startServer();
  browser = await harness.startBrowser();
  await harness.preparePython(server.origin);
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

const editor = () => page.locator(".editor .cm-content");
const deployButton = () => page.locator(".source-actions .button.primary");
const problem = () => page.locator(".source-panel .problem");

/** Replaces the text as a paste does. */
async function paste(text) {
  await editor().click();
  await page.keyboard.press("Control+a");
  await editor().evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

async function editedText() {
  return (await editor().locator(".cm-line").allInnerTexts()).map((line) => line.replace(/\n$/, ""));
}

async function call() {
  await page.keyboard.press("Control+Enter");
  await page.locator(".result pre, .result .problem").first().waitFor();
}

const divide = `def handler(event, context):
    print("dividing", event)
    return share(event["of"], event["among"])


def share(of, among):
    return of / among
`;

test("pasted, deployed, called, failed, mended and deployed again", async () => {
  await open("/functions");
  await page.getByRole("link", { name: "Write Python" }).first().click();
  await page.waitForURL("**/new/python");
  await editor().waitFor();
  assert.match((await editedText()).join("\n"), /def handler\(event, context\):/);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "greet");
  await paste(divide);
  await page.getByLabel("Name", { exact: true }).fill("divide");
  await deployButton().click();
  await page.waitForURL("**/functions/divide");
  await page.locator(".facts").getByText("python").waitFor();

  await page.getByLabel("Event", { exact: true }).fill('{"of": 7, "among": 2}');
  await call();
  assert.equal(await page.locator(".result pre").first().innerText(), "3.5");
  await page.getByRole("heading", { name: /^Log/ }).waitFor();
  await page.locator(".result pre").getByText("dividing").waitFor();

  await page.getByLabel("Event", { exact: true }).fill('{"of": 7, "among": 0}');
  await page.keyboard.press("Control+Enter");
  const failed = page.locator(".result .problem");
  await failed.getByText("ZeroDivisionError: division by zero").waitFor();
  assert.deepEqual(await failed.locator(".backtrace a").allInnerTexts(), ["divide.py:7", "divide.py:3"]);
  await failed.getByRole("link", { name: "divide.py:7" }).click();
  await page.waitForURL("**/functions/divide/code?version=1&line=7");
  await page.locator(".source-mark").waitFor();
  await page.locator(".source-text .tok-keyword").first().waitFor();
  assert.equal(await page.locator(".source-text pre").last().innerText(), divide);

  await page.getByRole("button", { name: "Edit", exact: true }).click();
  // The cursor stands where the traceback pointed to.
  await page.locator(".cm-activeLine").getByText("return of / among").waitFor();
  await page.keyboard.type("among = among or 1");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Deploy version 2/ }).click();
  await page.waitForURL("**/functions/divide");
  await page.getByRole("link", { name: "version 2" }).waitFor();
  await call();
  await page.locator(".result pre").getByText("7.0", { exact: true }).waitFor();
});

describe("a file that Python does not take", () => {
  test("has its wrong line marked beside the message, until the line is changed", async () => {
    await open("/new/python");
    await editor().waitFor();
    await paste("import json\n\ndef handler(event, context)\n\treturn 1\n");
    await deployButton().click();
    await problem().getByText("SyntaxError: expected ':'").waitFor();
    await page.locator(".editor-message").getByText("SyntaxError: expected ':'", { exact: true }).waitFor();
    assert.equal(await page.locator(".editor-marked-number").innerText(), "3");
    assert.equal(await page.locator(".editor-marked-line").innerText(), "def handler(event, context)");
    // The traceback leads to the line.
    await problem().locator(".backtrace button").click();
    await page.keyboard.press("End");
    await page.keyboard.type(":");
    await page.locator(".editor-message").waitFor({ state: "detached" });
    assert.equal(await page.locator(".editor-marked-number").count(), 0);
    await page.keyboard.press("Control+Enter");
    await page.waitForURL("**/functions/greet");
  });

  test("because of what it imports has that line marked, also under what it called", async () => {
    await open("/new/python");
    await editor().waitFor();
    await paste("import json\nimport numpy\n");
    await deployButton().click();
    await page.locator(".editor-message").getByText("No module named 'numpy'").waitFor();
    assert.equal(await page.locator(".editor-marked-number").innerText(), "2");
    await paste('import json\n\njson.loads("{")\n\ndef handler(event): pass\n');
    await deployButton().click();
    await page.locator(".editor-message").getByText("JSONDecodeError").waitFor();
    assert.equal(await page.locator(".editor-marked-number").innerText(), "3");
    await problem().getByText("json/decoder.py").first().waitFor();
  });

  test("because it has no handler says what one is", async () => {
    await open("/new/python");
    await editor().waitFor();
    await paste("x = 1\n");
    await deployButton().click();
    await problem().getByText("has no handler(event, context)").waitFor();
    assert.equal(await page.locator(".editor-message").count(), 0);
  });

  test("and was dropped on the page is opened where it can be mended", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    const bytes = Buffer.from("def handler(event):\n    return (1\n");
    await harness.dropFiles(page, [{ name: "Broken One.py", bytes }]);
    await page.getByLabel("Name", { exact: true }).waitFor();
    await page.locator(".pending").getByRole("button", { name: "Deploy", exact: true }).click();
    await page.locator(".pending .problem").getByText("'(' was never closed").waitFor();
    await page.locator(".excerpt").getByText("return (1").waitFor();
    await page.getByRole("button", { name: "Edit it here" }).click();
    await page.waitForURL("**/new/python?line=2");
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "broken-one");
    await page.locator(".cm-activeLine").getByText("return (1").waitFor();
    await page.keyboard.press("End");
    await page.keyboard.type(")");
    await page.keyboard.press("Control+Enter");
    await page.waitForURL("**/functions/broken-one");
  });
});

test("a .py file that is dropped becomes a function, and its bytes stay what they are", async () => {
  await open("/functions");
  await page.getByText("Or start with an example").waitFor();
  const text = "# é𝄞 \u202e\r\ndef handler(event):\r\n\treturn 'é𝄞'\r\n";
  await harness.dropFiles(page, [{ name: "echo.py", bytes: Buffer.from(text) }]);
  await page.locator(".pending-file").getByText("python").waitFor();
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.waitForURL("**/functions/echo");
  await page.getByLabel("Event", { exact: true }).fill("");
  await call();
  assert.equal(await page.locator(".result pre").first().innerText(), '"é𝄞"');
  await page.goto("/functions/echo/code");
  // What turns text around is written out.
  await page.locator(".source-text").getByText("\\u{202e}").waitFor();
  const record = await (await fetch(`${server.origin}/v1/functions/echo`)).json();
  const bytes = await fetch(`${server.origin}/v1/modules/${record.module}/bytes`);
  assert.equal(await bytes.text(), text);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await editor().waitFor();
  await page.getByText("nothing has changed yet").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Edit", exact: true }).waitFor();
});

describe("what is written", () => {
  test("survives a reload, for a new function and for a new version", async () => {
    await harness.deployPython(server.origin, "divide", divide);
    await open("/new/python");
    await editor().waitFor();
    await paste("# mine\n");
    await page.getByLabel("Name", { exact: true }).fill("mine");
    await page.reload();
    await editor().getByText("# mine").waitFor();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "mine");
    await page.getByRole("button", { name: "Start over…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard this text" }).click();
    await editor().getByText("def").first().waitFor();

    await page.goto("/functions/divide/code");
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await editor().waitFor();
    await page.keyboard.type("# changed\n");
    await page.getByText("unsaved changes to version 1").waitFor();
    await page.reload();
    await editor().getByText("# changed").waitFor();
    // A link to a line shows what is deployed, and leads back.
    await page.goto("/functions/divide/code?version=1&line=3");
    await page.getByText("You have begun to change this file.").waitFor();
    await page.getByRole("button", { name: "Continue editing" }).click();
    await editor().getByText("# changed").waitFor();
    await page.getByRole("button", { name: "Discard…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard the changes" }).click();
    await page.locator(".source-text").waitFor();
  });

  test("cannot be deployed while it is empty or its name is wrong, and the button says why", async () => {
    await open("/new/python");
    await editor().waitFor();
    await paste(" \n");
    await page.getByText("write or paste a handler first").waitFor();
    assert.equal(await deployButton().getAttribute("aria-disabled"), "true");
    await paste(divide);
    await page.getByLabel("Name", { exact: true }).fill("Divide It");
    await page.getByText("the name lower-case letters only").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("json");
    await page.getByText("hides Python’s own module json").waitFor();
  });

  test("may be larger than the body of a request", async () => {
    await open("/new/python");
    await editor().waitFor();
    await paste(`# ${"x".repeat(1_500_000)}\ndef handler(event):\n    return "large"\n`);
    await page.getByText("This text is too long to survive a reload.").waitFor();
    await deployButton().click();
    await page.waitForURL("**/functions/greet");
    await call();
    await page.locator(".result pre").getByText('"large"').waitFor();
    await page.goto("/functions/greet/code");
    await page.getByText("This file is too large to be edited here.").waitFor();
  });

  test("leaves the editor by the keyboard", async () => {
    await open("/new/python");
    await editor().waitFor();
    await paste("def handler(event):\n");
    await page.keyboard.press("Tab");
    await page.keyboard.type("return 5");
    assert.deepEqual((await editedText()).at(-1), "    return 5".padStart(12));
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(
      await editor().evaluate((element) => element.contains(document.activeElement)),
      false,
      "Tab leaves after Escape",
    );
  });
});

// A function of several files: its own, and a package with more of them than a list shows at first.
const shop = {
  files: {
    "main.py": `import json
from part import words


def handler(event, context):
    return {"share": words.share(event["of"], event["among"])}
`,
    "part/__init__.py": "",
    "part/words.py": `"""Words of the shop."""


def share(of, among):
    return of / among
`,
    "part/prices.json": '{"tea": 3, "cake": 5}\n',
    "README.md": "# Shop\n\nWhat is sold, and **to whom**: <b>all</b>.\n",
    ...Object.fromEntries(
      Array.from({ length: 120 }, (_, at) => [
        `catalogue/item_${String(at).padStart(3, "0")}.py`,
        `price = ${at}\n`,
      ]),
    ),
  },
  bytes: { "logo.png": "iVBORw0KGgoAAAAN" },
};

const files = () => page.getByRole("navigation", { name: "Files" });
const fileTitle = () => page.locator(".source h2");
const shownText = () => page.locator(".source-text pre").last();
const pendingProblem = () => page.locator(".pending .problem");

async function deployPending() {
  await page.locator(".pending").getByRole("button", { name: "Deploy", exact: true }).click();
}

describe("an archive", () => {
  test("is dropped, deployed, called, and a failure leads to the line of its file", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    await harness.dropFiles(page, [{ name: "My Shop.zip", bytes: harness.zipOf(shop) }]);
    await page.locator(".pending-file").getByText("python").waitFor();
    await page.getByLabel("Name", { exact: true }).press("Enter");
    await page.waitForURL("**/functions/my-shop");
    await page.getByLabel("Event", { exact: true }).fill('{"of": 7, "among": 2}');
    await call();
    await page.locator(".result pre").getByText('"share": 3.5').waitFor();
    await page.getByLabel("Event", { exact: true }).fill('{"of": 7, "among": 0}');
    await page.keyboard.press("Control+Enter");
    const failed = page.locator(".result .problem");
    await failed.getByText("ZeroDivisionError").waitFor();
    assert.deepEqual(await failed.locator(".backtrace a").allInnerTexts(), [
      "/app/part/words.py:5",
      "/app/main.py:6",
    ]);
    await failed.getByRole("link", { name: "/app/part/words.py:5" }).click();
    await page.waitForURL("**/functions/my-shop/code?version=1&file=part%2Fwords.py&line=5");
    await page.getByText("Line 5 is marked.").waitFor();
    assert.equal(await fileTitle().innerText(), "part/words.py");
    assert.equal(await shownText().innerText(), shop.files["part/words.py"]);
    // Its row is to be seen, in a directory that was opened for it.
    assert.match(await files().locator("[aria-current]").innerText(), /^words\.py/);
    await page.goto("/functions/my-shop/invocations");
    await page.getByRole("button", { name: "…" }).first().click();
    await page.getByRole("link", { name: "/app/main.py:6" }).click();
    await page.getByText("Line 6 is marked.").waitFor();
    assert.equal(await fileTitle().innerText(), "main.py");
  });

  test("that is a program (.pyz) becomes the next version where it is chosen", async () => {
    await harness.deployPython(server.origin, "divide", divide);
    await open("/functions/divide");
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "New version" }).click();
    const buffer = harness.zipOf({ files: { "__main__.py": divide }, line: "#!/usr/bin/env python3\n" });
    await (await choosing).setFiles({ name: "x.pyz", mimeType: "", buffer });
    await page.getByText("divide exists: this becomes version 2").waitFor();
    await deployPending();
    await page.getByRole("link", { name: "version 2" }).waitFor();
    await page.goto("/functions/divide/code");
    assert.equal(await shownText().innerText(), divide);
    // What came as a file alone is shown as that.
    await page.goto("/functions/divide/code?version=1");
    await page.getByRole("button", { name: "Edit", exact: true }).waitFor();
  });

  test("shows its files, and text as nothing but text", async () => {
    await harness.deployArchive(server.origin, "shop", shop);
    await open("/functions/shop/code");
    await page.locator(".source-text .tok-keyword").first().waitFor();
    assert.equal(await fileTitle().innerText(), "main.py");
    assert.equal(await shownText().innerText(), shop.files["main.py"]);
    await files().getByText("1.58 KiB unpacked").waitFor();
    await page.getByText("weft deploy shop DIRECTORY").waitFor();
    assert.equal(await page.getByRole("button", { name: "Edit" }).count(), 0);

    await files().getByRole("link", { name: "README.md" }).click();
    await page.waitForURL("**/functions/shop/code?version=1&file=README.md");
    await shownText().getByText("<b>all</b>").waitFor();
    assert.equal(await page.locator(".source-text b").count(), 0);
    await files().getByRole("link", { name: "logo.png" }).click();
    await page.getByText("It is not text.").waitFor();
    await files().locator("summary", { hasText: "part/" }).click();
    await files().getByRole("link", { name: "__init__.py" }).click();
    await page.getByText("It is empty.").waitFor();
    await page.goBack();
    await page.getByText("It is not text.").waitFor();

    // The hundred and first row is there because its file is.
    await page.goto("/functions/shop/code?file=catalogue/item_110.py");
    await shownText().getByText("price = 110").waitFor();
    assert.match(await files().locator("[aria-current]").innerText(), /^item_110\.py/);
    await page.getByLabel("Filter the files").fill("words");
    await files().getByText("1 of 126").waitFor();
    await files().getByRole("link", { name: "part/words.py" }).click();
    await shownText().getByText("Words of the shop.").waitFor();
    await page.goto("/functions/shop/code?file=none.py");
    await page.getByText("The archive has no such file.").waitFor();
  });

  test("whose names and texts hide something has that written out", async () => {
    const tricky = { "main.py": divide, "a\u202egnp.py": "# \u202e\n", "<b>x.txt": "<i>y</i>" };
    await harness.deployArchive(server.origin, "tricky", { files: tricky });
    await open("/functions/tricky/code");
    await files().getByRole("link", { name: "a\\u{202e}gnp.py" }).click();
    await shownText().getByText("# \\u{202e}").waitFor();
    await files().getByRole("link", { name: "<b>x.txt" }).click();
    await shownText().getByText("<i>y</i>").waitFor();
    assert.equal(await fileTitle().innerText(), "<b>x.txt");
  });

  test("that is a directory too deep is refused, and says what to pack", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    const bytes = harness.zipOf({ files: { "shop/main.py": divide, "__MACOSX/shop/._main.py": "" } });
    await harness.dropFiles(page, [{ name: "shop.zip", bytes }]);
    await pendingProblem().getByText("shop.zip cannot be used").waitFor();
    await pendingProblem().getByText("the archive has nothing to load").waitFor();
    await pendingProblem().getByText("All its files are below shop/.").waitFor();
  });

  test("that is none, or too much of one, is refused", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    await harness.dropFiles(page, [{ name: "no.zip", bytes: Buffer.from("def handler(): pass") }]);
    await pendingProblem().getByText("this is no zip archive").waitFor();
    await page.getByRole("button", { name: "Discard no.zip" }).click();
    const bytes = harness.zipOf({ files: { "main.py": divide, bomb: "0".repeat(5 << 20) } });
    await harness.dropFiles(page, [{ name: "bomb.zip", bytes }]);
    await pendingProblem().getByText("limit archive content: 4 MiB").waitFor();
    await pendingProblem().getByText("Leave out of it what the function does not need.").waitFor();
  });

  test("with code for the machine says that this is what cannot be imported", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    const native = { "fast.cpython-313-x86_64-linux-gnu.so": "f0VMRg==" };
    const bytes = harness.zipOf({ files: { "main.py": "import fast\n" }, bytes: native });
    await harness.dropFiles(page, [{ name: "fast.zip", bytes }]);
    await deployPending();
    await pendingProblem().getByText("No module named 'fast'").waitFor();
    await pendingProblem().getByText("cannot be loaded here: fast.cpython-313-x86_64-linux-gnu.so").waitFor();
  });

  test("with a wrong file shows its line", async () => {
    await open("/functions");
    await page.getByText("Or start with an example").waitFor();
    const broken = { "main.py": "import helper\n", "helper.py": "x = 1\ndef f(\n" };
    await harness.dropFiles(page, [{ name: "broken.zip", bytes: harness.zipOf({ files: broken }) }]);
    await deployPending();
    await pendingProblem().getByText("'(' was never closed").waitFor();
    assert.equal(await page.locator(".excerpt").innerText(), "helper.py\n2 def f(\n       ^");
    await pendingProblem().getByText("pack the archive again").waitFor();
    assert.equal(await page.getByRole("button", { name: "Edit it here" }).count(), 0);
  });

  test("that is large is fetched when somebody asks", async () => {
    const large = { "main.py": divide, "data.txt": "0123456789abcdef".repeat(17 << 16) };
    await harness.deployArchive(server.origin, "large", { files: large, method: "stored" });
    await open("/functions/large/code");
    const ask = page.getByRole("button", { name: "Show its files" });
    await ask.waitFor();
    assert.equal(await files().count(), 0);
    await ask.click();
    await files().getByRole("link", { name: "data.txt" }).click();
    await page.getByText("This is the beginning, 512 KiB.").waitFor();
  });

  test("cannot be opened by a page that is out of date, which says so", async () => {
    await harness.deployArchive(server.origin, "shop", shop);
    page = await harness.openPage(browser, server.origin);
    await page.route("**/assets/archive-*.js", (route) => route.abort());
    await page.goto("/functions/shop/code");
    await page.getByText("This page is out of date").waitFor();
    await page.getByRole("link", { name: "Download shop.zip" }).waitFor();
  });
});

test("what prepares a Python function is told", async () => {
  await harness.deployPython(server.origin, "divide", divide);
  await open("/functions/divide/settings");
  await page.getByText("the file, once, when it was deployed").waitFor();
  await harness.deployArchive(server.origin, "towns", towns);
  await page.goto("/functions/towns/settings");
  await page
    .getByText(/the file: an image cannot hold open files.*\/app\/towns\.txt.*each call loads/)
    .waitFor();
});

const towns = {
  files: {
    "main.py": "kept = open('/app/towns.txt')\ndef handler(event): return 1\n",
    "towns.txt": "Bern\n",
  },
};

describe("an event", () => {
  const kinds = `def handler(event, context):
    if isinstance(event, bytes):
        return bytes(reversed(event))
    return [type(event).__name__, event]
`;

  test("is JSON, text or bytes, and its calls can be made again", async () => {
    await harness.deployPython(server.origin, "kinds", kinds);
    await open("/functions/kinds");
    const field = page.getByLabel("Event", { exact: true });
    await field.fill('{"n": 1');
    await page.getByText(/^not JSON: /).waitFor();
    await page.getByText("the event cannot be sent").waitFor();
    await field.fill('{"n": 12345678901234567890}');
    await call();
    assert.equal(
      await page.locator(".result pre").first().innerText(),
      '[\n  "dict",\n  {\n    "n": 12345678901234567890\n  }\n]',
    );
    await page.getByRole("button", { name: "Text", exact: true }).click();
    await page.keyboard.press("Control+Enter");
    await page.locator(".result pre").getByText('"str"').waitFor();
    await page.getByRole("button", { name: "Bytes", exact: true }).click();
    await field.fill("00 01 ff");
    await page.keyboard.press("Control+Enter");
    await page.locator(".result pre").getByText("ff 01 00").waitFor();
    await page.getByText("application/octet-stream").waitFor();
    await page
      .getByRole("button", { name: /^Call \{"n": .* again/ })
      .last()
      .click();
    await page.locator(".result pre").getByText('"dict"').waitFor();
    assert.equal(await page.getByRole("button", { name: "JSON" }).getAttribute("aria-pressed"), "true");
    await page.reload();
    await page.locator(".result pre").getByText('"dict"').waitFor();
    assert.equal(await field.inputValue(), '{"n": 12345678901234567890}');
  });

  test("may be a file", async () => {
    await harness.deployPython(server.origin, "kinds", kinds);
    await open("/functions/kinds");
    await page.getByRole("button", { name: "Bytes", exact: true }).click();
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Use a file" }).click();
    await (
      await choosing
    ).setFiles({ name: "photo.bin", mimeType: "image/png", buffer: Buffer.from([1, 2, 255]) });
    await page.getByText("photo.bin").waitFor();
    await call();
    await page.locator(".result pre").getByText("ff 02 01").waitFor();
    await page.locator(".history").getByText("file photo.bin").waitFor();
    await page.getByRole("button", { name: "Remove photo.bin" }).click();
    await page.getByLabel("Event", { exact: true }).waitFor();
  });
});

describe("waiting and going without", () => {
  test("a deployment that takes long says what it waits for", async () => {
    await open("/new/python");
    await editor().waitFor();
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/v1/functions/greet", async (route) => {
      await held;
      await route.continue();
    });
    await deployButton().click();
    await page.getByText(/preparing Python, \d+ s/).waitFor();
    await page.getByText(/The first Python file after the server’s start/).waitFor();
    release();
    await page.waitForURL("**/functions/greet");
  });

  test("a server without Python says how to get it, and nothing is lost", async () => {
    const detail =
      "this server has no Python: build the guest with guests/python/build and name its directory with --python";
    await open("/new/python");
    await editor().waitFor();
    await paste(divide);
    await page.route("**/v1/functions/greet", (route) =>
      route.fulfill({
        status: 422,
        contentType: "application/problem+json",
        body: JSON.stringify({ code: "unsupported", title: "Not supported", status: 422, detail }),
      }),
    );
    await deployButton().click();
    await problem().getByText(detail).waitFor();
    await problem().getByText("what you wrote stays here").waitFor();
    await page.unroute("**/v1/functions/greet");
    await deployButton().click();
    await page.waitForURL("**/functions/greet");
  });

  test("an editor that cannot be loaded leaves a plain field", async () => {
    page = await harness.openPage(browser, server.origin);
    await page.route("**/assets/codemirror-*.js", (route) => route.abort());
    await page.goto("/new/python");
    const field = page.getByRole("textbox", { name: /^Source of/ });
    await field.fill("def handler(event):\n    return (\n");
    await deployButton().click();
    await page.getByText(/^Line 2: SyntaxError/).waitFor();
    await field.fill("def handler(event):\n    return 2\n");
    await deployButton().click();
    await page.waitForURL("**/functions/greet");
  });
});

const dropArchive = async (name, what) => {
  await page.getByRole("link", { name: "divide" }).waitFor();
  await harness.dropFiles(page, [{ name, bytes: harness.zipOf(what) }]);
};

// Each scene: what is deployed besides `divide`, where it starts, and what is done there before it is looked at.
const scenes = {
  "archive-files": {
    deployed: { shop },
    path: "/functions/shop/code",
    act: async () => {
      await page.locator(".source-text .tok-keyword").first().waitFor();
      await files().locator("summary", { hasText: "part/" }).click();
    },
  },
  "archive-line": {
    deployed: { shop },
    path: "/functions/shop/code?version=1&file=part/words.py&line=5",
    act: () => page.locator(".source-text .tok-keyword").first().waitFor(),
  },
  "archive-many": {
    deployed: { shop },
    path: "/functions/shop/code?file=catalogue/item_110.py",
    act: () => page.locator(".source-text .tok-number").first().waitFor(),
  },
  "archive-filter": {
    deployed: { shop },
    path: "/functions/shop/code?file=logo.png",
    act: async () => {
      await page.getByText("It is not text.").waitFor();
      await page.getByLabel("Filter the files").fill("p");
      await files().getByText("of 126").waitFor();
    },
  },
  "archive-traceback": {
    deployed: { shop },
    path: "/functions/shop",
    act: async () => {
      await page.getByLabel("Event", { exact: true }).fill('{"of": 7, "among": 0}');
      await call();
      await page.locator(".result pre").getByText("Traceback").waitFor();
    },
  },
  "archive-deep": {
    path: "/functions",
    act: async () => {
      await dropArchive("shop.zip", { files: { "shop/main.py": divide } });
      await pendingProblem().getByText("All its files are below shop/.").waitFor();
    },
  },
  "archive-broken": {
    path: "/functions",
    act: async () => {
      const broken = {
        "main.py": "import part.words\n",
        "part/words.py": '"""Words."""\n\ndef share(of, among:\n',
      };
      await dropArchive("shop.zip", { files: broken });
      await deployPending();
      await page.locator(".excerpt").waitFor();
    },
  },
  "archive-native": {
    path: "/functions",
    act: async () => {
      const native = {
        "numpy/_core/_multiarray_umath.cpython-313-x86_64-linux-gnu.so": "f0VMRg==",
        "numpy/fft/_pocketfft_umath.cpython-313-x86_64-linux-gnu.so": "f0VMRg==",
        "numpy/linalg/lapack_lite.cpython-313-x86_64-linux-gnu.so": "f0VMRg==",
        "numpy/linalg/_umath_linalg.cpython-313-x86_64-linux-gnu.so": "f0VMRg==",
      };
      const source = {
        "main.py": "import numpy\n",
        "numpy/__init__.py": "from ._core import _multiarray_umath\n",
      };
      await dropArchive("numbers.zip", { files: source, bytes: native });
      await deployPending();
      await pendingProblem().getByText("cannot be loaded here").waitFor();
    },
  },
  "archive-cold": {
    deployed: { towns },
    path: "/functions/towns/settings",
    act: () => page.getByText("each call loads the file").waitFor(),
  },
  "python-new": { path: "/new/python", act: () => editor().locator(".tok-keyword").first().waitFor() },
  "python-wrong": {
    path: "/new/python",
    act: async () => {
      await editor().waitFor();
      await paste("import json\n\n\ndef handler(event, context)\n    return json.dumps(event)\n");
      await deployButton().click();
      await page.locator(".editor-message").waitFor();
    },
  },
  "python-wait": {
    path: "/new/python",
    act: async () => {
      await editor().waitFor();
      await page.route("**/v1/functions/greet", () => {});
      await deployButton().click();
      await page.getByText(/The first Python file after the server’s start/).waitFor();
    },
  },
  "python-dropped": {
    path: "/functions",
    act: async () => {
      await page.getByRole("link", { name: "divide" }).waitFor();
      const bytes = Buffer.from("def handler(event):\n    return (1\n");
      await harness.dropFiles(page, [{ name: "Broken One.py", bytes }]);
      await page.locator(".pending").getByRole("button", { name: "Deploy", exact: true }).click();
      await page.getByRole("button", { name: "Edit it here" }).waitFor();
    },
  },
  "python-result": {
    path: "/functions/divide",
    act: async () => {
      await page.getByLabel("Event", { exact: true }).fill('{"of": 7, "among": 2}');
      await call();
      await page.getByRole("heading", { name: /^Log/ }).waitFor();
    },
  },
  "python-bytes": {
    path: "/functions/divide",
    act: async () => {
      await page.getByRole("button", { name: "Bytes", exact: true }).click();
      await page.getByLabel("Event", { exact: true }).fill("00 1g");
      await page.getByText("is no hex digit").waitFor();
    },
  },
  "python-traceback": {
    path: "/functions/divide",
    act: async () => {
      await page.getByLabel("Event", { exact: true }).fill('{"of": 7, "among": 0}');
      await call();
      await page.locator(".result pre").getByText("Traceback").waitFor();
    },
  },
  "python-line": {
    path: "/functions/divide/code?version=1&line=7",
    act: async () => {
      await page.locator(".source-mark").waitFor();
      await page.locator(".source-text .tok-keyword").first().waitFor();
    },
  },
  "python-edit": {
    path: "/functions/divide/code",
    act: async () => {
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      await editor().waitFor();
      await page.keyboard.type("import json  # for later\n");
      await page.keyboard.press("Control+f");
      await page.locator(".cm-search").waitFor();
    },
  },
};

describe("each page of Python is accessible and fits", () => {
  for (const [scene, { deployed = {}, path, act }] of Object.entries(scenes)) {
    for (const look of harness.looks) {
      test(harness.lookName(scene, look), async () => {
        await harness.deployPython(server.origin, "divide", divide);
        for (const [name, what] of Object.entries(deployed))
          await harness.deployArchive(server.origin, name, what);
        await open(path, look);
        await act();
        assert.deepEqual(await harness.flawsOf(page, scene, look), []);
      });
    }
  }
});
