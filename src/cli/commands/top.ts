// `xtrack top`: every live run on one screen, with the keys to steer it.

import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { XTrackError } from '../../index.js';
import { RunsAnywhere } from '../../server/control/runs-anywhere.js';
import { type CommonOptions, reading } from '../context.js';
import { outputWidth, print, printJsonArray, remark } from '../output.js';
import { userName } from '../send-command.js';
import { FullScreen } from '../terminal/full-screen.js';
import { TopData } from '../top/top-data.js';
import { headLine, layoutOf, rowLine } from '../top/top-list.js';
import { rowJson } from '../top/top-run.js';
import { drawTop } from '../top/top-screen.js';
import { type Intent, TopState } from '../top/top-state.js';

interface TopOptions extends CommonOptions {
  readonly once?: boolean;
  readonly metrics?: string;
  readonly filter?: string;
}

/** Between two looks at the store (ms). */
const REFRESH_MS = 700;
/** Cells of a line where nobody says how wide it may be. */
const PIPE_WIDTH = 160;

export function topCommand(): Command {
  return new Command('top')
    .description('watch and steer the live runs on a full screen; in a pipe or with --once, print them once')
    .option('--metrics <list>', 'metrics to show, with commas (default: those that tell most)')
    .option('--filter <search>', 'only these runs, in the search language')
    .option('--once', 'print what there is and end')
    .action(top);
}

async function top(options: TopOptions): Promise<void> {
  const wanted = (options.metrics ?? '').split(',').map((key) => key.trim());
  const once = options.once === true || options.json === true || !process.stdout.isTTY || !process.stdin.isTTY;
  await reading(options, async (xtrack) => {
    const data = new TopData(
      xtrack,
      wanted.filter((key) => key !== ''),
    );
    await (once ? snapshot(data, options) : new Page(data, new RunsAnywhere(xtrack), options).run());
  });
}

async function snapshot(data: TopData, { filter = '', json }: TopOptions): Promise<void> {
  const rows = await data.read(filter, 'newest');
  const now = Date.now();
  if (json) return await printJsonArray(rows.map((row) => rowJson(row, now)));
  if (rows.length === 0) return remark('no runs');
  const width = Math.min(outputWidth(), process.stdout.isTTY ? Number.POSITIVE_INFINITY : PIPE_WIDTH);
  const layout = layoutOf(width);
  await print(...[headLine(layout, width), ...rows.map((row) => rowLine(row, false, layout, width, now))].map((line) => line.trimEnd()));
}

/** The full screen, from its beginning to its end. */
class Page {
  readonly #data: TopData;
  readonly #runs: RunsAnywhere;
  readonly #state: TopState;
  readonly #quit = new AbortController();
  #screen: FullScreen | undefined;
  /** Aborted to look at the store at once. */
  #wait = new AbortController();

  constructor(data: TopData, runs: RunsAnywhere, options: TopOptions) {
    this.#data = data;
    this.#runs = runs;
    this.#state = new TopState(options.filter ?? '');
  }

  async run(): Promise<void> {
    const end = (): void => this.#end();
    // The first look may raise what is wrong with the filter: on the old screen, as with any command.
    this.#state.show(await this.#data.read(this.#state.filter, this.#state.sort));
    process.on('SIGTERM', end);
    this.#screen = new FullScreen(process.stdin, process.stdout, {
      draw: (columns, rows) => drawTop(this.#state, columns, rows, Date.now()),
      onKey: (key) => this.#press(key),
      onEnd: end,
    });
    try {
      while (!this.#quit.signal.aborted) {
        await this.#refresh();
        this.#screen.draw();
        this.#wait = new AbortController();
        await sleep(REFRESH_MS, undefined, { signal: AbortSignal.any([this.#wait.signal, this.#quit.signal]) }).catch(() => undefined);
      }
    } finally {
      this.#screen.close();
      process.off('SIGTERM', end);
    }
  }

  #end(): void {
    this.#quit.abort();
  }

  async #refresh(): Promise<void> {
    const { filter, sort } = this.#state;
    try {
      this.#state.show(await this.#data.read(filter, sort));
      const { selected, page } = this.#state;
      if (page === 'details' && selected !== undefined)
        this.#state.details = await this.#data.details(selected, process.stdout.columns || 80);
    } catch (error) {
      const known = XTrackError.from(error, 'XT_INTERNAL');
      // A filter that is being written, a run that was deleted between two questions: both are told, and the page goes on.
      this.#state.note = { text: `${known.detail}; ${known.remedy}`, tone: 'bad' };
      if (known.code === 'XT_SEARCH') this.#state.show([]);
    }
  }

  #press(key: string): void {
    const intent = this.#state.press(key);
    if (intent !== undefined) this.#carryOut(intent);
    this.#screen?.draw();
  }

  #carryOut(intent: Intent): void {
    if (intent.kind === 'quit') this.#end();
    else if (intent.kind === 'refresh') this.#wait.abort();
    else void this.#steer(intent);
  }

  /** Sends, and shows what was answered, whenever that is. */
  async #steer(intent: Extract<Intent, { kind: 'command' | 'stop' }>): Promise<void> {
    const { name } = intent.run;
    const what = intent.kind === 'stop' ? 'stop' : intent.type;
    this.#state.note = { text: `${what} ${name}: sent`, tone: 'plain' };
    try {
      const said = await this.#ask(intent);
      this.#state.note = { text: `${what} ${name}: ${said}`, tone: said.startsWith('ok') || said === 'stopping' ? 'good' : 'bad' };
    } catch (error) {
      const { detail, remedy } = XTrackError.from(error, 'XT_INTERNAL');
      this.#state.note = { text: `${what} ${name}: ${detail}; ${remedy}`, tone: 'bad' };
    }
    this.#wait.abort();
  }

  async #ask(intent: Extract<Intent, { kind: 'command' | 'stop' }>): Promise<string> {
    const { runId } = intent.run.run;
    const by = userName();
    if (intent.kind === 'stop') {
      await this.#runs.beginStop(runId, { by });
      return 'stopping';
    }
    // Whoever leaves does not wait for the answer.
    const { status, result, error } = await this.#runs.send(runId, { type: intent.type, payload: intent.payload, by }, this.#quit.signal);
    return `${status} ${error ?? (result === null ? '' : JSON.stringify(result))}`.trimEnd();
  }
}
