import { expect, it } from 'vitest';
import { escapeXml } from '../plot/svg-surface';
import { csvOf, seriesCsv } from './csv';
import { svgText } from './export';

it('quotes what needs it, and makes no formula of a name', () => {
  expect(
    csvOf(
      ['a,b', '=1+1'],
      [
        ['say "x"', -1],
        [null, Number.NaN],
      ],
    ),
  ).toBe('"a,b",\'=1+1\r\n"say ""x""",-1\r\n,NaN\r\n');
});

it('has a line for each place of each series', () => {
  const series = { id: 'a', label: 'loss', colour: '', x: [1, 2], mean: [5, Number.NaN], total: 2 };
  expect(seriesCsv([series], 'step').split('\r\n')).toEqual([
    'series,step,value,min,max,points,non_finite',
    'loss,1,5,5,5,1,0',
    'loss,2,NaN,NaN,NaN,1,1',
    '',
  ]);
});

it('escapes names in a picture, and drops what XML cannot hold', () => {
  expect(escapeXml('<script>&"\u0000\u001b')).toBe('&lt;script&gt;&amp;&quot;');
  const text = svgText({
    width: 10,
    height: 10,
    paint: (to) => to.text(1, 2, '</text><script>', { colour: '#000', size: 12, anchor: 'start' }),
  });
  expect(text).not.toContain('<script>');
  expect(text).toContain('xmlns="http://www.w3.org/2000/svg"');
});
