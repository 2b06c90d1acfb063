import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disposition, safeFileName } from './file-name.js';

describe('a file name for a download (SEC-21)', () => {
  it.each([
    ['model.pt', 'model.pt'],
    ['/data/../etc/passwd', 'passwd'],
    ['C:\\Users\\a\\model.pt', 'model.pt'],
    ['..', 'download'],
    ['.bashrc', 'bashrc'],
    ['-rf', 'rf'],
    ['', 'download'],
    ['a"b\r\nset-cookie: x.txt', 'abset-cookie x.txt'],
    ['ümläut 日本.csv', 'ümläut 日本.csv'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['$(id x);`ls`.sh', '(id x)ls.sh'],
  ])('%j is %j', (name, safe) => expect(safeFileName(name)).toBe(safe));

  it('is short, and keeps its ending', () => {
    const name = safeFileName(`${'é'.repeat(500)}.tar.gz`);
    expect([...name].length).toBe(120);
    expect(name.endsWith('é.tar.gz')).toBe(true);
  });

  it('is never more than a header of plain ASCII', () => {
    expect(disposition('attachment', "日本'(1)*.csv")).toBe(
      `attachment; filename="__(1).csv"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%281%29.csv`,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(disposition('inline', name)).toMatch(
          /^inline; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/,
        );
      }),
    );
  });
});
