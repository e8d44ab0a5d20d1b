import { useState } from "react";
import { formatWhole } from "../values/format";
import { cut, visible, visibleLines } from "../values/visible";

interface LongTextProps {
  text: string;
  /** How many characters are shown at first. */
  max: number;
  /** Whether line ends are the text's own and stay. */
  lines?: boolean;
}

/** A stranger's text: what is hidden in it is written out, and more than `max` characters only when asked for. */
export function LongText({ text, max, lines = false }: LongTextProps) {
  const [whole, setWhole] = useState(false);
  const shown = whole ? text : cut(text, max);
  const isLong = cut(text, max) !== text;
  return (
    <>
      {lines ? visibleLines(shown) : visible(shown)}
      {isLong && (
        <>
          {" "}
          <button
            type="button"
            className="link show-all"
            aria-expanded={whole}
            onClick={() => setWhole(!whole)}
          >
            {whole ? "Show less" : `Show all ${formatWhole([...text].length)} characters`}
          </button>
        </>
      )}
    </>
  );
}
