// The keys that open this server: who has which, a new one, and one taken out of force.

import { Alert, Button } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { ApiError } from '../../api/client';
import { useApiKeys, useRevokeKey } from '../../api/hooks';
import type { ApiKey } from '../../api/types';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { formatTime } from '../../components/format';
import { LoadingState } from '../../components/loading-state';
import { Snippet } from '../../components/snippet';
import { Ago } from '../../components/time';
import { showToast } from '../../components/toast-store';
import { useTitle } from '../../components/use-title';
import { CreateKey } from './create-key';
import classes from './keys.module.css';

interface Made {
  readonly name: string;
  readonly key: string;
}

export function KeysPage(): ReactElement {
  const { data: keys, error, refetch } = useApiKeys();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  useTitle('Keys');
  if (error instanceof ApiError && error.status === 403) {
    return (
      <EmptyState heading="h1" title="Keys are an admin’s matter">
        Your key may not see or give out others. On the server’s machine, “xtrack keys” does.
      </EmptyState>
    );
  }
  if (error !== null) return <ErrorState error={error} onRetry={refetch} />;
  if (keys === undefined) return <LoadingState />;
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <h1 className={classes.title}>Keys</h1>
        <Button onClick={() => setMaking(true)}>New key</Button>
      </header>
      <p className={classes.text}>
        A key opens this server to a browser, a worker or a script. Only its hash is kept here, so it is shown once, when it is made.
      </p>
      {made !== null && (
        <Alert
          color="green"
          variant="light"
          title={`The key “${made.name}”, shown this once`}
          withCloseButton
          onClose={() => setMade(null)}
          closeButtonLabel="I have it"
        >
          <Snippet text={made.key} label="The key" />
        </Alert>
      )}
      {keys.length === 0 ? (
        <p className={classes.text}>None was given out: only the first-start token opens the server.</p>
      ) : (
        <KeyTable keys={keys} />
      )}
      {making && <CreateKey onClose={() => setMaking(false)} onMade={setMade} />}
    </div>
  );
}

function KeyTable({ keys }: { readonly keys: readonly ApiKey[] }): ReactElement {
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const revoke = useRevokeKey();
  return (
    <div className={classes.wide}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Experiment</th>
            <th scope="col">Made</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <span className={classes.hidden}>Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <Row key={key.id} apiKey={key} onRevoke={() => setRevoked(key)} />
          ))}
        </tbody>
      </table>
      <ConfirmDialog
        opened={revoked !== null}
        title={`Take the key “${revoked?.name ?? ''}” out of force?`}
        confirmLabel="Take it out of force"
        onClose={() => setRevoked(null)}
        onConfirm={() => {
          if (revoked !== null) revoke.mutate(revoked.id, { onError: (error) => showToast(error.message, { bad: true }) });
          setRevoked(null);
        }}
      >
        Whoever uses it is shut out at once, signed-in browsers too. Runs that write with it spool their events until they get another.
      </ConfirmDialog>
    </div>
  );
}

function Row({ apiKey, onRevoke }: { readonly apiKey: ApiKey; readonly onRevoke: () => void }): ReactElement {
  const { name, scope, experiment, createdAt, expiresAt } = apiKey;
  const over = expiresAt !== null && Date.parse(expiresAt) < Date.now();
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{scope}</td>
      <td>{experiment ?? <span className={classes.dim}>all</span>}</td>
      <td>
        <Ago at={createdAt} />
      </td>
      <td>{expiresAt === null ? <span className={classes.dim}>never</span> : `${over ? 'ended ' : ''}${formatTime(expiresAt)}`}</td>
      <td className={classes.act}>
        <Button size="compact-xs" variant="subtle" color="red" aria-label={`Revoke ${name}`} onClick={onRevoke}>
          Revoke
        </Button>
      </td>
    </tr>
  );
}
