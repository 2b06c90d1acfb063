import { describe, expect, it } from 'vitest';
import { embedFrame } from './frame.js';

/** Attributes of the one tag in the text, read as a browser does: everything between quotes is text. */
function attributesOf(html: string): Map<string, string> {
  const match = /^<iframe ((?:[a-z-]+="[^"<>]*" ?)+)><\/iframe>$/.exec(html);
  expect(match, html).not.toBeNull();
  const decode = (text: string): string =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
  return new Map([...(match?.[1] ?? '').matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decode(value)]));
}

describe('a frame', () => {
  it('shows the address and may do little', () => {
    const attributes = attributesOf(embedFrame('http://127.0.0.1:7007/embed/runs/r#embed=xte_a', { height: 300 }));
    expect(attributes.get('src')).toBe('http://127.0.0.1:7007/embed/runs/r#embed=xte_a');
    expect(attributes.get('height')).toBe('300');
    expect(attributes.get('sandbox')).toBe('allow-scripts allow-same-origin allow-downloads');
    expect(attributes.get('referrerpolicy')).toBe('no-referrer');
  });

  it('has one tag and the attributes that we wrote, whatever the title and the address say', () => {
    const hostile = '"><script>alert(1)</script><i a="\u0000\u2028\ud800&amp;\'';
    const attributes = attributesOf(embedFrame(`http://h/${hostile}`, { title: hostile }));
    expect([...attributes.keys()]).toEqual(['src', 'title', 'width', 'height', 'sandbox', 'referrerpolicy', 'loading', 'style']);
    expect(attributes.get('title')).toBe(hostile.replace('\u0000', '\ufffd').replace('\ud800', '\ufffd'));
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', '//h/x', '', 'file:///etc/passwd'])('refuses the address %j', (url) => {
    expect(() => embedFrame(url)).toThrow(expect.objectContaining({ code: 'XT_ARGUMENT', field: 'url' }));
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 10_001])('refuses the height %d', (height) => {
    expect(() => embedFrame('http://h/', { height })).toThrow(expect.objectContaining({ code: 'XT_ARGUMENT', field: 'height' }));
  });
});
