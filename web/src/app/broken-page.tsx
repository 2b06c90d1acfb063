// Stands where a page should be that broke, or that could not be fetched.

import { Button } from '@mantine/core';
import { type ReactElement, useEffect } from 'react';
import { Link } from 'wouter';
import classes from '../components/components.module.css';
import { useTitle } from '../components/use-title';

/** How browsers, and what loads style sheets for us, say that a file of ours is not there. */
const NOT_FETCHED = /dynamically imported module|importing a module script failed|unable to preload css/i;

/** True where a part of the page could not be fetched: after the server began anew with another build, or without a connection. */
function isNotFetched(error: unknown): boolean {
  return error instanceof Error && NOT_FETCHED.test(error.message);
}

/** ms between two looks whether the server is there again. */
const LOOK_MS = 1_000;
/** ms within which a page is not loaded by itself again: what is still missing then stays missing. */
const ONCE_MS = 30_000;
const LOADED = 'xtrack-loaded-again';

/** Loads the page when the server answers, so that nobody has to stand by while it starts. */
function useReload(when: boolean): void {
  useEffect(() => {
    if (!when || Date.now() - Number(sessionStorage.getItem(LOADED) ?? 0) < ONCE_MS) return;
    const look = setInterval(() => {
      fetch(location.href, { method: 'HEAD', cache: 'no-store' }).then(
        ({ ok }) => {
          if (!ok) return;
          sessionStorage.setItem(LOADED, String(Date.now()));
          location.reload();
        },
        () => undefined,
      );
    }, LOOK_MS);
    return () => clearInterval(look);
  }, [when]);
}

export function BrokenPage({ error }: { readonly error: unknown }): ReactElement {
  const missing = isNotFetched(error);
  useReload(missing);
  useTitle(missing ? 'Not loaded' : 'Broken');
  return (
    <div className={classes.state} role="alert">
      <h1 className={classes.stateTitle}>{missing ? 'This page could not be loaded' : 'This page broke'}</h1>
      <p>
        {missing
          ? 'The server cannot be reached, or was updated since the dashboard was opened.'
          : error instanceof Error
            ? error.message
            : String(error)}
      </p>
      <p className={classes.remedy}>
        {missing ? 'The page goes on by itself as soon as the server answers.' : 'Nothing was lost: what is recorded lies with the server.'}
      </p>
      <div className={classes.ways}>
        <Button variant="default" size="xs" onClick={() => location.reload()}>
          Reload
        </Button>
        <Link href="/runs">All runs</Link>
      </div>
    </div>
  );
}
