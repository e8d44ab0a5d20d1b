import { useEffect, useState, type KeyboardEvent } from "react";
import type { ExportedFunction } from "../api/types";
import { typeText } from "../functions/signature";
import { ListFilter, ShowAll, useLongList } from "../parts/long-list";
import { cut, rowName } from "../values/visible";

interface ExportListProps {
  exports: ExportedFunction[];
  /** The name of the export whose form is shown. */
  current: string;
  onChoose: (name: string) => void;
}

/** What can be called. One stop of the Tab key; the arrow keys move in it. */
export function ExportList({ exports, current, onChoose }: ExportListProps) {
  const list = useLongList(exports, (one) => one.name);
  const [focused, setFocused] = useState<string | null>(null);
  const isShown = (name: string | null) => list.shown.some((one) => one.name === name);
  const chosen = exports.find((one) => one.name === current);
  // What a link names is there, however far down the list it stands.
  const rows = chosen && !list.filter && !isShown(current) ? [chosen, ...list.shown] : list.shown;
  // Once for a page: the list must not move under who reads it.
  useEffect(() => {
    const box = list.rows.current;
    const row = box?.querySelector('[aria-pressed="true"]')?.closest("li");
    if (!box || !row) return;
    const below = row.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
    if (below > 0) box.scrollTop = below + box.clientHeight / 2;
  }, [list.rows]);
  const stop = [focused, current].find(isShown) ?? rows[0]?.name;
  return (
    <section className="card exports" aria-labelledby="exports-title">
      <h2 id="exports-title">Exports</h2>
      <ListFilter list={list} label="Filter the exports" />
      {rows.length === 0 && (
        <p className="muted none">No export’s name contains “{cut(list.filter.trim(), 40)}”.</p>
      )}
      <ul ref={list.rows} onKeyDown={moveFocus}>
        {rows.map((one) => (
          <li key={one.name}>
            <button
              type="button"
              aria-pressed={one.name === current}
              tabIndex={one.name === stop ? 0 : -1}
              onFocus={() => setFocused(one.name)}
              onClick={() => onChoose(one.name)}
            >
              <span className="export-name">{rowName(one.name)}</span>
              <span className="export-type">{typeText(one)}</span>
            </button>
          </li>
        ))}
      </ul>
      <ShowAll list={list} />
    </section>
  );
}

function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const steps: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: buttons.length - 1,
  };
  const next = steps[event.key];
  if (next === undefined || at < 0) return;
  event.preventDefault();
  buttons[next]?.focus();
}
