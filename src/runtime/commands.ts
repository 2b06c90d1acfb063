// Commands to workers: kept in the store, sent (and sent again after a reconnect) until answered or expired.

import { uuidv7 } from 'uuidv7';
import { type Command, type CommandResult, type CommandType, type JsonValue, XTrackError } from '../protocol/index.js';
import type { CommandRecord } from '../storage/store.js';

/** A command that nobody answers is given up after this (ms). */
const DEFAULT_EXPIRY_MS = 60_000;

/** Commands of one run that may be open at once: each is sent again to every worker that connects. */
const MAX_OPEN = 200;

/** A connected worker that takes commands. */
export interface CommandTarget {
  sendCommand(command: Command): void;
}

export interface SendCommandOptions {
  /** Default DEFAULT_EXPIRY_MS. */
  readonly expiresInMs?: number;
  /** Who gives it: recorded with what it changes. At most 512 bytes. */
  readonly by?: string;
  readonly signal?: AbortSignal;
}

export interface StopRunOptions {
  /** ms for each step: the stop command, SIGTERM, SIGKILL. Default 10 s. */
  readonly graceMs?: number;
  /** Who asks for it. */
  readonly by?: string;
}

/** A command that was given: its record as it stands, and its final one once it is answered or has expired. */
export interface IssuedCommand {
  readonly record: CommandRecord;
  readonly answered: Promise<CommandRecord>;
}

interface Open {
  record: CommandRecord;
  /** Workers that cannot do it: the command as a whole is unsupported once all have said so. */
  readonly unable: Set<string>;
  timer: NodeJS.Timeout;
  settle: ((record: CommandRecord) => void)[];
}

/** The open commands of all runs of this control plane. */
export class Commands {
  private readonly open = new Map<string, Open>();
  private readonly targets = new Map<string, Set<CommandTarget>>();
  private readonly save: (record: CommandRecord) => void;
  private readonly now: () => number;

  constructor(save: (record: CommandRecord) => void, now: () => number) {
    this.save = save;
    this.now = now;
  }

  /** True when a connected worker of the run takes commands. */
  reachable(runId: string): boolean {
    return (this.targets.get(runId)?.size ?? 0) > 0;
  }

  /** A worker that takes commands connected: it hears everything that is still open. */
  attach(runId: string, target: CommandTarget): void {
    const targets = this.targets.get(runId) ?? new Set<CommandTarget>();
    this.targets.set(runId, targets);
    if (targets.has(target)) return;
    targets.add(target);
    for (const open of this.open.values()) if (open.record.runId === runId) this.sendTo([target], open);
  }

  detach(runId: string, target: CommandTarget): void {
    const targets = this.targets.get(runId);
    targets?.delete(target);
    if (targets?.size === 0) this.targets.delete(runId);
  }

  /** Takes up commands that a former control plane left unanswered. */
  restore(records: readonly CommandRecord[]): void {
    for (const record of records) {
      if ((record.status === 'pending' || record.status === 'sent') && !this.open.has(record.commandId)) this.track(record);
    }
  }

  /** Sends a command and resolves with its final record: answered or expired. Errors: XT_BUSY; XT_CLOSED on abort. */
  async send(
    runId: string,
    command: CommandType,
    payload: Readonly<Record<string, JsonValue>>,
    options: SendCommandOptions,
  ): Promise<CommandRecord> {
    const { answered } = this.issue(runId, command, payload, options);
    return await untilAborted(answered, options.signal);
  }

