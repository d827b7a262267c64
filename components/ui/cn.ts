/** Joins class names; the later of two conflicting Tailwind classes wins. */
import { type ClassValue, clsx } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

const merge = extendTailwindMerge({ extend: { theme: { text: ['2xs'], shadow: ['popover'] } } });

export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
