import { describe, expect, it } from 'vitest';
import { svgText } from '../../../charts/save/export';
import { box, fitted, paintingOf, type Shape } from './shapes';

const svgOf = (...shapes: Shape[]): string => svgText(paintingOf({ width: 20, height: 10, background: '#fff', shapes }));

describe('a picture as SVG', () => {
  it('has its ground and its shapes, one above the other', () => {
    const svg = svgOf(
      {
        kind: 'path',
        places: [
          { x: 0, y: 1.23456 },
          { x: 5, y: 2 },
        ],
        colour: '#123456',
        width: 2,
        dash: [4, 2],
        alpha: 0.5,
      },
      { kind: 'area', places: box(0, 0, 4, 2), colour: 'red' },
    );
    expect(svg).toContain('<path d="M0 0L20 0L20 10L0 10Z" fill="#fff"/><path d="M0 1.23L5 2" fill="none"');
    expect(svg).toContain('stroke-dasharray="4 2" stroke-opacity="0.5"/><path d="M0 0L4 0L4 2L0 2Z" fill="red"/>');
  });

  it('has round dots with a rim', () => {
    const svg = svgOf({ kind: 'dot', x: 10, y: 5, radius: 4, colour: 'blue', rim: 'white' });
    const corners = [...svg.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].slice(4).map(([, x, y]) => Math.hypot(Number(x) - 10, Number(y) - 5));
    expect(corners).toHaveLength(48);
    for (const distance of corners) expect(distance).toBeCloseTo(4, 1);
    expect(svg).toMatch(/fill="blue".*stroke="white"/);
  });

  it('lets no name be markup', () => {
    const svg = svgOf({
      kind: 'text',
      x: 0,
      y: 0,
      text: '</text><script>alert(1)</script>',
      colour: '"><script>',
      size: 10,
      anchor: 'start',
      ground: '#fff',
    });
    expect(svg).not.toContain('<script');
  });
});

it('a text is cut where it does not fit', () => {
  expect(fitted('learning_rate', 56, 10)).toBe('learning…');
  expect(fitted('lr', 56, 10)).toBe('lr');
  expect(fitted('learning', 0, 10)).toBe('l…');
});
