// Reads from a module's bytes what JavaScript's WebAssembly API does not tell: types and parameter names.
import type { ExportedFunction, ImportedItem } from "../src/api/types";

interface Signature {
  params: string[];
  results: string[];
}

export interface Shape {
  exports: ExportedFunction[];
  imports: ImportedItem[];
}

const typeNames: Record<number, string> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
  0x70: "funcref",
  0x6f: "externref",
};
const wasiModule = "wasi_snapshot_preview1";

class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}
  done(): boolean {
    return this.at >= this.bytes.length;
  }
  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("unexpected end");
    return value;
  }
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value >>> 0;
    }
  }
  slice(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  name(): string {
    return new TextDecoder().decode(this.slice(this.u32()));
  }
  types(): string[] {
    return Array.from({ length: this.u32() }, () => typeNames[this.byte()] ?? "?");
  }
  limits(): void {
    const flags = this.byte();
    this.u32();
    if (flags & 1) this.u32();
  }
}

export function shapeOf(bytes: Uint8Array): Shape {
  const reader = new Reader(bytes);
  reader.slice(8);
  const signatures: Signature[] = [];
  const functions: number[] = [];
  const imports: ImportedItem[] = [];
  const exported: { name: string; index: number }[] = [];
  let localNames = new Map<number, Map<number, string>>();
  while (!reader.done()) {
    const id = reader.byte();
    const section = new Reader(reader.slice(reader.u32()));
    if (id === 0 && section.name() === "name") localNames = readLocalNames(section);
    if (id === 1) readTypes(section, signatures);
    if (id === 2) readImports(section, signatures, functions, imports);
    if (id === 3) for (let n = section.u32(); n > 0; n--) functions.push(section.u32());
    if (id === 7) readExports(section, exported);
  }
  const exports = exported.map(({ name, index }) => {
    const signature = signatures[functions[index] ?? 0] ?? { params: [], results: [] };
    const names = localNames.get(index);
    const param_names = names ? signature.params.map((_, i) => names.get(i) ?? null) : null;
    return { name, ...signature, param_names };
  });
  return { exports, imports };
}

function readTypes(section: Reader, into: Signature[]): void {
  for (let n = section.u32(); n > 0; n--) {
    section.byte();
    const params = section.types();
    into.push({ params, results: section.types() });
  }
}

function readImports(
  section: Reader,
  signatures: Signature[],
  functions: number[],
  into: ImportedItem[],
): void {
  for (let n = section.u32(); n > 0; n--) {
    const module = section.name();
    const name = section.name();
    const kind = section.byte();
    const provided_by = module === wasiModule ? ["command"] : module === "env" ? ["emscripten"] : [];
    const problem = module === wasiModule ? null : "nothing provides it here";
    const where = { module, name, provided_by, problem };
    if (kind === 0) {
      const index = section.u32();
      functions.push(index);
      const { params, results } = signatures[index] ?? { params: [], results: [] };
      const type = `(${params.join(", ")}) -> ${results.length === 1 ? results[0] : `(${results.join(", ")})`}`;
      into.push({ ...where, kind: "func", type });
    } else if (kind === 1) {
      section.byte();
      section.limits();
      into.push({ ...where, kind: "table", type: "funcref" });
    } else if (kind === 2) {
      section.limits();
      into.push({ ...where, kind: "memory", type: "memory" });
    } else {
      const type = typeNames[section.byte()] ?? "?";
      section.byte();
      into.push({ ...where, kind: "global", type });
    }
  }
}

function readExports(section: Reader, into: { name: string; index: number }[]): void {
  for (let n = section.u32(); n > 0; n--) {
    const name = section.name();
    const kind = section.byte();
    const index = section.u32();
    if (kind === 0) into.push({ name, index });
  }
}

function readLocalNames(section: Reader): Map<number, Map<number, string>> {
  const all = new Map<number, Map<number, string>>();
  while (!section.done()) {
    const id = section.byte();
    const part = new Reader(section.slice(section.u32()));
    if (id !== 2) continue;
    for (let n = part.u32(); n > 0; n--) {
      const names = new Map<number, string>();
      all.set(part.u32(), names);
      for (let m = part.u32(); m > 0; m--) names.set(part.u32(), part.name());
    }
  }
  return all;
}
