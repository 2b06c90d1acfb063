// Which lines of a log are wanted. The server filters; here it is only told whether something new is worth asking for.

import type { LiveItem } from '../../../api/types';

export interface LogFilter {
  /** Empty: all. */
  readonly levels: readonly string[];
  /** Lies in the message, case ignored. */
  readonly text: string;
}

export function mayShow({ levels, text }: LogFilter, item: LiveItem): boolean {
  if (item.type !== 'log') return item.type === 'run_touched';
  return (levels.length === 0 || levels.includes(item.level)) && item.message.toLowerCase().includes(text.toLowerCase());
}
