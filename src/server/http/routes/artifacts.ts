// Artifacts: listed, looked into, downloaded.

import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import type { Artifact } from '../../../protocol/events.js';
import type { Run } from '../../../query/run.js';
import { disposition } from '../answers/file-name.js';
import { type ArtifactContent, type ByteRange, entryId, openContent, placeIn, readRange } from '../artifacts/content.js';
import { claimedType, SHOWN_TYPES, SNIFFED, shownType } from '../artifacts/media-type.js';
import { previewOf } from '../artifacts/preview.js';
import { ArtifactRoots } from '../artifacts/roots.js';
import type { ControlPlane } from '../control-plane.js';
import { type Call, type Route, route } from '../route.js';
import { inTurns } from '../runs-in-view.js';
import { anyNumber, runParams } from '../schemas.js';
import type { Services } from '../services.js';

/** Artifacts of a run that are listed: the first. */
const MOST_LISTED = 50_000;
const PAGE = 500;
/** Files looked for at once. */
const AT_ONCE = 16;

const view = { scope: 'view', of: 'run' } as const;
const params = Type.Object({ ...runParams.properties, artifactId: Type.String({ maxLength: 64 }) });
const text = Type.Union([Type.String(), Type.Null()]);
const number = Type.Union([anyNumber, Type.Null()]);

export const artifactsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/runs/:runId/artifacts',
    summary: 'The artifacts of a run, in the order recorded',
    chapter: 'artifacts',
    access: view,
    params: runParams,
    answer: {
      schema: Type.Array(
        Type.Object({
          id: Type.String(),
          path: Type.String(),
          kind: Type.String(),
          name: text,
          size: number,
          checksum: text,
          step: number,
          metadata: Type.Unknown(),
          ts: Type.Number({ description: 'µs since the epoch' }),
          available: Type.Boolean({ description: 'its content can be had here' }),
          mime: text,
        }),
      ),
    },
    handle: async ({ xtrack, services, run }) => {
      const roots = rootsOf(xtrack, services, run);
      const all: Artifact[] = [];
      for (let more = true; more && all.length < MOST_LISTED; ) {
        const page = await xtrack.listArtifacts(run, { offset: all.length, limit: PAGE });
        all.push(...page);
        more = page.length === PAGE;
      }
      return await inTurns([...all.entries()], AT_ONCE, async ([place, artifact]) =>
        toItem(place, artifact, await isAvailable(artifact, roots)),
      );
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/artifacts/:artifactId/content',
    summary: 'The bytes of an artifact, for download; pictures and sounds in place with inline=1',
    chapter: 'artifacts',
    access: view,
    params,
    query: Type.Object({ inline: Type.Optional(Type.Enum(['0', '1'])) }),
    answer: { others: [206, 416], media: ['application/octet-stream', ...SHOWN_TYPES] },
    errors: ['XT_NOT_FOUND'],
    async handle({ xtrack, services, run, params: { artifactId }, query, request, reply }) {
      const artifact = await find(xtrack, run, artifactId);
      const content = await contentOf(artifact, rootsOf(xtrack, services, run));
      try {
        const shown = query.inline === '1' ? shownType(await content.read(0, SNIFFED)) : undefined;
        setHeaders(reply, artifact, content, shown);
        return await send(reply, content, request);
      } catch (error) {
        await content.close();
        throw error;
      }
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/artifacts/:artifactId/preview',
    summary: 'A look into an artifact: the beginning of a text or a table, or where a picture or a sound is',
    chapter: 'artifacts',
    access: view,
    params,
    answer: {
      schema: Type.Object({
        kind: Type.Enum(['image', 'audio', 'text', 'json', 'table', 'histogram', 'none']),
        text: Type.Optional(Type.String()),
        columns: Type.Optional(Type.Array(Type.String())),
        rows: Type.Optional(Type.Array(Type.Array(Type.Unknown()))),
        url: Type.Optional(Type.String()),
        truncated: Type.Boolean(),
        columnsInAll: Type.Optional(Type.Integer({ description: 'of a table that is cut, where that is known' })),
        rowsInAll: Type.Optional(Type.Integer()),
        reason: Type.Optional(Type.String()),
      }),
    },
    errors: ['XT_NOT_FOUND'],
    async handle({ xtrack, services, run, params: { artifactId }, request }) {
      const artifact = await find(xtrack, run, artifactId);
      const content = await openContent(artifact, rootsOf(xtrack, services, run));
      if (content === undefined) return { kind: 'none', truncated: false, reason: ELSEWHERE };
      try {
        return await previewOf(artifact, content, request.originalUrl.replace(/\/preview(\?.*)?$/, '/content?inline=1'));
      } finally {
        await content.close();
      }
    },
  }),
];

