// Names of modules come from strangers: what cannot be seen in them is written out, as the command line does.

// Controls, line and paragraph separators, what changes the direction of text, and what is never
// visible. The joiners U+200C and U+200D stay, because words and emoji are spelled with them.
export const hidden =
  /[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{d800}-\u{dfff}\u{e0000}-\u{e007f}]/gu;

/** `text` with \x0a or \u{202e} for each character that cannot be seen or that moves what can. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => {
    const value = character.codePointAt(0) ?? 0;
    return value < 0x80 ? `\\x${value.toString(16).padStart(2, "0")}` : `\\u{${value.toString(16)}}`;
  });
}

/** The same for texts of several lines, whose line ends and tabs stay. */
export function visibleLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split("\t").map(visible).join("\t"))
    .join("\n");
}

/** At most `max` characters of `text`, with "…" for the rest. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = Array.from(text.slice(0, 2 * max + 1))
    .slice(0, max)
    .join("");
  return kept.length === text.length ? text : `${kept}…`;
}

/** How much of a name stands in a row or on a button. */
export const nameMax = 80;

/** A name in a row: visible, and short enough to leave room for the rest. */
export function rowName(name: string): string {
  return cut(visible(cut(name, nameMax)), 2 * nameMax);
}
