/** Finds in a message in words, such as a server's error, replaced by asterisks. */
import type { OutputDetectors } from '../../policy/detect.ts';
import { detectorKinds, kindBits } from './kinds.ts';
import { scannerFor } from './scan.ts';

const star = 0x2a;

/** Null when nothing has to be hidden. */
export type Hiding = (text: string) => string;

export function hidingOf(detectors: OutputDetectors | null): Hiding | null {
  const kinds = kindBits(detectorKinds.filter(kind => detectors?.[kind]?.verdict === 'mask'));
  if (kinds === 0) return null;
  const scanner = scannerFor(kinds);
  return text => {
    const bytes = new TextEncoder().encode(text);
    let hasFind = false;
    scanner.scan(
      { bytes, start: 0, end: bytes.length },
      {
        found(_kind, from, to) {
          hasFind = true;
          bytes.fill(star, from, to);
        },
      },
    );
    return hasFind ? new TextDecoder().decode(bytes) : text;
  };
}
