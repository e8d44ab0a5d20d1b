import { expect, test } from "vitest";
import { codeHref, functionHref, invocationHref, routeOf, type Route } from "./router";

const at = (name: string, tab: string, invocation: string | null = null) =>
  ({ page: "function", name, tab, invocation }) as Route;

test.each([
  ["/", { page: "functions" }],
  ["/functions", { page: "functions" }],
  ["/functions/", { page: "functions" }],
  ["/functions/add", at("add", "try")],
  ["/functions/add/invocations", at("add", "invocations")],
  ["/functions/add/invocations/01J", at("add", "invocations", "01J")],
  ["/functions/add/code", at("add", "code")],
  ["/functions/add/versions", at("add", "versions")],
  ["/functions/add/settings", at("add", "settings")],
  ["/settings", { page: "settings" }],
  ["/new/python", { page: "new-python" }],
  ["/new/python/3", { page: "unknown", path: "/new/python/3" }],
  ["/new", { page: "unknown", path: "/new" }],
  ["/functions/add/nope", { page: "unknown", path: "/functions/add/nope" }],
  ["/functions/add/versions/3", { page: "unknown", path: "/functions/add/versions/3" }],
  ["/nope", { page: "unknown", path: "/nope" }],
  ["/functions/%", { page: "unknown", path: "/functions/%" }],
] as [string, Route][])("%s", (path, route) => {
  expect(routeOf(path)).toEqual(route);
});

test("links lead back to their routes", () => {
  expect(routeOf(functionHref("add"))).toEqual(at("add", "try"));
  expect(routeOf(functionHref("add", "settings"))).toEqual(at("add", "settings"));
  expect(routeOf(invocationHref("add", "01J"))).toEqual(at("add", "invocations", "01J"));
});

test("a line of code is one of a version, and of a file where there are several", () => {
  expect(codeHref("shop", 2)).toBe("/functions/shop/code?version=2");
  expect(codeHref("shop", 2, 7)).toBe("/functions/shop/code?version=2&line=7");
  expect(codeHref("shop", 2, 7, "a b/&.py")).toBe("/functions/shop/code?version=2&file=a+b%2F%26.py&line=7");
});
