// The metrics of the runs drawn as charts, in sections by the first part of their names.

import { type ComparedMetric, isSystem } from '../../compare/quantities';

export interface ChartSection {
  readonly name: string;
  /** Folded at first. */
  readonly isSystem: boolean;
  readonly metrics: readonly SectionMetric[];
}

/** One chart: a key with all its phases. */
export interface SectionMetric {
  readonly key: string;
  readonly title: string;
}

const FIRST = ['metrics', 'train', 'val', 'valid', 'validation', 'eval', 'test'];
const PLAIN = 'metrics';

/** Metrics without a prefix, train, val and test, others by name, the machine's own last. `filter`: words that must all be in the name. */
export function sectionsOf(metrics: readonly Pick<ComparedMetric, 'key'>[], filter: string): ChartSection[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const keys = [...new Set(metrics.map(({ key }) => key))].filter((key) => words.every((word) => key.toLowerCase().includes(word)));
  const sections = new Map<string, SectionMetric[]>();
  for (const key of keys.sort()) {
    const slash = key.indexOf('/');
    const name = isSystem(key) ? 'system' : slash > 0 ? key.slice(0, slash) : PLAIN;
    const section = sections.get(name) ?? [];
    section.push({ key, title: key });
    sections.set(name, section);
  }
  return [...sections]
    .map(([name, own]) => ({ name, isSystem: name === 'system', metrics: own }))
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function rank({ name, isSystem: last }: ChartSection): number {
  const at = FIRST.indexOf(name);
  return last ? FIRST.length + 1 : at < 0 ? FIRST.length : at;
}
