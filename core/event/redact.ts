/** Texts on their way into an event: cut to what its schema holds, and without what must never be recorded. */

/** No longer than `max` UTF-16 units, never in the middle of a character. */
export function cutText(text: string, max: number): { text: string; truncated: boolean } {
  if (text.length <= max) return { text, truncated: false };
  const last = text.charCodeAt(max - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return { text: text.slice(0, isHalf ? max - 1 : max), truncated: true };
}

const hidden = '[redacted]';

/** Each is linear in the text: no pattern can match the same characters in more than one way. */
const secrets: readonly (readonly [RegExp, string])[] = [
  // A password in a URL: everything between the user and the last @ before the path.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,200}):[^\s/]{1,500}@/gi, `$1:${hidden}@`],
  [/\bpassword\s?=\s?('[^']{0,500}'|[^\s'&;]{1,500})/gi, `password=${hidden}`],
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,20000}?(-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, hidden],
  // Three parts of base64url, the first a JSON object: a JWT.
  [/\beyJ[\w-]{5,4000}\.[\w-]{5,12000}\.[\w-]{0,2000}/g, hidden],
  [/\bweir_pat_[\w-]{1,200}/g, hidden],
  [/\b(bearer|basic) [\w.~+/=-]{8,12000}/gi, `$1 ${hidden}`],
];

const scannedMax = 20_000;

/**
 * Takes credentials out of a message that came from elsewhere (a driver, a server, an operating system). For messages: what is longer
 * than 20,000 characters is cut first.
 */
export function redactSecrets(message: string): string {
  return secrets.reduce((text, [pattern, by]) => text.replace(pattern, by), cutText(message, scannedMax).text);
}
