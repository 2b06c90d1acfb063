// How a user names a run: its id, the beginning of its id, or `latest`.

import { type Run, type RunQuery, type XTrack, XTrackError } from '../index.js';

const PAGE = 200;
/** Ids listed when a prefix is ambiguous. */
const SHOWN = 5;

type Finder = Pick<XTrack, 'getRun' | 'searchRuns'>;

type Among = Pick<RunQuery, 'deleted'>;

/** The one run that is meant. Throws XT_RUN_NOT_FOUND, or XT_ARGUMENT where a prefix fits several. */
export async function findRun(xtrack: Finder, reference: string): Promise<Run> {
  return (await getRunOrNothing(xtrack, reference)) ?? (await referredTo(xtrack, reference, {}));
}

/** The same among the runs in the trash; `latest` is the newest run there. */
export async function findDeletedRun(xtrack: Finder, reference: string): Promise<Run> {
  const exact = await getRunOrNothing(xtrack, reference);
  return exact?.deletedAt != null ? exact : await referredTo(xtrack, reference, { deleted: 'only' });
}

async function referredTo(xtrack: Finder, reference: string, among: Among): Promise<Run> {
  if (reference === 'latest') return await latestRun(xtrack, among);
  const matches = await startingWith(xtrack, reference, among);
  const [only] = matches;
  const where = among.deleted === undefined ? '' : ' in the trash';
  if (only === undefined)
    throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run${where} has an id that is or starts with ${reference}` });
  if (matches.length === 1) return only;
  const ids = matches
    .slice(0, SHOWN)
    .map((run) => run.runId)
    .join(', ');
  throw new XTrackError('XT_ARGUMENT', {
    detail: `${reference} is the beginning of several run ids: ${ids}${matches.length > SHOWN ? ', …' : ''}`,
    field: 'RUN',
  });
}

async function getRunOrNothing(xtrack: Finder, runId: string): Promise<Run | undefined> {
  try {
    return await xtrack.getRun(runId);
  } catch (error) {
    if (error instanceof XTrackError && error.code === 'XT_RUN_NOT_FOUND') return undefined;
    throw error;
  }
}

async function latestRun(xtrack: Finder, among: Among): Promise<Run> {
  const [newest] = await xtrack.searchRuns({ ...among, limit: 1 });
  if (newest === undefined)
    throw new XTrackError('XT_RUN_NOT_FOUND', { detail: among.deleted === undefined ? 'there are no runs yet' : 'the trash is empty' });
  return newest;
}

/** The search knows substrings of ids and names; only beginnings of ids count here. */
async function startingWith(xtrack: Finder, prefix: string, among: Among): Promise<Run[]> {
  const matches: Run[] = [];
  for (let offset = 0; matches.length <= SHOWN; offset += PAGE) {
    const page = await xtrack.searchRuns({ ...among, text: prefix, limit: PAGE, offset });
    matches.push(...page.filter((run) => run.runId.startsWith(prefix)));
    if (page.length < PAGE) break;
  }
  return matches;
}
