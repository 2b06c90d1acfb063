// Which entries of the timeline are shown: those of the chosen kinds, the newest at the top.

/** More are shown only when somebody asks for them. */
const MOST_SHOWN = 500;

export function kindsOf(entries: readonly { readonly kind: string }[]): readonly { readonly kind: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => a.kind.localeCompare(b.kind));
}

/** Of entries that come oldest first. `kinds` empty: all; without `all`, the newest MOST_SHOWN. */
export function shownEntries<Entry extends { readonly kind: string }>(
  entries: readonly Entry[],
  kinds: readonly string[],
  all: boolean,
): { readonly shown: readonly Entry[]; readonly hidden: number } {
  const wanted = kinds.length === 0 ? entries : entries.filter(({ kind }) => kinds.includes(kind));
  const hidden = all ? 0 : Math.max(0, wanted.length - MOST_SHOWN);
  return { shown: wanted.slice(hidden).reverse(), hidden };
}
