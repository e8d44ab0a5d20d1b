import { expect, test } from "vitest";
import {
  adviceFor,
  frameWhere,
  isOfModuleText,
  limitText,
  missingImports,
  positionText,
  problemFromResponse,
  problemLine,
  problemOf,
  UnreachableError,
} from "./problems";

const trap = {
  code: "guest_trap",
  title: "The guest trapped",
  status: 502,
  detail: "integer divide by zero",
};

test("a problem document is taken as it is", () => {
  const problem = problemFromResponse(502, "application/problem+json", JSON.stringify(trap));
  expect(problem).toEqual(trap);
});

test.each([
  [502, "text/html", "<h1>Bad Gateway</h1>", "internal"],
  [404, "application/json", "not json", "not_found"],
  [413, "", "", "too_large"],
  [503, "application/json", "null", "unavailable"],
  [400, "application/json", '{"code":5}', "invalid_argument"],
])("an answer %i %s %j still becomes a problem", (status, type, body, code) => {
  const problem = problemFromResponse(status, type, body);
  expect(problem).toMatchObject({ code, status, title: `The server answered ${status}` });
});

test("a lost connection says so", () => {
  expect(problemOf(new UnreachableError("gone"))).toMatchObject({ code: "unavailable", detail: "gone" });
  expect(problemOf("odd")).toMatchObject({ code: "internal", detail: "odd" });
});

test("one line for a table", () => {
  expect(problemLine(trap)).toBe("trap: integer divide by zero");
  expect(problemLine({ code: "already_exists", title: "It exists", status: 409 })).toBe(
    "already exists: It exists",
  );
});

test("advice names the next step", () => {
  expect(adviceFor({ ...trap, code: "guest_limit" })).toMatch(/limit/);
  expect(adviceFor({ ...trap, code: "deadline_exceeded" })).toMatch(/deadline/);
  expect(adviceFor({ ...trap, code: "invalid_argument" })).toBeNull();
});

test("of limits that no server raises, advice does not say so", () => {
  const tooLarge = { ...trap, code: "too_large" };
  expect(adviceFor({ ...tooLarge, limit: { name: "module_bytes", value: 1 } })).toMatch(/raise/);
  for (const name of ["archive_entries", "archive_content_bytes", "python_file_bytes"])
    expect(adviceFor({ ...tooLarge, limit: { name, value: 1 } })).toMatch(/^Leave out/);
});

test.each([
  [{ name: "memory_bytes", value: 268435456 }, "memory: 256 MiB"],
  [{ name: "deadline_ms", value: 1500 }, "deadline: 1.5 s"],
  [{ name: "in_flight", value: 64 }, "in flight: 64"],
])("limit %j is %s", (limit, text) => {
  expect(limitText(limit)).toBe(text);
});

test("positions and frames", () => {
  expect(positionText({ line: 3, column: 5 })).toBe("line 3, column 5");
  expect(positionText({ line: 3 })).toBe("line 3");
  expect(positionText({ offset: 26 })).toBe("byte 26 (0x1a)");
  expect(frameWhere({ function: "f", module_offset: 65 })).toBe("offset 0x41");
  expect(frameWhere({ function: "f", module_offset: 65, file: "src/x.c", line: 3 })).toBe("src/x.c:3");
  expect(frameWhere({})).toBe("");
});

test("the file of a function is known by its name", () => {
  expect(isOfModuleText({ file: "greet.py", line: 3 }, "greet.py")).toBe(true);
  expect(isOfModuleText({ file: "json/decoder.py", line: 3 }, "greet.py")).toBe(false);
  expect(isOfModuleText({ line: 3 }, "greet.py")).toBe(false);
  expect(isOfModuleText({ line: 3 })).toBe(false);
  expect(isOfModuleText({ file: "./module.wat" })).toBe(true);
});

test("a server without Python is no module's fault", () => {
  const detail = "this server has no Python: build the guest";
  expect(adviceFor({ ...trap, code: "unsupported", detail })).toMatch(/what you wrote stays here/);
});

test("missing imports are those that the server has a problem with", () => {
  const item = { kind: "func" as const, type: "() -> f64", provided_by: [] };
  expect(
    missingImports([
      { ...item, module: "wasi_snapshot_preview1", name: "fd_write", problem: null },
      { ...item, module: "env", name: "now", problem: "nothing provides it" },
    ]),
  ).toEqual([{ name: "env.now", type: "func () -> f64", problem: "nothing provides it" }]);
});
