import { useId, useRef, useState, type RefObject } from "react";
import { flushSync } from "react-dom";
import { formatWhole } from "../values/format";

/** How many rows a list has at first. */
const rowsMax = 100;
/** From how many rows on a filter is quicker than reading. */
const filterFrom = 12;

export interface LongList<T, E extends HTMLElement = HTMLUListElement> {
  /** What is drawn. */
  shown: T[];
  /** What the filter leaves, of which `shown` may be the beginning. */
  found: T[];
  all: T[];
  filter: string;
  setFilter: (text: string) => void;
  showAll: () => void;
  /** The element whose children are the rows. */
  rows: RefObject<E | null>;
}

/** The first rows of a list that may have thousands, at least as far as `shownAt`, and a filter by `textOf`. */
export function useLongList<T, E extends HTMLElement = HTMLUListElement>(
  all: T[],
  textOf: (one: T) => string,
  shownAt = 0,
): LongList<T, E> {
  const [filter, setFilter] = useState("");
  const [isWanted, setWhole] = useState(false);
  const whole = isWanted || shownAt >= rowsMax;
  const rows = useRef<E>(null);
  const wanted = filter.trim().toLowerCase();
  const found = wanted === "" ? all : all.filter((one) => textOf(one).toLowerCase().includes(wanted));
  const showAll = () => {
    flushSync(() => setWhole(true));
    // The button is gone; the keyboard goes on where the new rows begin.
    const next = rows.current?.children[rowsMax];
    const target = next?.querySelector<HTMLElement>("button, a") ?? (next as HTMLElement | undefined);
    if (target?.tagName === "LI") target.tabIndex = -1;
    target?.focus();
  };
  return { shown: whole ? found : found.slice(0, rowsMax), found, all, filter, setFilter, showAll, rows };
}

/** The filter's field; nothing for a list that one sees at a glance. */
export function ListFilter<T, E extends HTMLElement>({
  list,
  label,
}: {
  list: LongList<T, E>;
  label: string;
}) {
  const id = useId();
  if (list.all.length < filterFrom) return null;
  return (
    <div className="list-filter">
      <input
        className="input"
        type="search"
        placeholder="Filter"
        aria-label={label}
        aria-describedby={id}
        spellCheck={false}
        autoComplete="off"
        value={list.filter}
        onChange={(event) => list.setFilter(event.target.value)}
      />
      <span id={id} className="muted" aria-live="polite">
        {list.filter.trim() === ""
          ? formatWhole(list.all.length)
          : `${formatWhole(list.found.length)} of ${formatWhole(list.all.length)}`}
      </span>
    </div>
  );
}

/** The way to the rows that are not drawn. */
export function ShowAll<T, E extends HTMLElement>({ list }: { list: LongList<T, E> }) {
  if (list.shown.length === list.found.length) return null;
  return (
    <p className="list-more">
      <button type="button" className="button small" onClick={list.showAll}>
        Show all {formatWhole(list.found.length)}
      </button>
    </p>
  );
}
