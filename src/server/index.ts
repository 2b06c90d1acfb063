/**
 * XTrack inside an HTTP application that is there already: the page and the API as a Fastify plugin.
 *
 * @example
 * ```ts
 * import Fastify from 'fastify';
 * import { XTrack } from 'xtrack';
 * import { xtrackPlugin } from 'xtrack/server';
 *
 * const xtrack = await XTrack.start();
 * const app = Fastify();
 * await app.register(xtrackPlugin(xtrack, { prefix: '/xtrack', authenticate: (request) => userOf(request) }));
 * await app.listen({ port: 3000 });
 * ```
 *
 * @packageDocumentation
 */

export { type EmbedFrameOptions, embedFrame } from './embed/frame.js';
export { type RunPictureOptions, runPicture } from './embed/picture.js';
export type { Authenticate } from './http/access/caller.js';
export type { Grant, Principal } from './http/access/principal.js';
export type { HttpServer, HttpServerOptions } from './http/app.js';
export type { ControlPlane } from './http/control-plane.js';
export { type PluginOptions, xtrackPlugin } from './http/mount.js';
