import type { ExportedFunction } from "../api/types";
import { cut, rowName, visible } from "../values/visible";

/** The parameter's name as a row shows it, or its place when the module does not say. */
export function paramName(exported: ExportedFunction, index: number): string {
  return rowName(exported.param_names?.[index] ?? `arg${index}`);
}

/** "i32", "(f64, f64)", or "()" for no results. */
export function resultText(results: string[]): string {
  return results.length === 1 ? (results[0] ?? "") : `(${results.join(", ")})`;
}

const typeTextMax = 120;

/** "(i32, i32) → i32" */
export function typeText(exported: ExportedFunction): string {
  return cut(`(${exported.params.join(", ")}) → ${resultText(exported.results)}`, typeTextMax);
}

/** "add(a: i32, b: i32) → i32", with what is hidden in the names written out. */
export function signatureText(exported: ExportedFunction): string {
  const params = exported.params.map((type, i) =>
    exported.param_names?.[i] ? `${exported.param_names[i]}: ${type}` : type,
  );
  return visible(`${exported.name}(${params.join(", ")}) → ${resultText(exported.results)}`);
}
