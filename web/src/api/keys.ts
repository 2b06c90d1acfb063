// The names under which answers are kept: one place, so that what changes a run and what shows it agree.

export const keys = {
  info: ['info'],
  health: ['health'],
  searchKeys: ['keys'],
  experiments: ['experiments'],
  apiKeys: ['api-keys'],
  allRuns: ['runs'],
  runs: (question: unknown) => ['runs', question],
  /** Everything about a run lies below it. */
  run: (runId: string) => ['run', runId],
  detail: (runId: string) => ['run', runId, 'detail'],
  part: (runId: string, part: RunPart) => ['run', runId, part],
} as const;

export type RunPart =
  | 'metrics'
  | 'params'
  | 'artifacts'
  | 'checkpoints'
  | 'commands'
  | 'knobs'
  | 'changes'
  | 'marks'
  | 'timeline'
  | 'lineage';
