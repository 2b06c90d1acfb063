import { expect, it } from 'vitest';
import { experimentAddress, readSegment, writeSegment } from './addresses';

const NAMES = [
  'plain',
  'vision/resnet',
  'a&b',
  'a?b',
  'a#b',
  'a+b',
  '100%',
  'a%2Fb',
  '..',
  '.',
  '~',
  '~2F',
  'größe 1',
  '日本',
  'a\\b',
  '...',
  'a:b@c;d=e,f$',
];

it.each(NAMES)('%s has an address that leads back to it, through the browser and the router', (name) => {
  const { pathname, search, hash } = new URL(experimentAddress(name), 'http://127.0.0.1');
  expect([search, hash]).toEqual(['', '']);
  const segments = decodeURI(pathname).split('/');
  expect(segments).toHaveLength(3);
  expect(readSegment(segments[2] ?? '')).toBe(name);
});

it('takes an address that was written by hand', () => {
  expect(readSegment(decodeURI('vision%2Fresnet'))).toBe('vision/resnet');
  expect(writeSegment('plain-1_x.y')).toBe('plain-1_x.y');
});
