// The pages that the navigation, the palette and the keyboard lead to.

import type { IconName } from '../components/icon';

export interface PageLink {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  /** After `g`. */
  readonly key: string;
  readonly adminOnly?: true;
}

export const PAGES: readonly PageLink[] = [
  { href: '/runs', label: 'Runs', icon: 'runs', key: 'r' },
  { href: '/experiments', label: 'Experiments', icon: 'flask', key: 'e' },
  { href: '/compare', label: 'Compare', icon: 'compare', key: 'c' },
  { href: '/keys', label: 'Keys', icon: 'key', key: 'k', adminOnly: true },
];
