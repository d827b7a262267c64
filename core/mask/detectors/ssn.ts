/** US social security numbers, as the Social Security Administration gives them out: no area 000, 666 or 9xx, no group 00, no serial 0000. */

/** Printed in advertisements, and void since. */
const advertised = new Set(['078051120', '219099999']);

/** `digits[0, 9)` are 0 to 9. */
export function isSsn(digits: Uint8Array): boolean {
  const number = digits.subarray(0, 9).join('');
  const [area, group, serial] = [number.slice(0, 3), number.slice(3, 5), number.slice(5)];
  return (
    area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000' && !advertised.has(number)
  );
}
