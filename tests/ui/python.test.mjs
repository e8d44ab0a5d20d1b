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

// Each scene: where it starts, and what is done there before it is looked at.
const scenes = {
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
  for (const [scene, { path, act }] of Object.entries(scenes)) {
    for (const look of harness.looks) {
      test(harness.lookName(scene, look), async () => {
        await harness.deployPython(server.origin, "divide", divide);
        await open(path, look);
        await act();
        assert.deepEqual(await harness.flawsOf(page, scene, look), []);
      });
    }
  }
});