  /** Sends a command, to every worker that is connected now or connects before it expires. Errors: XT_BUSY. */
  issue(
    runId: string,
    command: CommandType,
    payload: Readonly<Record<string, JsonValue>>,
    options: Omit<SendCommandOptions, 'signal'>,
  ): IssuedCommand {
    if ([...this.open.values()].filter((open) => open.record.runId === runId).length >= MAX_OPEN)
      throw new XTrackError('XT_BUSY', { detail: `${MAX_OPEN} commands to run '${runId}' are open already` });
    const issuedAt = this.now();
    const record: CommandRecord = {
      commandId: uuidv7(),
      runId,
      command,
      payload,
      issuedBy: options.by ?? null,
      issuedAt,
      expiresAt: issuedAt + (options.expiresInMs ?? DEFAULT_EXPIRY_MS) * 1000,
      status: 'pending',
      result: null,
      error: null,
      answeredAt: null,
    };
    const open = this.track(record);
    this.save(record);
    const answered = new Promise<CommandRecord>((resolve) => open.settle.push(resolve));
    this.sendTo(this.targets.get(runId) ?? [], open);
    return { record: open.record, answered };
  }

  /** A worker answered. The first one that can do it counts; `unsupported` only once every connected worker has said so. */
  answer(result: CommandResult): void {
    const open = this.open.get(result.commandId);
    if (open === undefined || open.record.runId !== result.runId) return;
    if (result.status === 'unsupported') {
      open.unable.add(result.worker);
      if (open.unable.size < (this.targets.get(result.runId)?.size ?? 0)) return;
    }
    this.finish(open, {
      ...open.record,
      status: result.status,
      result: result.result ?? null,
      error: result.error ?? null,
      answeredAt: this.now(),
    });
  }

  /** The run ended: nothing of it will be answered any more. */
  abandon(runId: string): void {
    for (const open of [...this.open.values()]) {
      if (open.record.runId === runId) this.finish(open, { ...open.record, status: 'expired', error: 'the run ended' });
    }
  }

  /** The run is gone from the store, and its commands with it. */
  forget(runId: string): void {
    for (const [commandId, open] of this.open) {
      if (open.record.runId !== runId) continue;
      clearTimeout(open.timer);
      this.open.delete(commandId);
      for (const settle of open.settle) settle({ ...open.record, status: 'expired', error: 'the run was deleted' });
    }
  }

  close(): void {
    for (const open of this.open.values()) clearTimeout(open.timer);
    this.open.clear();
    this.targets.clear();
  }

  private sendTo(targets: Iterable<CommandTarget>, open: Open): void {
    for (const target of targets) {
      target.sendCommand(this.message(open.record));
      if (open.record.status !== 'pending') continue;
      open.record = { ...open.record, status: 'sent' };
      this.save(open.record);
    }
  }

  private message({ commandId, command, payload, issuedBy, expiresAt }: CommandRecord): Command {
    const expiresMs = Math.max(0, Math.round((expiresAt - this.now()) / 1000));
    return { type: 'command', commandId, command, payload, expiresMs, ...(issuedBy === null ? {} : { by: issuedBy }) };
  }

  private track(record: CommandRecord): Open {
    const wait = Math.max(0, (record.expiresAt - this.now()) / 1000);
    const open: Open = {
      record,
      unable: new Set(),
      settle: [],
      timer: setTimeout(
        () => this.finish(open, { ...open.record, status: 'expired', error: 'no answer in time' }),
        Math.min(wait, 2 ** 31 - 1),
      ),
    };
    open.timer.unref();
    this.open.set(record.commandId, open);
    return open;
  }

  private finish(open: Open, record: CommandRecord): void {
    clearTimeout(open.timer);
    open.record = record;
    this.open.delete(record.commandId);
    this.save(record);
    for (const settle of open.settle) settle(record);
  }
}

/** Waiting ends with the signal; the command stays in force. */
async function untilAborted(answered: Promise<CommandRecord>, signal: AbortSignal | undefined): Promise<CommandRecord> {
  if (signal === undefined) return await answered;
  return await new Promise<CommandRecord>((resolve, reject) => {
    const abort = (): void => {
      reject(
        new XTrackError('XT_CLOSED', { detail: 'waiting for the answer was aborted; the command stays in force', cause: signal.reason }),
      );
    };
    const settle = (record: CommandRecord): void => {
      signal.removeEventListener('abort', abort);
      resolve(record);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    void answered.then(settle);
  });
}
