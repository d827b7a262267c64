/** Telephone numbers: E.164 with its plus sign and any usual grouping, and those of the North American plan without one. */
import { alnum, byteAt, charClass, isClass, isWordBefore, type Text } from './bytes.ts';

const countryCodes = new Set(
  (
    '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 ' +
    '93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 ' +
    '243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 ' +
    '350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 420 421 423 500 ' +
    '501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 ' +
    '683 685 686 687 688 689 690 691 692 800 808 850 852 853 855 856 870 880 881 882 883 886 888 960 961 962 963 964 965 966 967 ' +
    '968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998'
  ).split(' '),
);

/** Digits with the country code (ITU-T E.164 allows fifteen); fewer than nine are too easily something else. */
const digitsRange = { min: 9, max: 15 };
/** Digits, and what may stand between them. */
const bytesMax = 34;

/** Area and exchange begin with 2 to 9; N11 are services, N9X is reserved. `digits[from, from + 10)` are 0 to 9. */
export function isNorthAmerican(digits: Uint8Array, from: number): boolean {
  const [a0 = 0, a1 = 0, a2 = 0, e0 = 0, e1 = 0, e2 = 0] = digits.subarray(from, from + 6);
  return a0 >= 2 && e0 >= 2 && a1 !== 9 && !(a1 === 1 && a2 === 1) && !(e1 === 1 && e2 === 1);
}

const between = new Set([0x20, 0x2d, 0x2e, 0x28, 0x29, 0x2f]);
const digits = new Uint8Array(bytesMax);

function isNumber(count: number): boolean {
  if (count < digitsRange.min || count > digitsRange.max) return false;
  if (digits[0] === 1) return count === 11 && isNorthAmerican(digits, 1);
  return [1, 2, 3].some(length => countryCodes.has(digits.subarray(0, length).join('')));
}

/** End of the number whose plus sign is at `at`; -1 when there is none. What would be too many digits is left to the next number. */
export function internationalEnd(text: Text, at: number): number {
  if (isWordBefore(text, at) || byteAt(text, at - 1) === 0x2b || !isClass(text, at + 1, charClass.digit)) return -1;
  let count = 0;
  let gap = 0;
  let end = -1;
  for (let position = at + 1; position < at + bytesMax; position += 1) {
    const byte = byteAt(text, position);
    if (isClass(text, position, charClass.digit)) {
      digits[count] = byte - 0x30;
      count += 1;
      gap = 0;
      if (!isClass(text, position + 1, alnum) && isNumber(count)) end = position + 1;
    } else if (between.has(byte) && gap < 2) gap += 1;
    else break;
  }
  return end;
}

/** `(415) 555-2671`; -1 when that is not what begins with the parenthesis at `at`. */
export function bracketedEnd(text: Text, at: number): number {
  if (isWordBefore(text, at) || byteAt(text, at + 4) !== 0x29) return -1;
  const from = byteAt(text, at + 5) === 0x20 ? at + 6 : at + 5;
  const separator = byteAt(text, from + 3);
  if (separator !== 0x2d && separator !== 0x20 && separator !== 0x2e) return -1;
  const places = [at + 1, at + 2, at + 3, from, from + 1, from + 2, from + 4, from + 5, from + 6, from + 7];
  if (!places.every(place => isClass(text, place, charClass.digit)) || isClass(text, from + 8, alnum)) return -1;
  for (const [index, place] of places.entries()) digits[index] = byteAt(text, place) - 0x30;
  return isNorthAmerican(digits, 0) ? from + 8 : -1;
}
