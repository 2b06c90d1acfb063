import { describe, expect, it } from 'vitest';
import { claimedType, shownType } from './media-type.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('what may be shown in place', () => {
  it.each([
    ['\x89PNG\r\n\x1a\n....', 'image/png'],
    ['\xff\xd8\xff\xe0..', 'image/jpeg'],
    ['GIF89a', 'image/gif'],
    ['GIF87a', 'image/gif'],
    ['RIFF....WEBPVP8 ', 'image/webp'],
    ['RIFF....WAVEfmt ', 'audio/wav'],
    ['fLaC', 'audio/flac'],
    ['OggS\0', 'audio/ogg'],
    ['ID3\x04', 'audio/mpeg'],
    ['\xff\xfb\x90\x64', 'audio/mpeg'],
  ])('is told by its first bytes: %j', (text, type) => expect(shownType(bytes(text))).toBe(type));

  it.each([
    '',
    '<svg xmlns="http://www.w3.org/2000/svg">',
    '<!doctype html>',
    '<?xml version="1.0"?>',
    '%PDF-1.7',
    'GIF90a',
    'RIFF....AVI ',
    ' GIF89a',
    '\x89PN',
    '\xff\xff\xff\xff',
    'BM..',
  ])('is nothing else: %j', (text) => expect(shownType(bytes(text))).toBeUndefined());

  it('looks at the bytes of the part that it is given, not of the memory around it', () => {
    expect(shownType(bytes('xxGIF89a').subarray(2))).toBe('image/gif');
    expect(shownType(bytes('GIF89a').subarray(0, 3))).toBeUndefined();
  });
});

describe('what an artifact is said to be', () => {
  it.each([
    ['a/b.PNG', undefined, 'image/png'],
    ['x.json', 'application/vnd.plotly.v1+json', 'application/vnd.plotly.v1+json'],
    ['x.csv', 'text/html; charset=utf-8', 'text/csv'],
    ['x.csv', 'text/html\r\nset-cookie: a=b', 'text/csv'],
    ['x.unknown', 7, null],
    ['none', undefined, null],
  ])('%s, said to be %j', (path, said, type) => expect(claimedType(path, said)).toBe(type));
});
