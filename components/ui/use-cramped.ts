'use client';
/** Whether a table is wider than its place on a small screen, or on a large one that is zoomed: rows on two lines are read better then. */
import { type RefObject, useLayoutEffect, useState } from 'react';

/** Where there is more room, a table scrolls sideways rather than to leave columns out. */
const crampedWidthMax = 800;

export function useCramped(place: RefObject<HTMLElement | null>, rows: readonly unknown[]): boolean {
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY);
  const [needed, setNeeded] = useState(0);
  const isCramped = width < needed && width < crampedWidthMax;
  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows may need more room
  useLayoutEffect(() => {
    const table = place.current?.querySelector('table');
    if (table && !isCramped && table.offsetWidth > width) setNeeded(table.offsetWidth);
  }, [place, width, isCramped, rows]);
  return isCramped;
}
