// Paints into the text of an SVG document, which opens and edits anywhere. Every text in it is escaped.

import type { Pen } from './curve-path';
import { type FillStyle, FONT, type LineStyle, type Surface, type TextStyle } from './surface';

export class SvgSurface implements Surface {
  readonly #parts: string[] = [];
  #clips = 0;

  stroke(trace: (pen: Pen) => void, { colour, width, dash, alpha }: LineStyle): void {
    const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
    const rest = `stroke="${escapeXml(colour)}" stroke-width="${width}"${dashes}${opacity('stroke', alpha)}`;
    this.#path(trace, `fill="none" stroke-linejoin="round" ${rest}`);
  }

  fill(trace: (pen: Pen) => void, { colour, alpha }: FillStyle): void {
    this.#path(trace, `fill="${escapeXml(colour)}"${opacity('fill', alpha)}`);
  }

  text(x: number, y: number, text: string, { colour, size, anchor, bold }: TextStyle): void {
    const weight = bold === true ? ' font-weight="600"' : '';
    const where = `x="${short(x)}" y="${short(y)}" text-anchor="${anchor}"`;
    this.#parts.push(`<text ${where} fill="${escapeXml(colour)}" font-size="${size}"${weight}>${escapeXml(text)}</text>`);
  }

  clip(left: number, top: number, width: number, height: number): () => void {
    this.#clips += 1;
    const id = `clip${this.#clips}`;
    const box = `x="${short(left)}" y="${short(top)}" width="${short(width)}" height="${short(height)}"`;
    this.#parts.push(`<clipPath id="${id}"><rect ${box}/></clipPath><g clip-path="url(#${id})">`);
    return () => this.#parts.push('</g>');
  }

  /** The whole document. */
  document(width: number, height: number): string {
    const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
    return `${head} font-family="${FONT}">${this.#parts.join('')}</svg>\n`;
  }

  #path(trace: (pen: Pen) => void, attributes: string): void {
    const pen = new SvgPen();
    trace(pen);
    if (pen.data !== '') this.#parts.push(`<path d="${pen.data}" ${attributes}/>`);
  }
}

class SvgPen implements Pen {
  data = '';

  moveTo(x: number, y: number): void {
    this.data += `M${short(x)} ${short(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.data += `L${short(x)} ${short(y)}`;
  }

  closePath(): void {
    this.data += 'Z';
  }
}

function opacity(of: 'stroke' | 'fill', alpha: number | undefined): string {
  return alpha === undefined || alpha === 1 ? '' : ` ${of}-opacity="${short(alpha)}"`;
}

/** A hundredth of a pixel is more than a screen shows. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Also drops the control characters that XML cannot hold. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return clean.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
