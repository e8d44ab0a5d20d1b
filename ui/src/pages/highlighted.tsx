import { useEffect, useState, type ReactNode } from "react";
import type { Piece } from "../python/highlight";

// A text that takes the browser long to mark up stays plain.
const highlightedCharactersMax = 200_000;

/** A Python text with its parts marked up. */
export function highlighted(text: string): ReactNode {
  return <Highlighted key={text} text={text} />;
}

function Highlighted({ text }: { text: string }) {
  const [pieces, setPieces] = useState<Piece[] | null>(null);
  useEffect(() => {
    if (text.length > highlightedCharactersMax) return;
    let isWanted = true;
    // Where the parser cannot be had the text is there all the same.
    import("../python/highlight").then(
      ({ piecesOf }) => isWanted && setPieces(piecesOf(text)),
      () => {},
    );
    return () => {
      isWanted = false;
    };
  }, [text]);
  if (pieces === null) return text;
  return pieces.map((piece, at) =>
    piece.classes === "" ? (
      piece.text
    ) : (
      <span key={at} className={piece.classes}>
        {piece.text}
      </span>
    ),
  );
}
