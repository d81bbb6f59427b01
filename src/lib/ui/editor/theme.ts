/** The editor's theme. It uses the page's CSS variables, so that light and dark need no code here. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const surfaces = EditorView.theme({
  '&': {
    color: 'var(--ink)',
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--edge)',
    borderRadius: 'var(--radius)',
    fontSize: 'var(--small)',
    maxHeight: 'var(--editor-height, min(75vh, 44rem))',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', overflow: 'auto' },
  '.cm-content': { padding: '0.5rem 0', caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': {
    color: 'var(--quiet)',
    backgroundColor: 'var(--panel)',
    borderRight: '1px solid var(--line)',
    fontVariantNumeric: 'tabular-nums',
  },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--tint) 55%, transparent)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 26%, transparent)',
  },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--accent) 14%, transparent)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--tint)', outline: '1px solid var(--accent)' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--bad-tint)' },
  '.cm-searchMatch': { backgroundColor: 'var(--caution-tint)', outline: '1px solid var(--caution)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--tint)', outlineColor: 'var(--accent)' },
});

const panels = EditorView.theme({
  '.cm-panels, .cm-tooltip': {
    color: 'var(--ink)',
    backgroundColor: 'var(--sunken)',
    fontFamily: 'var(--sans)',
  },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: '0.4rem 2rem 0.4rem 0.6rem', fontSize: 'var(--small)' },
  '.cm-panel .cm-textfield': {
    color: 'var(--ink)',
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--edge)',
    borderRadius: 'var(--radius)',
    fontSize: 'var(--small)',
    minHeight: '1.75rem',
  },
  '.cm-panel .cm-button': {
    color: 'var(--ink)',
    background: 'var(--panel)',
    border: '1px solid var(--edge)',
    borderRadius: 'var(--radius)',
    fontSize: 'var(--small)',
    minHeight: '1.75rem',
  },
  '.cm-panel.cm-search label': { fontSize: 'var(--small)' },
  '.cm-panel.cm-search [name=close]': { color: 'var(--ink)', minWidth: '1.75rem', minHeight: '1.75rem' },
  '.cm-tooltip': { border: '1px solid var(--edge)', borderRadius: 'var(--radius)', fontSize: 'var(--small)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    color: 'var(--on-accent)',
    background: 'var(--accent)',
  },
  '.cm-diagnostic': { padding: '0.3rem 0.6rem', whiteSpace: 'pre-wrap', maxWidth: '32rem' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--caution)' },
  '.cm-diagnostic-info': { borderLeftColor: 'var(--edge)' },
});

const differences = EditorView.theme({
  '.cm-deletedChunk': { backgroundColor: 'var(--bad-tint)' },
  '&.cm-merge-b .cm-changedLine': { backgroundColor: 'var(--tint)' },
  '&.cm-merge-b .cm-changedText, &.cm-merge-b.cm-editor .cm-changedText': {
    background: 'none', // a second tint would leave some colours a contrast below 4.5
    boxShadow: 'inset 0 -2px var(--accent)',
  },
  '&.cm-editor .cm-deletedChunk .cm-deletedText': {
    background: 'color-mix(in srgb, var(--bad) 12%, transparent)',
  },
  '&.cm-merge-b.cm-editor .cm-changedLineGutter': { background: 'var(--accent)' },
  '&.cm-editor .cm-deletedLineGutter': { background: 'var(--bad)' },
  // The default character is missing in many fonts.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"⋯"' },
  '&.cm-editor .cm-collapsedLines': { color: 'var(--quiet)', background: 'var(--sunken)' },
  '.cm-deletedChunk button[name=reject]': {
    color: 'var(--ink)',
    background: 'var(--panel)',
    border: '1px solid var(--edge)',
    font: 'inherit',
    fontFamily: 'var(--sans)',
    padding: '0 0.5rem',
    minHeight: '1.5rem',
  },
});

/** All colours are the page's own: contrast above 4.5:1 on a panel, in both themes. */
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.meta], color: 'var(--series-4)' },
  { tag: [tags.typeName, tags.atom], color: 'var(--series-3)' },
  { tag: tags.number, color: 'var(--series-2)' },
  { tag: [tags.standard(tags.variableName), tags.function(tags.variableName)], color: 'var(--series-5)' },
  { tag: tags.definition(tags.variableName), fontWeight: '650' },
  { tag: tags.comment, color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: tags.docComment, color: 'var(--accent)', fontStyle: 'normal' },
  { tag: tags.labelName, color: 'var(--accent)', fontWeight: '650' },
  { tag: tags.annotation, color: 'var(--series-6)' },
  { tag: [tags.operator, tags.punctuation, tags.angleBracket], color: 'var(--quiet)' },
  { tag: tags.invalid, color: 'var(--bad)', textDecoration: 'underline wavy' },
  { tag: tags.heading, fontWeight: '650' },
  { tag: tags.strong, fontWeight: '650' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: [tags.link, tags.propertyName], color: 'var(--ink)' },
  { tag: tags.monospace, color: 'var(--series-3)' },
]);

/** The page's policy lets in styles with this nonce only, see app.html. */
const nonce = EditorView.cspNonce.of(document.getElementById('style-policy')?.nonce ?? '');

export const looks = [nonce, surfaces, panels, differences, syntaxHighlighting(colours)];
