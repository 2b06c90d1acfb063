// The tabs of the run page, each with an address of its own.

export interface RunTab {
  readonly id: string;
  readonly label: string;
}

export const RUN_TABS = [
  { id: 'charts', label: 'Charts' },
  { id: 'overview', label: 'Overview' },
  { id: 'logs', label: 'Logs' },
  { id: 'artifacts', label: 'Artifacts' },
  { id: 'checkpoints', label: 'Checkpoints' },
  { id: 'timeline', label: 'Timeline' },
  { id: 'system', label: 'System' },
] as const satisfies readonly RunTab[];

export type RunTabId = (typeof RUN_TABS)[number]['id'];

/** The tab that an address names; the first where it names none. Null: there is no such tab. */
export function tabOf(name: string | undefined): RunTabId | null {
  if (name === undefined || name === '') return RUN_TABS[0].id;
  return RUN_TABS.find(({ id }) => id === name)?.id ?? null;
}
