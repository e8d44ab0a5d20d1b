// How CodeMirror is set up for a Python file. Part of the editor's chunk: nothing else may import it.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, Prec, RangeSet, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  GutterMarker,
  gutterLineClass,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  WidgetType,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { hidden } from "../values/visible";
import { offsetOf, type Mark } from "./marks";

class Message extends WidgetType {
  constructor(readonly says: string) {
    super();
  }
  override eq(other: Message) {
    return other.says === this.says;
  }
  override toDOM() {
    const element = document.createElement("div");
    element.className = "editor-message";
    element.textContent = this.says;
    return element;
  }
  override ignoreEvent() {
    return false;
  }
}

class MarkedNumber extends GutterMarker {
  override elementClass = "editor-marked-number";
}
const markedNumber = new MarkedNumber();

export const setMark = StateEffect.define<Mark | null>();

/** The marked line and its message, until the line is changed. */
const markField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = marks.map(transaction.changes);
    transaction.changes.iterChangedRanges((_fromA, _toA, fromB, toB) => {
      const [from, to] = [transaction.state.doc.lineAt(fromB).from, transaction.state.doc.lineAt(toB).to];
      now.between(from, to, () => {
        now = Decoration.none;
        return false;
      });
    });
    for (const effect of transaction.effects) {
      if (effect.is(setMark))
        now = effect.value ? decorationsOf(transaction.state, effect.value) : Decoration.none;
    }
    return now;
  },
  provide: (field) => [
    EditorView.decorations.from(field),
    gutterLineClass.compute([field], (state) => {
      let from = -1;
      state.field(field).between(0, state.doc.length, (at) => {
        from = state.doc.lineAt(at).from;
        return false;
      });
      return from < 0 ? RangeSet.empty : RangeSet.of([markedNumber.range(from)]);
    }),
  ],
});

function decorationsOf(state: EditorState, { line, column, says }: Mark): DecorationSet {
  const at = state.doc.line(Math.min(line, state.doc.lines));
  const message = Decoration.widget({ widget: new Message(says), block: true, side: 1 });
  const ranges = [Decoration.line({ class: "editor-marked-line" }).range(at.from), message.range(at.to)];
  if (column !== null && line === at.number) {
    const from = at.from + offsetOf(at.text, column);
    if (from < at.to) ranges.push(Decoration.mark({ class: "editor-marked-text" }).range(from, at.to));
  }
  return Decoration.set(ranges, true);
}

// Spaces are what most Python has; a file that is indented with tabs goes on with tabs.
function indentOf(text: string): string {
  const first = /^(\t| {2,8})\S/m.exec(text)?.[1];
  return first ?? "    ";
}

// CodeMirror's words, written as on the other pages.
const phrases = {
  next: "Next",
  previous: "Previous",
  all: "Select all",
  "match case": "Match case",
  regexp: "Regular expression",
  "by word": "Whole words",
  replace: "Replace",
  "replace all": "Replace all",
  close: "Close",
};

export interface Setup {
  text: string;
  label: string;
  /** The id of the element that says which keys do what. */
  describedBy: string;
  onChange: (text: string) => void;
  /** Ctrl+Enter or ⌘+Enter. */
  onRun: () => void;
}

export function startState({ text, label, describedBy, onChange, onRun }: Setup): EditorState {
  const extensions: Extension[] = [
    lineNumbers(),
    markField,
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSpecialChars({ specialChars: specialCharacters }),
    history(),
    drawSelection(),
    EditorState.tabSize.of(4),
    indentUnit.of(indentOf(text)),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightSelectionMatches(),
    search({ top: true }),
    EditorState.phrases.of(phrases),
    pythonLanguage,
    syntaxHighlighting(classHighlighter),
    Prec.highest(
      keymap.of([
        {
          key: "Mod-Enter",
          run: () => {
            onRun();
            return true;
          },
        },
      ]),
    ),
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
    EditorView.contentAttributes.of({
      "aria-label": label,
      "aria-describedby": describedBy,
      tabindex: "0",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
    }),
    // The whole page takes files.
    EditorView.domEventHandlers({ drop: (event) => event.dataTransfer?.types.includes("Files") ?? false }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange(update.state.doc.toString());
    }),
  ];
  return EditorState.create({ doc: text, extensions });
}

// Everything that the rest of the pages writes out, but tabs and line ends.
const specialCharacters = new RegExp(hidden.source.replace("\\x00-\\x1f", "\\x00-\\x08\\x0b-\\x1f"), "gu");

/** Puts the cursor at the beginning of what stands in a line, and the line in view. */
export function goToLine(view: EditorView, line: number): void {
  const at = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
  const indent = at.text.length - at.text.trimStart().length;
  view.dispatch({
    selection: { anchor: at.from + indent },
    effects: EditorView.scrollIntoView(at.from, { y: "center" }),
  });
}
