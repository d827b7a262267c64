/** Says a short sentence to assistive technology through the one polite live region of the page. */

export const announcerId = 'announcer';

export function announce(message: string): void {
  const region = document.getElementById(announcerId);
  if (!region) return;
  region.textContent = '';
  // The same sentence twice is only read when the text changes in between.
  requestAnimationFrame(() => {
    region.textContent = message;
  });
}
