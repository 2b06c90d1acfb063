// Searches made to cost as much as they can.

const patterns = (count: number, length: number): string =>
  Array.from({ length: count }, (_, at) => `tags.t like '${'%a'.repeat(length)}b${at}'`).join(' or ');

/** What each is, and the search. */
export const NASTY: readonly (readonly [string, string])[] = [
  ['forty patterns of sixty wildcards', patterns(40, 60)],
  ['as many patterns as may be', patterns(10, 195)],
  ['one long pattern', patterns(1, 2_000)],
  ['patterns of single characters', Array.from({ length: 20 }, () => `tags.t like '%${'_'.repeat(100)}%b'`).join(' or ')],
  ['patterns, case ignored', Array.from({ length: 20 }, () => `tags.t ilike '%A%A%A%A%A%A%A%A%A%A%b%'`).join(' or ')],
  ['five hundred alternatives', Array.from({ length: 499 }, (_, at) => `tags.u = 'x${at}'`).join(' or ')],
  ['a thousand alternatives', Array.from({ length: 1_000 }, () => 'a').join(' or ')],
  ['fifty joins', Array.from({ length: 50 }, (_, at) => `tags.k${at} = tags.u`).join(' or ')],
  ['metrics compared with each other', Array.from({ length: 25 }, (_, at) => `metrics.a${at} > metrics.b${at}`).join(' or ')],
  ['deep arithmetic', `${'('.repeat(31)}tags.u${' * 1.0001)'.repeat(31)} > 1e300`],
  ['wide arithmetic in the order', `order by ${Array.from({ length: 8 }, () => 'abs(sqrt(tags.u * tags.u) / log(tags.u))').join(', ')}`],
  ['parentheses', `${'('.repeat(3_000)}a`],
  ['negations', `${'not '.repeat(2_000)}a`],
  ['a long list', `id in (${Array.from({ length: 490 }, (_, at) => `'x${at}'`).join(',')})`],
];