const ELSEWHERE = 'Only its place is known here: the server serves no files from there.';

function toItem(place: number, artifact: Artifact, available: boolean): object {
  const { path, kind, name, size, checksum, step, metadata, ts } = artifact;
  return {
    id: entryId(place, artifact),
    path,
    kind,
    name: name ?? null,
    size: size ?? null,
    checksum: checksum ?? null,
    step: step ?? null,
    metadata: metadata ?? null,
    ts,
    available,
    mime: claimedType(name ?? path, metadata?.mime) ?? claimedType(path, undefined),
  };
}

async function isAvailable({ upload, content, path }: Artifact, roots: ArtifactRoots): Promise<boolean> {
  if (upload !== 'reference') return upload === 'inline' && content !== undefined;
  return (await roots.look(path)) === 'file';
}

function rootsOf({ directory }: Pick<ControlPlane, 'directory'>, { artifactRoots }: Services, { runId }: Run): ArtifactRoots {
  return new ArtifactRoots(artifactRoots, directory, runId);
}

async function find(xtrack: Pick<ControlPlane, 'artifactAt'>, run: Run, artifactId: string): Promise<Artifact> {
  const place = placeIn(artifactId);
  const artifact = place === undefined ? undefined : await xtrack.artifactAt(run, place);
  if (place === undefined || artifact === undefined || entryId(place, artifact) !== artifactId)
    throw new XTrackError('XT_NOT_FOUND', { detail: 'the run has no such artifact', field: 'artifactId' });
  return artifact;
}

async function contentOf(artifact: Artifact, roots: ArtifactRoots): Promise<ArtifactContent> {
  const content = await openContent(artifact, roots);
  if (content === undefined) throw new XTrackError('XT_NOT_FOUND', { detail: ELSEWHERE, field: 'artifactId' });
  return content;
}

/** Never a page of our origin: its type is ours to say, and whatever it is, it runs nothing. */
function setHeaders(reply: FastifyReply, { name, path }: Artifact, content: ArtifactContent, shown: string | undefined): void {
  reply
    .type(shown ?? 'application/octet-stream')
    .header('content-disposition', disposition(shown === undefined ? 'attachment' : 'inline', name ?? path))
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'same-origin')
    .header('accept-ranges', 'bytes')
    .header('etag', `"${content.tag}"`)
    .header('cache-control', 'private, no-cache');
}

async function send(
  reply: FastifyReply,
  content: ArtifactContent,
  { headers, method }: Call<unknown, unknown, unknown>['request'],
): Promise<FastifyReply> {
  const { size, tag } = content;
  if (headers['if-none-match']?.includes(`"${tag}"`) === true) {
    await content.close();
    return reply.code(304).send();
  }
  // A part of what has changed since is of no use to whoever asks for it.
  const fresh = headers['if-range'] === undefined || headers['if-range'] === `"${tag}"`;
  const range: ByteRange | 'none' | null = fresh ? readRange(headers.range, size) : null;
  if (range === 'none') {
    await content.close();
    return reply.code(416).header('content-range', `bytes */${size}`).send();
  }
  const { from, to } = range ?? { from: 0, to: size };
  if (range !== null) reply.code(206).header('content-range', `bytes ${from}-${to - 1}/${size}`);
  reply.header('content-length', to - from);
  if (method !== 'HEAD') return reply.send(content.stream(from, to));
  await content.close();
  return reply.send(Readable.from([]));
}
