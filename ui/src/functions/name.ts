// Names of functions: the rule of the server, and a name made from a file's name.
import { visible } from "../values/visible";

const rule = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const lengthMax = 63;

export function nameError(name: string): string | null {
  if (rule.test(name)) return null;
  if (name === "") return "needs a name";
  if (name.length > lengthMax) return `longer than ${lengthMax} characters`;
  if (/[A-Z]/.test(name)) return "lower-case letters only";
  const bad = /[^a-z0-9-]/.exec(name);
  if (bad)
    return bad[0] === " " ? "no spaces; use -" : `“${visible(bad[0])}” is not allowed; use a–z, 0–9 and -`;
  return "starts and ends with a letter or digit";
}

const fileEnding = /\.(wasm|wat|py|zip|pyz)$/i;

/** "My Module_v2.wasm" becomes "my-module-v2". Always a valid name. */
export function nameFromFile(file: string): string {
  const base = file.replace(/^.*[\\/]/, "").replace(fileEnding, "");
  const plain = base
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, lengthMax)
    .replace(/^-+|-+$/g, "");
  return plain === "" ? "function" : plain;
}

/** What files that are chosen or dropped may end with. */
export const moduleFileEndings = ".wasm,.wat,.py,.zip,.pyz";

export function isModuleFile(file: string): boolean {
  return fileEnding.test(file);
}
