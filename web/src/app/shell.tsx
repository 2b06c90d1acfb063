// What stands around every page: navigation, the bar at the top, the palette and the sheets that keys open.

import { Alert, Drawer } from '@mantine/core';
import { lazy, type ReactElement, Suspense, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useHealth } from '../api/hooks';
import { Boundary } from '../components/boundary';
import { useKeyboard, useShortcuts } from '../components/keys/shortcuts';
import { showToast } from '../components/toast-store';
import { Toasts } from '../components/toasts';
import { Bar } from './bar';
import { BrokenPage } from './broken-page';
import { Navigation } from './navigation';
import { PAGES } from './pages';
import { Routes } from './routes';
import classes from './shell.module.css';

const Palette = lazy(async () => ({ default: (await import('./palette')).Palette }));
const HelpSheet = lazy(async () => ({ default: (await import('./help-sheet')).HelpSheet }));

type Overlay = 'palette' | 'help' | 'navigation' | null;

export function Shell(): ReactElement {
  const [overlay, setOverlay] = useState<Overlay>(null);
  const [path, navigate] = useLocation();
  const close = (): void => setOverlay(null);
  useKeyboard();
  useShortcuts([
    { keys: 'mod+k', label: 'Find a page, a run or an action', group: 'Everywhere', run: () => setOverlay('palette') },
    { keys: '?', label: 'Show the keys', group: 'Everywhere', run: () => setOverlay('help') },
    ...PAGES.map(({ href, label, key }) => ({ keys: `g ${key}`, label: `Go to ${label}`, group: 'Pages', run: () => navigate(href) })),
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes what was opened over the last one
  useEffect(close, [path]);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        Skip to the content
      </a>
      <div className={classes.side}>
        <Navigation />
      </div>
      <Bar onFind={() => setOverlay('palette')} onHelp={() => setOverlay('help')} onMenu={() => setOverlay('navigation')} />
      <Main path={path} />
      <Drawer.Root opened={overlay === 'navigation'} onClose={close} size={260} padding={0}>
        <Drawer.Overlay />
        <Drawer.Content aria-label="Navigation">
          <Drawer.Body>
            <Navigation />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
      <Boundary of={String(overlay)} fallback={() => <Unloaded />}>
        <Suspense fallback={null}>
          {overlay === 'palette' && <Palette onClose={close} onHelp={() => setOverlay('help')} />}
          {overlay === 'help' && <HelpSheet onClose={close} />}
        </Suspense>
      </Boundary>
      <Toasts />
    </div>
  );
}

/** What a key or a button should have opened, and could not. */
function Unloaded(): null {
  useEffect(() => showToast('This could not be opened. Loading the page anew may help.', { bad: true }), []);
  return null;
}

/** The page itself. Another page takes the focus, so that a screen reader reads on there; another part of the same page does not. */
function Main({ path }: { readonly path: string }): ReactElement {
  const main = useRef<HTMLElement>(null);
  const page = path.split('/').slice(0, 3).join('/');
  const shown = useRef(page);
  useEffect(() => {
    if (shown.current === page) return;
    shown.current = page;
    main.current?.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [page]);
  return (
    <main id="main" ref={main} tabIndex={-1} className={classes.main}>
      <HealthBanner />
      <Boundary of={path} fallback={(error) => <BrokenPage error={error} />}>
        <Routes />
      </Boundary>
    </main>
  );
}

function HealthBanner(): ReactElement | null {
  const health = useHealth().data;
  if (health?.status !== 'degraded') return null;
  return (
    <Alert color="red" variant="light" radius={0} role="alert" title="Nothing new is stored just now">
      {health.reason}
    </Alert>
  );
}
