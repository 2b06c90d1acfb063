// What the HTTP server needs of a control plane; an XTrack is one. Apart from the server, which who only speaks of it need not load.

import type { CommandType } from '../../protocol/collector-messages.js';
import type { JsonValue, TrackEvent } from '../../protocol/events.js';
import type { Run } from '../../query/run.js';
import type { RunQuestions } from '../../query/run-questions.js';
import type { CommandChanged, Lagged, RunDeleted } from '../../runtime/bus.js';
import type { IssuedCommand, SendCommandOptions, StopRunOptions } from '../../runtime/commands.js';
import type { GivenCommand } from '../../runtime/process/given-commands.js';
import type { StartRunOptions } from '../../runtime/process/run-manager.js';
import type { PendingOutput } from '../../runtime/process/terminal/pending-output.js';
import type { RunEdit } from '../../runtime/run-edit.js';
import type { CommandRecord } from '../../storage/store.js';
import type { IngestOptions, IngestReport } from '../../transports/recorded/ingest.js';

/** Of the page, when none is named. */
export const HTTP_PORT = 7007;

/** What `subscribe` yields. */
export type LiveItem =
  | TrackEvent
  | { readonly type: 'run_changed'; readonly runId: string; readonly run: Run }
  | CommandChanged
  | RunDeleted
  | Lagged;

/** What keeps the runs. */
export type StoreKind = 'sqlite' | 'postgres' | 'memory' | 'custom';

export interface ControlPlane extends RunQuestions {
  readonly directory: string | null;
  readonly storeKind: StoreKind;
  /** False while commits are stuck. */
  readonly healthy: boolean;
  /** Why they are, in words for people; null while all is well. */
  readonly trouble: string | null;
  startRun(options: StartRunOptions): Promise<Run>;
  getPendingOutput(run: Run | string): Promise<PendingOutput>;
  commandOf(runId: string): Promise<GivenCommand | undefined>;
  beginStop(runId: string, options?: StopRunOptions): Promise<{ readonly ended: Promise<Run> }>;
  sendCommand(
    runId: string,
    type: CommandType,
    payload?: Readonly<Record<string, JsonValue>>,
    options?: SendCommandOptions,
  ): Promise<CommandRecord>;
  issueCommand(
    runId: string,
    type: CommandType,
    payload?: Readonly<Record<string, JsonValue>>,
    options?: Omit<SendCommandOptions, 'signal'>,
  ): Promise<IssuedCommand>;
  isReachable(runId: string): boolean;
  ingest(body: Uint8Array, options: IngestOptions & { readonly format: 'frames' | 'lines' }): Promise<IngestReport>;
  foreignRevision(): Promise<string | null>;
  foreignRuns(createdAfter: number): Promise<Run[]>;
  updateRun(runId: string, edit: RunEdit): Promise<Run>;
  deleteRun(runId: string): Promise<void>;
  restoreRun(runId: string): Promise<Run>;
  purgeRun(runId: string): Promise<void>;
  subscribe(
    runId: string,
    options?: { readonly signal?: AbortSignal; readonly types?: readonly string[]; readonly maxQueue?: number },
  ): AsyncIterableIterator<LiveItem>;
}
