// Where the pages are loaded from: each when it is first looked at, and the first one while the session is being made.

/** The page of a name, as its file exports it. */
const files = {
  runs: async () => (await import('../pages/runs/runs-page')).RunsPage,
  run: async () => (await import('../pages/run/run-page')).RunPage,
  compare: async () => (await import('../pages/compare/compare-page')).ComparePage,
  experiments: async () => (await import('../pages/experiments/experiments-page')).ExperimentsPage,
  experiment: async () => (await import('../pages/experiments/experiment-page')).ExperimentPage,
  keys: async () => (await import('../pages/keys/keys-page')).KeysPage,
} as const;

export type PageName = keyof typeof files;
export type PageOf<K extends PageName> = Awaited<ReturnType<(typeof files)[K]>>;

const loaded = new Map<PageName, unknown>();

/** Errors: the file cannot be fetched. */
export async function loadPage<K extends PageName>(name: K): Promise<PageOf<K>> {
  const page = await files[name]();
  loaded.set(name, page);
  return page as PageOf<K>;
}

/** The page, if it is here already. */
export function loadedPage<K extends PageName>(name: K): PageOf<K> | undefined {
  return loaded.get(name) as PageOf<K> | undefined;
}

/** Loads what an address shows; what it does not know is loaded when it is drawn. */
export async function preloadPage(path: string): Promise<void> {
  const name = pageAt(path);
  if (name !== undefined) await loadPage(name);
}

function pageAt(path: string): PageName | undefined {
  const [, first = '', second = ''] = path.split('/');
  if (first === '') return 'runs';
  if (first === 'runs') return second === '' ? 'runs' : 'run';
  if (first === 'experiments') return second === '' ? 'experiments' : 'experiment';
  return first === 'compare' || first === 'keys' ? first : undefined;
}
