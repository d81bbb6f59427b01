/** CodeMirror as the lab uses it. Loaded when the first editor is seen; nothing else imports CodeMirror. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completeAnyWord,
  completeFromList,
  completionKeymap,
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
import { COMPLETIONS, wgslMode } from './wgsl';

/** What may change while an editor is open. */
export interface Shown {
  text: string;
  label: string;
  readonly: boolean;
  problems: readonly Problem[];
  /** A text that this one came from: its lines are shown where they differ. */
  against: string | undefined;
  /** Id of the element that says how to use it. */
  describedBy: string;
}

/** What stays, or is asked for anew each time. */
export interface Setting {
  language: EditorLanguage;
  /** Words to complete, besides those of the language and the text. */
  completions: readonly string[];
  phrases: Record<string, string>;
  revert: { label: string; about: string };
  /** The text, with \n, after somebody edited it here. */
  changed(text: string): void;
  /** Keys of the page around; they come before the editor's own. */
  keys(): Keys;
  /** The history of the page around, where it has one: its steps and the editor's are the same. Else the editor keeps its own. */
  undo?: () => void;
  redo?: () => void;
  /** Escape, when there is nothing here for it to close. */
  leave(): void;
}

/** An edit that came from outside: told to nobody, and not undone here. */
const Outside = Annotation.define<boolean>();
/** They would take keys from the page: runs are started and stopped with these. */
const NOT_OURS = ['Mod-Enter', 'Mod-i', 'Shift-Enter', 'Alt-Enter', 'Mod-k', 'Mod-s'];

/** An editor within `parent`. */
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

  /** Makes the editor show this; what is the same already is left alone. */
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

  /** Edits the text to be this one, as if it were typed here. */
  replace(text: string) {
    this.#put(text, []);
  }

  /** Changes no more than differs. The cursor stays where it is: the page may only have ended the last line. */
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

  /** Goes on editing where the text was changed from outside. */
  resume() {
    const anchor = Math.min(this.#changedAt, this.#view.state.doc.length);
    this.#view.dispatch({ selection: { anchor }, scrollIntoView: true });
    this.#view.focus();
  }

  /** Puts the cursor at a line and column, both from 1, and the focus here. */
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

/** Where a line and column are in the text; undefined for a line that it does not have. */
function place(doc: Text, line: number, column: number): number | undefined {
  if (line < 1 || line > doc.lines) return undefined;
  const { from, to } = doc.line(line);
  return Math.min(to, from + Math.max(0, column - 1));
}

function diagnostic(doc: Text, { line, column, length, severity, message }: Problem): Diagnostic[] {
  const from = place(doc, line, column);
  if (from === undefined) return [];
  return [{ from, to: Math.min(doc.line(line).to, from + Math.max(1, length)), severity, message }];
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

const completing = (words: readonly string[]) =>
  autocompletion({ override: [completeFromList([...words]), completeAnyWord], icons: false });

/** Tab is nobody's here: it leaves the editor. */
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

/** Undo as a menu or a gesture asks for it. */
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

/** `Mod-Shift-Enter` as it is written in `keys`. */
function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): string {
  const pressed = [(ctrlKey || metaKey) && 'Mod', altKey && 'Alt', shiftKey && 'Shift', key];
  return pressed.filter(Boolean).join('-');
}

/** Read-only but reachable: a reader with a keyboard can scroll it and select from it. */
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
