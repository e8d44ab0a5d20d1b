/**
 * JSON over several lines, with every value as it was written: numbers of any size, and members that stand
 * twice. What is not JSON, or cut off, stays as it is.
 */
export function indented(json: string): string {
  try {
    JSON.parse(json);
  } catch {
    return json;
  }
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  let depth = 0;
  let text = "";
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1] ?? "";
    const isEmpty = (token === "}" && before === "{") || (token === "]" && before === "[");
    if (token === "}" || token === "]") depth--;
    const startsLine = !isEmpty && (/^[}\]]$/.test(token) || /^[{[,]$/.test(before));
    if (startsLine) text += `\n${"  ".repeat(Math.min(depth, indentsMax))}`;
    text += token === ":" ? ": " : token;
    if (token === "{" || token === "[") depth++;
  }
  return text;
}

// Deeper ones stand below each other: a text of brackets must not become one of spaces.
const indentsMax = 40;
