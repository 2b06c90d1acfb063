import { describe, expect, it } from 'vitest';
import { Screen } from './screen.js';

const ESC = '\u001b';
const BAR = '█'.repeat(40);

/** Writes the parts 10 ms apart, each divided at its line feeds as a follower does. */
function written(...parts: readonly string[]): { readonly screen: Screen; readonly lines: string[]; now: number } {
  const screen = new Screen(0);
  const made = { screen, lines: [] as string[], now: 0 };
  let offset = 0;
  for (const part of parts) {
    made.now += 10;
    for (const piece of part.split(/(?<=\n)/)) {
      offset += Buffer.byteLength(piece);
      screen.write(piece, offset, made.now);
    }
    made.lines.push(...screen.done(made.now).map(({ text }) => text));
  }
  return made;
}

function shown(...parts: readonly string[]): string[] {
  const { screen, lines, now } = written(...parts);
  return [...lines, ...screen.done(now, true).map(({ text }) => text)];
}

describe('what a terminal shows', () => {
  it('is each line of plain text, an empty one and an unfinished last one too', () => {
    expect(shown('a\n\nb\r\n  c\tx  \nlast')).toEqual(['a', '', 'b', '  c\tx  ', 'last']);
  });

  it('is the last state of a bar, however long it was drawn', () => {
    const draws = Array.from({ length: 2_001 }, (_, n) => `\r${Math.floor(n / 20)}%|${BAR}| ${n}/2000`);
    expect(shown(...draws, '\n', 'after\n')).toEqual([`100%|${BAR}| 2000/2000`, 'after']);
  });

  it('is one row for each of nested bars', () => {
    const outer = (n: number): string => `\repoch ${n}/3`;
    const inner = [1, 2, 3, 4, 5].map((n) => `\n\r  batch ${n}/5${ESC}[A`);
    const all = [1, 2, 3].flatMap((n) => [outer(n), ...inner]);
    expect(shown(...all, '\n\n')).toEqual(['epoch 3/3', '  batch 5/5']);
  });

  it('is the last frame of what moves up and draws again, plain rows before it stay', () => {
    const frames = Array.from({ length: 6 }, (_, n) => `${n === 0 ? '' : `${ESC}[2A`}${ESC}[2Kloss ${n}\n${ESC}[2Kacc ${n}\n`);
    expect(shown('begin\n', ...frames, 'end\n')).toEqual(['begin', 'loss 5', 'acc 5', 'end']);
  });

  it('is one line for a bar that is drawn again after a long while', () => {
    const screen = new Screen(0);
    const lines: string[] = [];
    let now = 0;
    const write = (text: string): void => {
      for (const piece of text.split(/(?<=\n)/)) screen.write(piece, 0, now);
      now += 10_000;
      lines.push(...screen.done(now).map(({ text: line }) => line));
    };
    write('begin\n');
    for (let n = 0; n < 12; n++) write(`${n === 0 ? '' : `${ESC}[2A`}${ESC}[2Kloss ${n}\n${ESC}[2Kacc ${n}\n`);
    // Nothing tells of the first time that there will be a second one.
    const first = ['begin', 'loss 0', 'acc 0'];
    expect(lines).toEqual(first);
    write('end\n');
    expect(lines).toEqual([...first, 'loss 11', 'acc 11', 'end']);
  });

  it('is each line that is printed above bars, soon', () => {
    const screen = new Screen(0);
    const lines: string[] = [];
    let now = 0;
    screen.write('bar 0', 0, now);
    for (let n = 1; n <= 600; n++) {
      now += 100;
      const above = n % 50 === 0 ? `line ${n}\n` : '';
      for (const piece of `\r${ESC}[2K${above}\nbar ${n}${ESC}[1A\n`.split(/(?<=\n)/)) screen.write(piece, 0, now);
      lines.push(...screen.done(now).map(({ text }) => text));
    }
    expect(lines.filter((line) => line.startsWith('line')).length).toBeGreaterThanOrEqual(7);
  });

  it('keeps what is left of a longer row that a shorter one is written over, and what is erased goes', () => {
    expect(shown('\rlonger text\rshort\n')).toEqual(['shortr text']);
    expect(shown(`\rlonger text\rshort${ESC}[K\n`)).toEqual(['short']);
    expect(shown('abc\b\bX\n')).toEqual(['aXc']);
    expect(shown(`one${ESC}[2D${ESC}[P!\n`)).toEqual(['o!']);
  });

  it('keeps colours, ended where they end, and nothing else that moves or hides a cursor', () => {
    expect(shown(`${ESC}[1;32mgreen${ESC}[0m plain\n`)).toEqual([`${ESC}[1;32mgreen${ESC}[0m plain`]);
    expect(shown(`${ESC}[?25l${ESC}]0;title\u0007x${ESC}[?25h\n`)).toEqual(['x']);
    expect(shown(`${ESC}[38;5;0mdark\n`)).toEqual([`${ESC}[38;5;0mdark${ESC}[0m`]);
    expect(shown(`${ESC}[31mred\rblu${ESC}[0m\n`)).toEqual([`${ESC}[31mblu${ESC}[0m`]);
  });

  it('is the same wherever a read ends', () => {
    const whole = `a${ESC}[1;32mgrün${ESC}[0m\nb\r\n${ESC}[2A${ESC}[2Kx\n\r 50%\b!${ESC}]0;a title${ESC}\\${ESC}]8;;y\u0007\n`;
    const expected = shown(whole);
    expect(expected).toEqual(['x', ' 50!']);
    for (let at = 0; at <= whole.length; at++) {
      for (let next = at; next <= whole.length; next++)
        expect(shown(whole.slice(0, at), whole.slice(at, next), whole.slice(next))).toEqual(expected);
    }
  });

  it('obeys a sequence that comes in two reads', () => {
    expect(shown(`a\nb\n${ESC}`, '[2', 'Ax\n\n')).toEqual(['x', 'b']);
  });
});

describe('a row becomes a line', () => {
  it('soon where it is plain text, later where it was drawn over, and not while somebody draws', () => {
    const { screen, now } = written('plain\n', '\rbar 1', '\rbar 2\n', 'below\n');
    expect(screen.done(now + 150).map(({ text }) => text)).toEqual([]);
    expect(screen.done(now + 250).map(({ text }) => text)).toEqual(['plain']);
    expect(screen.done(now + 1_600).map(({ text }) => text)).toEqual(['bar 2', 'below']);
  });

  it('with the place behind which nothing of it comes', () => {
    const { screen, now } = written('ä\n', 'two\n');
    expect(screen.done(now, true)).toEqual([
      { text: 'ä', offset: 3 },
      { text: 'two', offset: 7 },
    ]);
  });

  it('at once where too many wait, and where it is too long', () => {
    const { lines } = written('x\n'.repeat(1_000));
    expect(lines.length).toBeGreaterThanOrEqual(800);
    expect(shown('y'.repeat(150_000)).map(({ length }) => length)).toEqual([65_536, 65_536, 18_928]);
  });

  it('and until then it is what stands there now', () => {
    const { screen } = written('\r 10%', '\r 20%');
    expect(screen.pending).toEqual([' 20%']);
  });
});
