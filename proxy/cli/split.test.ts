/** Where statements end, whatever is quoted; the text itself is never changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitStatements } from './split.ts';

describe('splitting', () => {
  it.each<[string, string[], string, string]>([
    ['select 1;', ['select 1;'], '', ''],
    ['select 1; select 2;', ['select 1;', 'select 2;'], '', ''],
    ['select 1', [], 'select 1', ''],
    [';;', [], '', ''],
    ["select ';'; x", ["select ';';"], ' x', ''],
    ["select 'it''s;';", ["select 'it''s;';"], '', ''],
    ["select 'open;", [], "select 'open;", "'"],
    ["select E'a\\';b';", ["select E'a\\';b';"], '', ''],
    ["select E'a\\';", [], "select E'a\\';", "'"],
    ["select table'a\\';", ["select table'a\\';"], '', ''],
    ['select "a;b";', ['select "a;b";'], '', ''],
    ['select "a;', [], 'select "a;', '"'],
    ['select $$a;b$$;', ['select $$a;b$$;'], '', ''],
    ['select $x$ $$ ; $y$ $x$;', ['select $x$ $$ ; $y$ $x$;'], '', ''],
    ['select $x$ ; $$', [], 'select $x$ ; $$', '$'],
    ['select a$$;', ['select a$$;'], '', ''],
    ['select $1;', ['select $1;'], '', ''],
    ['-- a;\nselect 1;', ['-- a;\nselect 1;'], '', ''],
    ['/* a; /* b; */ c; */ select 1;', ['/* a; /* b; */ c; */ select 1;'], '', ''],
    ['/* a; /* b */ select 1;', [], '/* a; /* b */ select 1;', '*'],
    ['create rule r as on update to t do (a; b);', ['create rule r as on update to t do (a; b);'], '', ''],
    ['select (1', [], 'select (1', '('],
  ])('%s', (text, statements, rest, open) => {
    expect(splitStatements(text)).toEqual({ statements, rest, open });
  });

  it('loses nothing and takes any text', () => {
    const part = fc.constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      ';',
      '--',
      '\n',
      '/*',
      '*/',
      '(',
      ')',
      'x',
      'E',
      '\\',
      ' ',
      '$1',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), parts => {
        const text = parts.join('');
        const { statements, rest } = splitStatements(text);
        const strip = (value: string) => value.replace(/[\s;]/g, '');
        expect(strip([...statements, rest].join(''))).toBe(strip(text));
      }),
    );
  });

  it('finds the same statements however the text arrives', () => {
    const text = `select 'a;b'; select $x$;$x$; /* ; */ select "c;"; insert into t values ('\n;'); x`;
    const whole = splitStatements(text);
    for (let cut = 0; cut <= text.length; cut++) {
      const first = splitStatements(text.slice(0, cut));
      const second = splitStatements(first.rest + text.slice(cut));
      expect([...first.statements, ...second.statements]).toEqual(whole.statements);
    }
  });
});
