/** Tags survive being shown and read again; what is no tag is named. */
import { expect, test } from 'vitest';
import { parseTagLines, tagLines } from './tag-lines.ts';

test('what is shown reads as it was', () => {
  const tags = { team: 'payments', url: 'https://example.com?a=b', empty: '' };
  expect(parseTagLines(tagLines(tags))).toEqual({ tags });
  expect(parseTagLines('\n team = payments \n\n')).toEqual({ tags: { team: 'payments' } });
});

test.each(['payments', '=payments', 'team=a\nteam=b'])('%s is not tags', text => {
  expect(parseTagLines(text)).toHaveProperty('wrong');
});
