/** Every keyboard shortcut of the console, once: what runs it, the tooltips, the command menu and the `?` sheet all read this list. */

export type ShortcutScope =
  | 'Everywhere'
  | 'Go to'
  | 'Lists'
  | 'Requests'
  | 'Sessions'
  | 'Connect'
  | 'Catalog'
  | 'Proxies'
  | 'Policies';

export type Shortcut = {
  /** Keys pressed one after the other; `mod` is ⌘ on a Mac and Ctrl elsewhere. */
  keys: readonly string[];
  scope: ShortcutScope;
  label: string;
};

export const shortcuts = {
  'menu.open': { keys: ['mod+k'], scope: 'Everywhere', label: 'Command menu' },
  'form.submit': { keys: ['mod+enter'], scope: 'Everywhere', label: 'Submit the open form' },
  'help.open': { keys: ['?'], scope: 'Everywhere', label: 'Keyboard shortcuts' },
  'sidebar.toggle': { keys: ['['], scope: 'Everywhere', label: 'Show or hide the sidebar' },
  'link.copy': { keys: ['c'], scope: 'Everywhere', label: 'Copy a link to this view' },
  'page.refresh': { keys: ['shift+r'], scope: 'Everywhere', label: 'Refresh' },
  'go.overview': { keys: ['g', 'o'], scope: 'Go to', label: 'Overview' },
  'go.approvals': { keys: ['g', 'a'], scope: 'Go to', label: 'Approvals' },
  'go.access': { keys: ['g', 'x'], scope: 'Go to', label: 'Access' },
  'go.catalog': { keys: ['g', 'c'], scope: 'Go to', label: 'Catalog' },
  'go.policies': { keys: ['g', 'p'], scope: 'Go to', label: 'Policies' },
  'go.sessions': { keys: ['g', 's'], scope: 'Go to', label: 'Sessions' },
  'go.audit': { keys: ['g', 'u'], scope: 'Go to', label: 'Audit log' },
  'go.proxies': { keys: ['g', 'f'], scope: 'Go to', label: 'Proxies' },
  'go.identities': { keys: ['g', 'i'], scope: 'Go to', label: 'Identities' },
  'go.connect': { keys: ['g', 'd'], scope: 'Go to', label: 'Connect' },
  'go.reference': { keys: ['g', 'e'], scope: 'Go to', label: 'API reference' },
  'list.filter': { keys: ['/'], scope: 'Lists', label: 'Filter' },
  'list.next': { keys: ['j'], scope: 'Lists', label: 'Next row' },
  'list.previous': { keys: ['k'], scope: 'Lists', label: 'Previous row' },
  'list.open': { keys: ['enter'], scope: 'Lists', label: 'Open the row' },
  'list.time': { keys: ['t'], scope: 'Lists', label: 'Time range' },
  'list.live': { keys: ['.'], scope: 'Lists', label: 'Live on or off' },
  'list.export': { keys: ['shift+e'], scope: 'Lists', label: 'Export' },
  'request.approve': { keys: ['a'], scope: 'Requests', label: 'Open the approve form' },
  'request.deny': { keys: ['d'], scope: 'Requests', label: 'Open the deny form' },
  'request.next': { keys: ['n'], scope: 'Requests', label: 'Next request' },
  'request.previous': { keys: ['p'], scope: 'Requests', label: 'Previous request' },
  'request.lineage': { keys: ['l'], scope: 'Requests', label: 'Jump to lineage' },
  'request.wrap': { keys: ['w'], scope: 'Requests', label: 'Wrap the statement' },
  'session.kill': { keys: ['shift+k'], scope: 'Sessions', label: 'Open the kill form' },
  'connect.copy': { keys: ['y'], scope: 'Connect', label: 'Copy the command' },
  'suggestion.accept': { keys: ['y'], scope: 'Catalog', label: 'Accept the suggestion' },
  'suggestion.reject': { keys: ['n'], scope: 'Catalog', label: 'Reject the suggestion' },
  'proxy.enrol': { keys: ['e'], scope: 'Proxies', label: 'Enrol a proxy' },
  'policy.publish': { keys: ['mod+s'], scope: 'Policies', label: 'Publish the policy' },
} as const satisfies Record<string, Shortcut>;

export type ShortcutId = keyof typeof shortcuts;

const isMac = (): boolean => typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

const printed: Readonly<Record<string, string>> = { enter: 'Enter', shift: '⇧', escape: 'Esc' };

/** The keys as printed, e.g. `['⌘', 'K']` or `['G', 'A']`. */
export function keyCaps(id: ShortcutId): string[] {
  return shortcuts[id].keys.flatMap(chord =>
    chord.split('+').map(key => {
      if (key === 'mod') return isMac() ? '⌘' : 'Ctrl';
      return printed[key] ?? key.toUpperCase();
    }),
  );
}

export type Press = { key: string; ctrl: boolean; meta: boolean; alt: boolean; shift: boolean };

/** The chord a key press stands for, in the notation of the list; null for a modifier alone or a combination we never use. */
export function chordOf(press: Press): string | null {
  if (press.alt || press.key.length === 0 || ['Control', 'Shift', 'Meta', 'Alt'].includes(press.key)) return null;
  const key = press.key.toLowerCase();
  if (press.ctrl || press.meta) return press.shift ? null : `mod+${key}`;
  // On a letter, shift is part of the chord; on a sign such as `?` it is how the sign is typed.
  return press.shift && /^[a-z]$/.test(key) ? `shift+${key}` : key;
}

/** A chord without a modifier: off while somebody types, and wherever the reader switched single keys off. */
export const isSingleKey = (chord: string): boolean => !chord.startsWith('mod+');
