// Links that show one run inside another page: a notebook, a report, an application's own dashboard.

import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import { embedAddress } from '../../embed/links.js';
import { callerOf } from '../access/caller.js';
import { type Route, route } from '../route.js';

export const embedRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/runs/:runId/embed',
    summary: 'Make a link that shows this one run, and nothing else, until it expires',
    chapter: 'runs',
    access: { scope: 'view', of: 'run' },
    params: Type.Object({ runId: Type.String() }),
    // Whoever has the link sees the run.
    audit: () => ({}),
    answer: {
      schema: Type.Object(
        { url: Type.String(), expiresAt: Type.String({ description: 'ISO 8601' }) },
        {
          description:
            'An address for the src of an iframe. It ends with the key that asked for it, and with the server that made it, at the latest.',
        },
      ),
    },
    errors: ['XT_FORBIDDEN'],
    handle({ services, run, request }) {
      // Else whoever was shown a run for a while could go on for ever.
      const { by, keyId } = callerOf(request);
      if (by === 'link') throw new XTrackError('XT_FORBIDDEN', { detail: 'an embed link makes no further links' });
      const { token, expiresAt } = services.embeds.issue(run.runId, keyId);
      // The host was found to be one of ours before any route is asked.
      const at = `${request.protocol}://${request.headers.host}${mountedAt(request.routeOptions.url ?? '')}`;
      return { url: embedAddress(at, run.runId, token), expiresAt };
    },
  }),
];

/** The path below which the server is mounted, of the pattern of this route: '' or `/xtrack`. */
function mountedAt(pattern: string): string {
  return pattern.slice(0, pattern.lastIndexOf('/api/v1/'));
}
