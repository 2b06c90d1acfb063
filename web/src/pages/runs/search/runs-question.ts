// What the runs page asks of the server for a view: worked out here alone, since it is asked ahead of the page, too.

import { type RunsQuestion, runsPath } from '../../../api/runs-path';
import type { SearchKeys } from '../../../api/types';
import { askedOf, chosenFor, type RunColumn } from '../columns/columns';
import { type RunsView, readView } from '../view/view-state';
import { groupedBy, limitOf, withinExperiment } from './search-order';

/** Runs a page while all are wanted for their groups. */
const GROUPED_PAGE = 1_000;

/** The columns of the view, or those that suit what there is. `experimentId`: only its runs are shown. */
export function columnsOf({ columns }: RunsView, keys: SearchKeys | undefined, experimentId: string | undefined): readonly RunColumn[] {
  return columns ?? chosenFor(keys).filter(({ expr }) => experimentId === undefined || expr !== 'experiment');
}

/** The runs are shown in groups; the trash is one list. */
export function isGrouped({ group, trash }: RunsView): boolean {
  return group !== null && !trash;
}

/** Values of each run that are asked for, in the order of the answer. */
export function valuesOf(view: RunsView, columns: readonly RunColumn[]): readonly string[] {
  const own = askedOf(columns);
  const { group } = view;
  return group !== null && isGrouped(view) && askedOf([{ expr: group }]).length > 0 && !own.includes(group) ? [...own, group] : own;
}

export function questionOf(view: RunsView, asked: readonly string[], experimentId: string | undefined): RunsQuestion {
  const { group, trash, archived } = view;
  const q = experimentId === undefined ? view.q : withinExperiment(view.q, experimentId);
  const grouped = isGrouped(view);
  return {
    q: group !== null && grouped ? groupedBy(q, group) : q,
    columns: asked,
    deleted: trash,
    archived: archived ? 'include' : undefined,
    limit: limitOf(q) ?? (grouped ? GROUPED_PAGE : undefined),
  };
}

/** True where the address itself names the columns, so that nobody waits for the names that there are. */
export function namesColumns(search: string): boolean {
  return readView(search).columns !== null;
}

/** The path of what the page asks for first. */
export function firstRunsPath(search: string, keys: SearchKeys | undefined): string {
  const view = readView(search);
  return runsPath(questionOf(view, valuesOf(view, columnsOf(view, keys, undefined)), undefined), null);
}
