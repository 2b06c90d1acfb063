// Chooses one of the quantities.

import { Select } from '@mantine/core';
import type { ReactElement } from 'react';
import type { Quantity } from '../quantities';

interface QuantitySelectProps {
  readonly label: string;
  readonly quantities: readonly Quantity[];
  /** '': none. */
  readonly value: string;
  readonly onChange: (id: string) => void;
  /** What no choice means; left out: there must be one. */
  readonly none?: string;
}

const KINDS = { param: 'Params', metric: 'Metrics', tag: 'Tags', run: 'Runs' } as const;

export function QuantitySelect({ label, quantities, value, onChange, none }: QuantitySelectProps): ReactElement {
  const groups = Object.entries(KINDS).flatMap(([kind, group]) => {
    const items = quantities.filter((one) => one.kind === kind).map(({ id, label: text }) => ({ value: id, label: text }));
    return items.length === 0 ? [] : [{ group, items }];
  });
  return (
    <Select
      label={label}
      searchable
      data={groups}
      value={value === '' ? null : value}
      onChange={(id) => onChange(id ?? '')}
      nothingFoundMessage="Nothing of that name"
      {...(none === undefined
        ? { allowDeselect: false }
        : { clearable: true, placeholder: none, clearButtonProps: { 'aria-label': none } })}
    />
  );
}
