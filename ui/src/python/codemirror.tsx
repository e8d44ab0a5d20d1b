import { EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { EditorProps } from "./editor";
import { goToLine, setMark, startState } from "./setup";

/** The editor in a chunk of its own: CodeMirror is as large as all the other pages together. */
export default function CodeMirrorEditor({ text, label, describedBy, mark, goTo, ...events }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(events);
  useEffect(() => {
    latest.current = events;
  });
  // The text is CodeMirror's from here on: a new one comes with a new key.
  const start = useRef({ text, label, describedBy });
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const state = startState({
      ...start.current,
      onChange: (now) => latest.current.onChange(now),
      onRun: () => latest.current.onRun(),
    });
    const made = new EditorView({ state, parent });
    view.current = made;
    return () => {
      // A strict mode's second start goes on with what was typed.
      start.current = { ...start.current, text: made.state.doc.toString() };
      made.destroy();
      view.current = null;
    };
  }, []);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    made.dispatch({ effects: setMark.of(mark) });
    if (mark)
      made.dispatch({
        effects: EditorView.scrollIntoView(
          made.state.doc.line(Math.min(mark.line, made.state.doc.lines)).from,
          { y: "center" },
        ),
      });
  }, [mark]);
  useEffect(() => {
    if (goTo === null || !view.current) return;
    goToLine(view.current, goTo.line);
    view.current.focus();
  }, [goTo]);
  return <div ref={place} className="editor" />;
}
