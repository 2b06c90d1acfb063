// The icons of the page: strokes on a 16 × 16 grid in the colour of the text beside them. They are decoration; words or labels say it.

import type { ReactElement } from 'react';

const PATHS = {
  archive: 'M2 3h12v3H2zM3 6v7.5h10V6M6.5 9h3',
  check: 'm3 8.5 3.2 3L13 4.5',
  chevronDown: 'm4 6 4 4 4-4',
  chevronRight: 'm6 4 4 4-4 4',
  close: 'm4 4 8 8M12 4l-8 8',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  compare: 'M3 13V7M6.3 13V3M9.7 13V9M13 13V5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
  eyeOff:
    'M6.3 3.8A7 7 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a11 11 0 0 1-1.9 2.4M4.3 4.8A10.6 10.6 0 0 0 1.5 8S4 12.5 8 12.500a6.5 6.5 0 0 0 2.9-.700M2.5 2.500l11 11',
  flask: 'M6 2h4M6.7 2v4.200L3 12.500a1 1 0 0 0 .9 1.500h8.200a1 1 0 0 0 .9-1.500L9.3 6.200V2M4.6 10h6.8',
  group: 'M2.5 3.500h11M5 8h8.500M5 12.500h8.500M2.5 8h.01M2.5 12.500h.01',
  help: 'M6 6a2 2 0 1 1 2.8 1.800c-.6.3-.8.7-.8 1.400M8 11.800v.01M8 14.500a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z',
  key: 'M9.5 9.500a3.7 3.7 0 1 0-3-3L2 11v3h3v-1.700h1.700v-1.600zM10.7 5.300v.01',
  menu: 'M2.5 4.500h11M2.5 8h11M2.5 11.500h11',
  monitor: 'M2 3h12v8H2zM6 14h4M8 11v3',
  moon: 'M13 9.500A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.500z',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  pin: 'M6 2h4l-.5 5 2.5 2.500H4L6.5 7zM8 9.500V14',
  plus: 'M8 3v10M3 8h10',
  restore: 'M3 8a5 5 0 1 0 1.6-3.600M3 2.500v3h3',
  runs: 'M2 11.5 5.5 6l3 3.500L11 5.500l3 3',
  search: 'M7 11.500a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3 14 14',
  signOut: 'M6 2.500H3v11h3M7 8h7M11 5l3 3-3 3',
  sortDown: 'M8 3v10M4.5 9.5 8 13l3.5-3.5',
  sortUp: 'M8 13V3M4.5 6.5 8 3l3.5 3.5',
  star: 'm8 2 1.8 3.8 4.2.5-3.1 2.9.8 4.100L8 11.300l-3.7 2 .8-4.100L2 6.300l4.2-.500z',
  sun: 'M8 10.800a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.600zM8 1.500v1.300M8 13.200v1.300M1.5 8h1.300M13.2 8h1.300M3.4 3.400l.9.900M11.7 11.700l.9.900M3.4 12.600l.9-.900M11.7 4.300l.9-.9',
  tag: 'M2.5 2.500h5l6 6-5 5-6-6zM5.2 5.200h.01',
  trash: 'M2.5 4h11M6 4V2.500h4V4M4 4l.6 9.500h6.800L12 4M6.7 7v4M9.3 7v4',
  views: 'M3 2.500h10v11l-5-3-5 3z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
