import { expect, it } from 'vitest';
import { changed, DEFAULTS, readSettings, writeSettings } from './chart-settings';

it('leaves the address bare where nothing is changed, and keeps what others wrote', () => {
  expect(writeSettings(DEFAULTS, new URLSearchParams('tab=a')).toString()).toBe('tab=a');
});

it('reads back what it wrote', () => {
  const settings = {
    x: 'time' as const,
    smoothing: 0.6,
    logX: true,
    logY: true,
    workers: 'each' as const,
    superseded: true,
    marks: false,
    group: 'phase' as const,
    filter: 'a & b',
    expanded: 'train:loss',
    range: { from: 1.5, to: 2e9 },
  };
  expect(readSettings(writeSettings(settings, new URLSearchParams()))).toEqual(settings);
});

it('takes what makes no sense as not there', () => {
  const odd = new URLSearchParams('x=constructor&smooth=NaN&log=q&workers=&group=1&from=5&to=3');
  expect(readSettings(odd)).toEqual(DEFAULTS);
  expect(readSettings(new URLSearchParams('smooth=7')).smoothing).toBe(0.99);
});

it('drops the window with the axis that it was on', () => {
  const zoomed = { ...DEFAULTS, range: { from: 1, to: 2 } };
  expect(changed(zoomed, { x: 'time' }).range).toBeNull();
  expect(changed(zoomed, { x: 'step', smoothing: 0.5 }).range).toEqual({ from: 1, to: 2 });
});
