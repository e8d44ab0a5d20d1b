// The parts of a Python text by what they are. A chunk of its own, without the editor.
import { classHighlighter, highlightCode } from "@lezer/highlight";
import { parser } from "@lezer/python";

export interface Piece {
  text: string;
  /** Names of classes; "" for what is nothing special. */
  classes: string;
}

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  const put = (piece: string, classes: string) => {
    const last = pieces.at(-1);
    if (last?.classes === classes) last.text += piece;
    else pieces.push({ text: piece, classes });
  };
  highlightCode(text, parser.parse(text), classHighlighter, put, () => put("\n", ""));
  return pieces;
}
