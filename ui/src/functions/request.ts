// From what is typed into the fields to the request of a typed call.
import type { ExportedFunction } from "../api/types";
import { isValueType, parseValue, type Parsed } from "../values/parse";
import type { CallRequest } from "./call";
import { paramName } from "./signature";

export function parsedOf(type: string, text: string): Parsed {
  if (isValueType(type)) return parseValue(type, text);
  return { ok: false, error: `${type} cannot be written as text; call this export from another module` };
}

/** Why the call cannot be made, in words for the place beside the button; null when it can. */
export function whyNot(exported: ExportedFunction, inputs: string[]): string | null {
  const foreign = exported.params.find((type) => !isValueType(type));
  if (foreign) return `${foreign} values cannot be typed in`;
  const at = exported.params.findIndex((type, i) => !parsedOf(type, inputs[i] ?? "").ok);
  if (at < 0) return null;
  const label = paramName(exported, at);
  return (inputs[at] ?? "").trim() === ""
    ? `${label} needs a value`
    : `${label} is not a valid ${exported.params[at]}`;
}

/** The request for these inputs, or null while one of them is wrong. */
export function typedRequest(
  exported: ExportedFunction,
  inputs: string[],
): (CallRequest & { body: string }) | null {
  const values: string[] = [];
  for (const [at, type] of exported.params.entries()) {
    const parsed = parsedOf(type, inputs[at] ?? "");
    if (!parsed.ok) return null;
    values.push(parsed.json);
  }
  const body = `{"export":${JSON.stringify(exported.name)},"args":[${values.join(",")}]}`;
  return {
    exported: exported.name,
    inputs,
    body,
    contentType: "application/json",
    results: exported.results,
  };
}

/** The arguments as words for a command line. */
export function textArguments(exported: ExportedFunction, inputs: string[]): string[] {
  return exported.params.map((type, at) => {
    const parsed = parsedOf(type, inputs[at] ?? "");
    return parsed.ok ? parsed.text : "";
  });
}
