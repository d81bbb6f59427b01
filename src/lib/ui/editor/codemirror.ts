/**
 * The CodeMirror editor, configured for the lab. Loaded with the first editor; only the modules of this folder import
 * CodeMirror.
 */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completeAnyWord,
  completeFromList,
  type CompletionContext,
  completionKeymap,
  selectedCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentOnInput, indentUnit, StreamLanguage } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import {
  Annotation,
  Compartment,
  EditorState,
  Prec,
  Transaction,
  type Extension,
  type Text,
} from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  type KeyBinding,
} from '@codemirror/view';
import { modes } from './modes';
import { replacement, withPlainLines, type EditorLanguage, type Keys, type Problem } from './text';
import { looks } from './theme';
import { told } from '../words/words.svelte';
import { COMPLETIONS, wgslMode } from './wgsl';

/** Properties that may change while the editor is open. */
export interface Shown {
  text: string;
  label: string;
  readonly: boolean;
  problems: readonly Problem[];
  /** The original text; lines that differ from it are marked. */
  against: string | undefined;
  /** Id of the element that describes how to use the editor. */
  describedBy: string;
}

/** Properties that are fixed, or read again at each use. */
export interface Setting {
  language: EditorLanguage;
  /** Completions besides those of the language and of the text. */
  completions: readonly string[];
  phrases: Record<string, string>;
  revert: { label: string; about: string };
  /** Called with the text, with \n line ends, after each edit by the user. */
  changed(text: string): void;
  /** Keys of the surrounding page; they take precedence over the editor's own. */
  keys(): Keys;
  /** The page's undo history, used instead of the editor's own if given. */
  undo?: () => void;
  redo?: () => void;
  /** Called on Escape when there is nothing in the editor to close. */
  leave(): void;
}

/** Marks a change made from outside: it is not reported to `changed` and not undone here. */
const Outside = Annotation.define<boolean>();
/** Keys removed from the editor's own bindings, because the page uses them, for example to start and stop runs. */
const NOT_OURS = ['Mod-Enter', 'Mod-i', 'Shift-Enter', 'Alt-Enter', 'Mod-k', 'Mod-s'];

/** A CodeMirror editor within `parent`. */
export class CodeEditor {
  readonly #view: EditorView;
  readonly #readonly = new Compartment();
  readonly #attributes = new Compartment();
  readonly #difference = new Compartment();
  #shown: Shown;
  #changedAt = 0;

  constructor(parent: HTMLElement, shown: Shown, setting: Setting) {
    this.#shown = shown;
    const doc = withPlainLines(shown.text);
    const extensions = [
      this.#readonly.of(readonly(shown)),
      this.#attributes.of(attributes(shown)),
      this.#difference.of(difference(shown, setting)),
      keys(setting),
      historyInput(setting),
      basics(setting),
      EditorView.updateListener.of(({ docChanged, state, transactions }) => {
        if (docChanged && !transactions.every((each) => each.annotation(Outside)))
          setting.changed(state.doc.toString());
      }),
    ];
    this.setting = setting;
    this.#view = new EditorView({ parent, state: EditorState.create({ doc, extensions }) });
    this.#mark(shown.problems);
  }

  private readonly setting: Setting;

  /** Applies new properties; only what differs from the previous ones is updated. */
  show(shown: Shown) {
    const before = this.#shown;
    this.#shown = shown;
    this.#put(shown.text, [Outside.of(true), Transaction.addToHistory.of(false)]);
    const effects = [];
    if (shown.readonly !== before.readonly || shown.label !== before.label) {
      effects.push(this.#readonly.reconfigure(readonly(shown)));
      effects.push(this.#attributes.reconfigure(attributes(shown)));
    }
    if (shown.against !== before.against)
      effects.push(this.#difference.reconfigure(difference(shown, this.setting)));
    if (effects.length) this.#view.dispatch({ effects });
    if (shown.problems !== before.problems) this.#mark(shown.problems);
  }

  /** Replaces the text, as an edit that can be undone. */
  replace(text: string) {
    this.#put(text, []);
  }

  /**
   * Replaces only the part that differs, so that the cursor stays in place, for example when the page only appends a
   * line end.
   */
  #put(text: string, annotations: Annotation<unknown>[]) {
    const now = this.#view.state.doc.toString();
    const next = withPlainLines(text);
    if (now === next) return;
    const changes = replacement(now, next);
    this.#changedAt = changes.from + changes.insert.length;
    this.#view.dispatch({ changes, annotations });
  }

  focus() {
    this.#view.focus();
  }

  /** Puts the cursor at the end of the text, and the focus here. */
  continue() {
    this.#view.dispatch({ selection: { anchor: this.#view.state.doc.length } });
    this.#view.focus();
  }

  /** Puts the cursor at the last change made from outside, and the focus here. */
  resume() {
    const anchor = Math.min(this.#changedAt, this.#view.state.doc.length);
    this.#view.dispatch({ selection: { anchor }, scrollIntoView: true });
    this.#view.focus();
  }

  /** Moves the cursor to a line and column, both counted from 1, and focuses the editor. */
  goTo(line: number, column: number) {
    const { doc } = this.#view.state;
    const anchor = place(doc, line, column);
    if (anchor === undefined) return;
    this.#view.dispatch({
      selection: { anchor },
      effects: EditorView.scrollIntoView(anchor, { y: 'center' }),
    });
    this.#view.focus();
  }

  destroy() {
    this.#view.destroy();
  }

  #mark(problems: readonly Problem[]) {
    const { state } = this.#view;
    const diagnostics = problems.flatMap((problem) => diagnostic(state.doc, problem));
    this.#view.dispatch(setDiagnostics(state, diagnostics));
  }
}

