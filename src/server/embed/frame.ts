// A run's page as an `<iframe>` for somebody else's page.

import { XTrackError } from '../../protocol/errors.js';
import { escapeMarkup } from '../markup.js';

/** Pixels. */
const HEIGHT = 480;
const MOST = 10_000;

export interface EmbedFrameOptions {
  /** Pixels, 1 to 10,000. Default 480. */
  readonly height?: number;
  /** What screen readers call the frame. */
  readonly title?: string;
}

/**
 * The HTML of a frame that shows an embed link (what `POST /api/v1/runs/:runId/embed` answers). Everything in it is escaped, and the frame
 * may run the page's own scripts and save a chart: no forms, no windows, no way to move the page around it.
 * Errors: XT_ARGUMENT where the address is not http(s) or the height is not in bounds.
 *
 * @example page.write(embedFrame(link.url, { height: 360 }));
 */
export function embedFrame(url: string, { height = HEIGHT, title = 'XTrack run' }: EmbedFrameOptions = {}): string {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw new XTrackError('XT_ARGUMENT', { detail: 'the address of a frame begins with http:// or https://', field: 'url' });
  if (!Number.isFinite(height) || height < 1 || height > MOST)
    throw new XTrackError('XT_ARGUMENT', { detail: `the height of a frame is 1 to ${MOST} pixels`, field: 'height' });
  const attributes = [
    `src="${escapeMarkup(address.href)}"`,
    `title="${escapeMarkup(title)}"`,
    `width="100%" height="${Math.round(height)}"`,
    // allow-same-origin: the page asks its own server; that is another origin than the page around it.
    'sandbox="allow-scripts allow-same-origin allow-downloads" referrerpolicy="no-referrer" loading="lazy"',
    'style="border: 0; color-scheme: normal"',
  ];
  return `<iframe ${attributes.join(' ')}></iframe>`;
}
