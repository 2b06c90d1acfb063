// The executable contract of the store port: every backend runs it, ours and those of others.

import { describe, it } from 'vitest';
import { axisCases } from './store-cases/axes.js';
import { blockCases } from './store-cases/blocks.js';
import { bucketCases } from './store-cases/buckets.js';
import type { StoreCase, StoreUnderTest } from './store-cases/case.js';
import { entryCases } from './store-cases/entries.js';
import { failureCases } from './store-cases/failures.js';
import { longCases } from './store-cases/long.js';
import { pointCases } from './store-cases/points.js';
import { reopenCases } from './store-cases/reopen.js';
import { revisionCases } from './store-cases/revisions.js';
import { runCases } from './store-cases/runs.js';
import { searchCases } from './store-cases/search.js';
import { trashCases } from './store-cases/trash.js';
import { upkeepCases } from './store-cases/upkeep.js';

export interface StoreContractOptions {
  readonly name: string;
  open(): Promise<StoreUnderTest>;
  /** False for a store that ends with its process: the cases about opening it again do not apply. Default true. */
  readonly durable?: boolean;
  /** Tests by name that this store cannot pass, and why. */
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

/**
 * Declares the whole contract as vitest tests.
 *
 * @example storeContract({ name: 'mine', open: async () => ({ store: await openMine(), dispose: dropMine }) });
 */
export function storeContract(options: StoreContractOptions): void {
  const reasons = new Map((options.skip ?? []).flatMap(({ reason, tests }) => tests.map((test) => [test, reason] as const)));
  const declare: StoreCase = (name, body) => {
    const reason = reasons.get(name);
    if (reason !== undefined) it.skip(`${name} (${reason})`, () => undefined);
    else it(name, () => withSubject(options, body));
  };
  describe(`store contract: ${options.name}`, () => {
    describe('runs', () => runCases(declare));
    describe('search', () => searchCases(declare));
    describe('trash', () => trashCases(declare));
    describe('upkeep', () => upkeepCases(declare));
    describe('entries', () => entryCases(declare));
    describe('points', () => pointCases(declare));
    describe('buckets', () => bucketCases(declare));
    describe('long series', () => longCases(declare));
    describe('axes', () => axisCases(declare));
    describe('blocks', () => blockCases(declare));
    describe('revisions', () => revisionCases(declare));
    describe('failures', () => failureCases(declare));
    if (options.durable !== false) describe('reopening', () => reopenCases(declare));
  });
}

async function withSubject(options: StoreContractOptions, body: (subject: StoreUnderTest) => Promise<void>): Promise<void> {
  const subject = await options.open();
  try {
    await body(subject);
  } finally {
    await subject.dispose();
  }
}
