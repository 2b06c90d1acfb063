// Contracts for those who write their own backend: run them in vitest against it (fast-check is needed too).

export { SampleRun, sampleBatch, sampleMark, sampleRecord } from './sample-run.js';
export type { StoreCase, StoreUnderTest } from './store-cases/case.js';
export { type StoreContractOptions, storeContract } from './store-contract.js';
