// Stands where a page should be that broke, or that could not be fetched.

import { Button } from '@mantine/core';
import type { ReactElement } from 'react';
import { Link } from 'wouter';
import classes from '../components/components.module.css';
import { useTitle } from '../components/use-title';

/** How browsers, and what loads style sheets for us, say that a file of ours is not there. */
const NOT_FETCHED = /dynamically imported module|importing a module script failed|unable to preload css/i;

/** True where a part of the page could not be fetched: after the server began anew with another build, or without a connection. */
function isNotFetched(error: unknown): boolean {
  return error instanceof Error && NOT_FETCHED.test(error.message);
}

export function BrokenPage({ error }: { readonly error: unknown }): ReactElement {
  const missing = isNotFetched(error);
  useTitle(missing ? 'Not loaded' : 'Broken');
  return (
    <div className={classes.state} role="alert">
      <h1 className={classes.stateTitle}>{missing ? 'This page could not be loaded' : 'This page broke'}</h1>
      <p>
        {missing
          ? 'The server may have been updated since the dashboard was opened, or it cannot be reached.'
          : error instanceof Error
            ? error.message
            : String(error)}
      </p>
      <p className={classes.remedy}>
        {missing ? 'Loading everything anew helps as soon as it is there.' : 'Nothing was lost: what is recorded lies with the server.'}
      </p>
      <div className={classes.ways}>
        <Button variant="default" size="xs" onClick={() => location.reload()}>
          Load anew
        </Button>
        <Link href="/runs">All runs</Link>
      </div>
    </div>
  );
}
