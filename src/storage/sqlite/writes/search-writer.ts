// Writes down what a search reads of a run's metrics, and fills it in for data from before there was a search.

import type { Param } from '../../../protocol/events.js';
import { toFloats } from '../../points/chunk-column.js';
import { openTrack, type RunTails, type TrackRow } from '../../points/run-tails.js';
import { formsOf } from '../../search/forms.js';
import { type MetricFact, metricFacts } from '../../search/metric-facts.js';
import { TrackStats } from '../../series/track-stats.js';
import { decodeJson, decodeText, encodeText } from '../../text.js';
import type { Connection, Statement } from '../driver.js';
import { formColumns } from './record-writer.js';

export class SearchWriter {
  readonly #upsert: Statement;
  readonly #unsettle: Statement;
  readonly #settle: Statement;
  readonly #isUnsettled: Statement;

  constructor(connection: Connection) {
    this.#upsert = connection.prepare(
      `INSERT INTO run_metrics (run, key, phase, count, min, max, first, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run, key, phase) DO UPDATE SET
         count = excluded.count, min = excluded.min, max = excluded.max, first = excluded.first, last = excluded.last`,
    );
    this.#unsettle = connection.prepare('UPDATE runs SET unsettled = 1 WHERE id = ?');
    this.#isUnsettled = connection.prepare('SELECT unsettled FROM runs WHERE id = ?');
    this.#settle = connection.prepare('UPDATE runs SET unsettled = 0 WHERE id = ?');
  }

  /** A search must ask the tails of this run from now on: while a run goes on nothing is written for it. */
  unsettle(tails: RunTails): void {
    if (tails.unsettled) return;
    this.#unsettle.run(tails.row);
    tails.unsettled = true;
  }

  /** True where the run (runs.id) is not written down. */
  isUnsettled(run: number): boolean {
    return (this.#isUnsettled.get(run) as { unsettled: number } | undefined)?.unsettled === 1;
  }

  /** Writes all metrics of the run down. Its tails are written down already. */
  settle(tails: RunTails): void {
    this.putFacts(tails.row, metricFacts(tails.tracks.values()));
    this.#settle.run(tails.row);
    tails.unsettled = false;
  }

  /** SQLite keeps NaN as NULL by itself. */
  putFacts(run: number, facts: readonly MetricFact[]): void {
    for (const { key, phase, count, min, max, first, last } of facts)
      this.#upsert.run(run, encodeText(key), phase, count, min, max, first, last);
  }
}

/** The other half of migration 0002. */
export function fillSearch(connection: Connection): void {
  const runs = connection.prepare('SELECT id FROM runs').all() as { id: number }[];
  const writer = new SearchWriter(connection);
  for (const { id } of runs) fillRun(connection, writer, id);
}

function fillRun(connection: Connection, writer: SearchWriter, run: number): void {
  const all = <Row>(sql: string): Row[] => connection.prepare(sql).all(run) as Row[];
  const setParam = connection.prepare('UPDATE params SET number = ?, text = ?, folded = ? WHERE run = ? AND key = ?');
  for (const { key, record } of all<{ key: string; record: string }>('SELECT key, record FROM params WHERE run = ?'))
    setParam.run(...formColumns(formsOf(decodeJson<Param>(record).value)), run, key);
  const setTag = connection.prepare('UPDATE tags SET number = ?, text = ?, folded = ? WHERE run = ? AND key = ?');
  for (const { key, value } of all<{ key: string; value: string }>('SELECT key, value FROM tags WHERE run = ?'))
    setTag.run(...formColumns(formsOf(decodeText(value))), run, key);
  const tracks = all<TrackRow & { readonly stats: Uint8Array }>('SELECT * FROM tracks WHERE run = ?');
  writer.putFacts(run, metricFacts(tracks.map((row) => openTrack('', row, TrackStats.unpack(toFloats(row.stats))))));
}
