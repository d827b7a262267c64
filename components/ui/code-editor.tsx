'use client';
/** A YAML editor with diagnostics under the text. Heavy: load it with next/dynamic. */
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { tags } from '@lezer/highlight';
import CodeMirror, { EditorView, type ReactCodeMirrorRef } from '@uiw/react-codemirror';
import { useEffect, useMemo, useRef } from 'react';
import { useNonce } from './nonce.tsx';

export type EditorDiagnostic = { line: number; column: number; message: string; severity: 'error' | 'warning' };

/** Where the caret is to go; a new object each time. */
export type EditorPlace = { line: number; column: number };

type Props = {
  value: string;
  onChange: (value: string) => void;
  diagnostics: readonly EditorDiagnostic[];
  place?: EditorPlace | null;
  label: string;
  isReadOnly?: boolean;
  /** Runs on ⌘S and Ctrl S inside the editor. */
  onSave?: () => void;
};

const theme = EditorView.theme({
  '&': { backgroundColor: 'var(--sql-bg)', color: 'var(--sql-id)', fontSize: '0.75rem', height: '100%' },
  // The frame around it has the ring: the gutter would lie upon one of its own.
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--font-jetbrains)', fontVariantLigatures: 'none', caretColor: 'var(--foreground)' },
  '.cm-cursor': { borderLeftColor: 'var(--foreground)' },
  '.cm-gutters': {
    backgroundColor: 'var(--muted)',
    color: 'var(--muted-foreground)',
    borderRight: '1px solid var(--border)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in oklab, var(--accent) 50%, transparent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in oklab, var(--primary) 25%, transparent) !important',
  },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--popover)',
    color: 'var(--popover-foreground)',
    border: '1px solid var(--border)',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--approve-bg)' },
});

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--sql-kw)' },
    { tag: [tags.string, tags.content], color: 'var(--sql-str)' },
    { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--sql-num)' },
    { tag: tags.comment, color: 'var(--sql-com)' },
    { tag: [tags.typeName, tags.labelName], color: 'var(--sql-fn)' },
  ]),
);

function rangeOf(view: EditorView, { line, column }: EditorPlace): { from: number; to: number } {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  return { from: Math.min(at.from + column - 1, at.to), to: at.to };
}

const toRanges = (view: EditorView, diagnostics: readonly EditorDiagnostic[]): Diagnostic[] =>
  diagnostics.map(({ message, severity, ...place }) => ({ ...rangeOf(view, place), message, severity }));

export function CodeEditor({ value, onChange, diagnostics, place, label, isReadOnly = false, onSave }: Props) {
  const nonce = useNonce();
  const editor = useRef<ReactCodeMirrorRef>(null);
  const save = useRef(onSave);
  useEffect(() => {
    save.current = onSave;
  }, [onSave]);
  const extensions = useMemo(
    () => [
      EditorView.cspNonce.of(nonce),
      EditorView.contentAttributes.of({ 'aria-label': label }),
      EditorView.lineWrapping,
      yaml(),
      lintGutter(),
      theme,
      colours,
      EditorView.domEventHandlers({
        keydown: event => {
          if (event.key !== 's' || !(event.metaKey || event.ctrlKey) || !save.current) return false;
          event.preventDefault();
          save.current();
          return true;
        },
      }),
    ],
    [nonce, label],
  );
  useEffect(() => {
    const view = editor.current?.view;
    if (view) view.dispatch(setDiagnostics(view.state, toRanges(view, diagnostics)));
  }, [diagnostics]);
  useEffect(() => {
    const view = editor.current?.view;
    if (!view || !place) return;
    view.dispatch({ selection: { anchor: rangeOf(view, place).from }, scrollIntoView: true });
    view.focus();
  }, [place]);
  return (
    <CodeMirror
      ref={editor}
      value={value}
      onChange={onChange}
      theme="none"
      readOnly={isReadOnly}
      extensions={extensions}
      basicSetup={{ autocompletion: false, tabSize: 2, highlightSelectionMatches: false }}
      className="h-full overflow-hidden rounded-lg border border-input has-[.cm-focused]:outline-2 has-[.cm-focused]:outline-offset-2 has-[.cm-focused]:outline-ring"
      height="100%"
    />
  );
}
