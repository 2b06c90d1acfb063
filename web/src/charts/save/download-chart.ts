// A chart as a file.

import { paintPicture } from '../plot/paint-picture';
import type { Scene } from '../plot/scene';
import { inkOf } from '../plot/use-plot';
import { seriesCsv } from './csv';
import { downloadCsv, downloadPng, downloadSvg } from './export';

export interface DownloadedChart {
  readonly title: string;
  readonly scene: Scene;
  readonly unit: string;
  /** Gives the colours of its theme. */
  readonly figure: Element;
}

/** Pixels of a picture. */
const SIZE = { width: 1_000, height: 520 } as const;

export function downloadChart(kind: 'png' | 'svg' | 'csv', { title, scene, unit, figure }: DownloadedChart): void {
  if (kind === 'csv') {
    const series = scene.curves.map((curve) => curve.series);
    downloadCsv(title, seriesCsv(series, scene.axis));
    return;
  }
  const ink = inkOf(figure);
  const painting = {
    ...SIZE,
    paint: (surface: Parameters<typeof paintPicture>[0]) => paintPicture(surface, { ...SIZE, title, scene, unit, ink }),
  };
  if (kind === 'svg') downloadSvg(title, painting);
  else void downloadPng(title, painting);
}
