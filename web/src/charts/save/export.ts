// Pictures and tables as files: PNG, SVG and CSV, made in the page itself.

import { CanvasSurface, type Surface } from '../plot/surface';
import { SvgSurface } from '../plot/svg-surface';

/** A picture that can be painted on anything. */
export interface Painting {
  /** Pixels; a PNG has twice as many, for print. */
  readonly width: number;
  readonly height: number;
  readonly paint: (surface: Surface) => void;
}

const PNG_SCALE = 2;

export function svgText({ width, height, paint }: Painting): string {
  const surface = new SvgSurface();
  paint(surface);
  return surface.document(width, height);
}

/** Null where the browser cannot make one (a canvas too large). */
async function pngBlob({ width, height, paint }: Painting): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.scale(PNG_SCALE, PNG_SCALE);
  paint(new CanvasSurface(context));
  return await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

export async function downloadPng(name: string, painting: Painting): Promise<void> {
  const blob = await pngBlob(painting);
  if (blob !== null) downloadBlob(`${name}.png`, blob);
}

export function downloadSvg(name: string, painting: Painting): void {
  downloadBlob(`${name}.svg`, new Blob([svgText(painting)], { type: 'image/svg+xml' }));
}

/** `csv`: what csvOf() or seriesCsv() gave. */
export function downloadCsv(name: string, csv: string): void {
  downloadBlob(`${name}.csv`, new Blob([csv], { type: 'text/csv' }));
}

/** What names of metrics and runs hold that names of files should not becomes a dash. */
function downloadBlob(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(-120);
  link.click();
  // The browser has taken hold of it by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
