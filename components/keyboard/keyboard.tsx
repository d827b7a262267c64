'use client';
/** Runs the shortcuts: one listener for the page, the latest mounted handler of an id wins. */
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from 'react';
import { chordOf, isSingleKey, type ShortcutId, shortcuts } from './shortcuts.ts';

/** How long a first key waits for its second. */
const sequenceMs = 1200;

type Handler = () => void;

type Keyboard = {
  /** The ids that somebody on the page handles now. */
  active: readonly ShortcutId[];
  areSingleKeysOn: boolean;
  register: (id: ShortcutId, handler: Handler) => () => void;
  run: (id: ShortcutId) => boolean;
};

const KeyboardContext = createContext<Keyboard | null>(null);

const typing = 'input, textarea, select, [contenteditable="true"], [role="textbox"], [role="combobox"], .cm-editor';

/** True where a single key belongs to whoever is typing, or to a dialog or menu that is open. */
function isTaken(target: EventTarget | null): boolean {
  const element = target instanceof Element ? target : null;
  if (element?.closest(typing)) return true;
  return document.querySelector('[role="dialog"][data-state="open"], [role="menu"][data-state="open"]') !== null;
}

function match(sequence: readonly string[], id: ShortcutId): 'full' | 'begin' | 'none' {
  const keys: readonly string[] = shortcuts[id].keys;
  if (!sequence.every((chord, index) => keys[index] === chord)) return 'none';
  return keys.length === sequence.length ? 'full' : 'begin';
}

/** Runs for each key press; answers with the sequence that the next one continues. */
function press(event: KeyboardEvent, pending: readonly string[], keyboard: Keyboard): readonly string[] {
  const chord = chordOf({
    key: event.key,
    ctrl: event.ctrlKey,
    meta: event.metaKey,
    alt: event.altKey,
    shift: event.shiftKey,
  });
  if (chord === null || event.isComposing || event.defaultPrevented) return pending;
  if (isSingleKey(chord) && (!keyboard.areSingleKeysOn || isTaken(event.target))) return [];
  for (const sequence of [[...pending, chord], [chord]]) {
    const found = keyboard.active.find(id => match(sequence, id) === 'full');
    // Enter on a row is the browser's own: it follows the focused link.
    if (found && found !== 'list.open') {
      event.preventDefault();
      keyboard.run(found);
      return [];
    }
    if (keyboard.active.some(id => match(sequence, id) === 'begin')) return sequence;
  }
  return [];
}

export function KeyboardProvider({ areSingleKeysOn, children }: { areSingleKeysOn: boolean; children: ReactNode }) {
  const handlers = useRef(new Map<ShortcutId, Handler[]>());
  const [active, setActive] = useState<readonly ShortcutId[]>([]);
  const register = useCallback((id: ShortcutId, handler: Handler) => {
    const all = handlers.current;
    all.set(id, [...(all.get(id) ?? []), handler]);
    setActive([...all.keys()]);
    return () => {
      const rest = (all.get(id) ?? []).filter(each => each !== handler);
      if (rest.length > 0) all.set(id, rest);
      else all.delete(id);
      setActive([...all.keys()]);
    };
  }, []);
  const run = useCallback((id: ShortcutId) => {
    const handler = handlers.current.get(id)?.at(-1);
    handler?.();
    return handler !== undefined;
  }, []);
  const keyboard = useMemo<Keyboard>(
    () => ({ active, areSingleKeysOn, register, run }),
    [active, areSingleKeysOn, register, run],
  );

  const onPress = useEffectEvent((event: KeyboardEvent, pending: readonly string[]) => press(event, pending, keyboard));
  useEffect(() => {
    let pending: readonly string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      clearTimeout(timer);
      pending = onPress(event, pending);
      if (pending.length === 0) return;
      timer = setTimeout(() => {
        pending = [];
      }, sequenceMs);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', onKeyDown);
    };
  }, []);
  return <KeyboardContext value={keyboard}>{children}</KeyboardContext>;
}

export function useKeyboard(): Keyboard {
  const keyboard = use(KeyboardContext);
  if (!keyboard) throw new Error('useKeyboard needs a KeyboardProvider above it');
  return keyboard;
}

/** Handles a shortcut for as long as the component is mounted and enabled. */
export function useShortcut(id: ShortcutId, handler: Handler, isEnabled = true): void {
  const { register } = useKeyboard();
  const onRun = useEffectEvent(handler);
  useEffect(() => {
    if (!isEnabled) return;
    return register(id, () => onRun());
  }, [id, isEnabled, register]);
}