/** Offset of a line and column in the text; undefined if there is no such line. */
function place(doc: Text, line: number, column: number): number | undefined {
  if (line < 1 || line > doc.lines) return undefined;
  const { from, to } = doc.line(line);
  return Math.min(to, from + Math.max(0, column - 1));
}

function diagnostic(doc: Text, { line, column, length, severity, message }: Problem): Diagnostic[] {
  const from = place(doc, line, column);
  if (from === undefined) return [];
  return [
    { from, to: Math.min(doc.line(line).to, from + Math.max(1, length)), severity, message: told(message) },
  ];
}

function basics({ language, completions, phrases, undo }: Setting): Extension[] {
  const wraps = language !== 'wgsl';
  return [
    EditorState.phrases.of(phrases),
    StreamLanguage.define<unknown>(language === 'wgsl' ? wgslMode : modes[language]),
    indentUnit.of('  '),
    looks,
    highlightSpecialChars(),
    undo ? [] : history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    wraps ? EditorView.lineWrapping : [lineNumbers(), closeBrackets(), lintGutter()],
    language === 'wgsl' ? completing([...COMPLETIONS, ...completions]) : [],
    language === 'settings' && completions.length > 0 ? completing(completions) : [],
  ];
}

const completing = (words: readonly string[]) => [
  Prec.highest(keymap.of([{ key: 'Enter', run: leaveWhole }])),
  autocompletion({ override: [completeFromList([...words]), anyWord], icons: false }),
];

/** Words of the text, but no numbers. */
const anyWord = (context: CompletionContext) =>
  /^\d/.test(context.matchBefore(/\w+/)?.text ?? '') ? null : completeAnyWord(context);

/** Closes completions where the chosen one stands there already: Enter would accept it, and no line would begin. */
function leaveWhole(view: EditorView): boolean {
  const chosen = selectedCompletion(view.state)?.label;
  const { head } = view.state.selection.main;
  const before = view.state.sliceDoc(Math.max(0, head - 200), head);
  if (chosen && before.endsWith(chosen) && !/\w$/.test(before.slice(0, -chosen.length)))
    closeCompletion(view);
  return false;
}

/** Key bindings. Tab is not bound, so that it leaves the editor. */
function keys(setting: Setting): Extension {
  const own: KeyBinding = {
    any: (_view, event) => {
      const key = setting.keys()[keyOf(event)];
      if (!key) return false;
      event.stopPropagation();
      key();
      return true;
    },
  };
  const beyond: KeyBinding[] = [{ key: 'Escape', run: () => done(setting.leave) }];
  const editing = [
    ...closeBracketsKeymap,
    ...completionKeymap,
    ...searchKeymap,
    ...historyKeys(setting),
    ...defaultKeymap,
  ];
  const ours = editing.filter(({ key = '' }) => !NOT_OURS.includes(key));
  const unshifted = ours.map((binding) =>
    binding.key === 'Enter' ? { ...binding, shift: undefined } : binding,
  );
  return keymap.of([own, ...unshifted, ...beyond]);
}

function historyKeys({ undo, redo }: Setting): readonly KeyBinding[] {
  if (!undo || !redo) return historyKeymap;
  return [
    { key: 'Mod-z', run: () => done(undo), preventDefault: true },
    { key: 'Mod-y', mac: 'Mod-Shift-z', run: () => done(redo), preventDefault: true },
    { linux: 'Ctrl-Shift-z', run: () => done(redo), preventDefault: true },
  ];
}

/** Handles undo and redo that come from a menu or a gesture. */
const historyInput = ({ undo, redo }: Setting) =>
  EditorView.domEventHandlers({
    beforeinput({ inputType }) {
      const step = { historyUndo: undo, historyRedo: redo }[inputType];
      return step ? done(step) : false;
    },
  });

function done(action: () => void): true {
  action();
  return true;
}

/** Name of a key event in the form used by `keys`, such as `Mod-Shift-Enter`. */
function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): string {
  const pressed = [(ctrlKey || metaKey) && 'Mod', altKey && 'Alt', shiftKey && 'Shift', key];
  return pressed.filter(Boolean).join('-');
}

/** Read-only but focusable: keyboard users can scroll the text and select from it. */
const readonly = (shown: Shown): Extension => EditorState.readOnly.of(shown.readonly);

function attributes({ label, readonly, describedBy }: Shown): Extension {
  return EditorView.contentAttributes.of({
    'aria-label': label,
    'aria-describedby': describedBy,
    'aria-readonly': String(readonly),
    spellcheck: 'false',
    tabindex: '0',
    ...(readonly ? { inputmode: 'none' } : {}),
  });
}

function difference({ against, readonly }: Shown, { revert }: Setting): Extension {
  if (against === undefined) return [];
  const control = (kind: 'reject' | 'accept', action: (event: MouseEvent) => void) => {
    if (kind === 'accept' || readonly) return document.createElement('span');
    const button = Object.assign(document.createElement('button'), {
      type: 'button',
      name: kind,
      textContent: revert.label,
      title: revert.about,
    });
    button.onclick = action;
    return button;
  };
  return unifiedMergeView({
    original: withPlainLines(against),
    mergeControls: control,
    collapseUnchanged: { margin: 3, minSize: 8 },
    syntaxHighlightDeletions: true,
  });
}
