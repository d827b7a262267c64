'use client';
/** Downloads what the filter shows, in full, as a file streamed by the server. */
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useShortcut } from '#components/keyboard/keyboard.tsx';
import { Button } from './button.tsx';
import { Menu, MenuItem, MenuLabel, MenuPanel, MenuTrigger } from './menu.tsx';

const formats = [
  { format: 'csv', label: 'CSV', hint: 'for spreadsheets' },
  { format: 'ndjson', label: 'NDJSON', hint: 'one object per line' },
] as const;

type Props = {
  /** The address of the download in one format, with the filters of the page. */
  href: (format: 'csv' | 'ndjson') => string;
};

export function ExportMenu({ href }: Props) {
  const [isOpen, setOpen] = useState(false);
  useShortcut('list.export', () => setOpen(true));
  return (
    <Menu open={isOpen} onOpenChange={setOpen}>
      <MenuTrigger asChild>
        <Button>
          <Download aria-hidden /> Export
        </Button>
      </MenuTrigger>
      <MenuPanel>
        <MenuLabel>Everything the filter matches, times in UTC</MenuLabel>
        {formats.map(({ format, label, hint }) => (
          <MenuItem key={format} asChild>
            <a href={href(format)} download>
              {label} <span className="text-muted-foreground">{hint}</span>
            </a>
          </MenuItem>
        ))}
      </MenuPanel>
    </Menu>
  );
}
