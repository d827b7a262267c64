'use client';
/**
 * Lets a form be sent, and a button act, once per click of the reader: the second click of a double click comes before the page
 * could show that the first is under way, and would make a second person, revoke what is revoked, or enable again what was disabled.
 */
import { useEffect } from 'react';

/** A double click is faster. Who changed a field meanwhile sends something else, however fast. */
const sameClickMs = 600;

/** Ticking a box twice is to leave it as it was. */
const actsOnce = 'button:not([role="checkbox"], [role="switch"]), [role="menuitem"]';

export function useSubmitOnce(): void {
  useEffect(() => {
    const sentAt = new WeakMap<EventTarget, number>();
    const onSubmit = (event: SubmitEvent) => {
      if (!event.target) return;
      const before = sentAt.get(event.target);
      if (before === undefined || event.timeStamp - before > sameClickMs) {
        sentAt.set(event.target, event.timeStamp);
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    };
    const onInput = (event: Event) => {
      const form = event.target instanceof Element ? event.target.closest('form') : null;
      if (form) sentAt.delete(form);
    };
    const onClick = (event: MouseEvent) => {
      if (event.detail < 2 || !(event.target instanceof Element)) return;
      if (!event.target.closest(actsOnce)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    // In the capture phase of the document, before React hears of it.
    document.addEventListener('submit', onSubmit, true);
    document.addEventListener('input', onInput, true);
    document.addEventListener('click', onClick, true);
    return () => {
      document.removeEventListener('submit', onSubmit, true);
      document.removeEventListener('input', onInput, true);
      document.removeEventListener('click', onClick, true);
    };
  }, []);
}
