import type { ExportedFunction } from "../api/types";

/** The parameter's name, or its place when the module does not say. */
export function paramName(exported: ExportedFunction, index: number): string {
  return exported.param_names?.[index] ?? `arg${index}`;
}

/** "i32", "(f64, f64)", or "()" for no results. */
export function resultText(results: string[]): string {
  return results.length === 1 ? (results[0] ?? "") : `(${results.join(", ")})`;
}

/** "(i32, i32) → i32" */
export function typeText(exported: ExportedFunction): string {
  return `(${exported.params.join(", ")}) → ${resultText(exported.results)}`;
}

/** "add(a: i32, b: i32) → i32" */
export function signatureText(exported: ExportedFunction): string {
  const params = exported.params.map((type, i) =>
    exported.param_names?.[i] ? `${exported.param_names[i]}: ${type}` : type,
  );
  return `${exported.name}(${params.join(", ")}) → ${resultText(exported.results)}`;
}
