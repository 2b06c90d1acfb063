// The pages, and at the bottom what one is connected to.

import { type ReactElement, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { BASE } from '../api/base';
import { deleteJson } from '../api/client';
import { useInfo } from '../api/hooks';
import type { Info } from '../api/types';
import { Icon } from '../components/icon';
import { Logo } from './logo';
import { PAGES, type PageLink } from './pages';
import classes from './shell.module.css';

export function Navigation(): ReactElement {
  const { data: info } = useInfo();
  const [path] = useLocation();
  const admin = info?.principal.grants.some(({ scope, experiment }) => scope === 'admin' && experiment === null) === true;
  const pages = PAGES.filter(({ adminOnly }) => adminOnly !== true || admin);
  return (
    <nav className={classes.nav} aria-label="Pages">
      <Link href="/runs" className={classes.home} aria-label="XTrack: all runs">
        <Logo />
      </Link>
      <ul className={classes.links}>
        {pages.map((page) => (
          <li key={page.href}>
            <NavLink page={page} current={path === page.href || path.startsWith(`${page.href}/`)} />
          </li>
        ))}
      </ul>
      {info !== undefined && <Connection info={info} />}
    </nav>
  );
}

function NavLink({ page, current }: { readonly page: PageLink; readonly current: boolean }): ReactElement {
  return (
    <Link href={page.href} className={classes.link} aria-current={current ? 'page' : undefined}>
      <Icon name={page.icon} />
      {page.label}
    </Link>
  );
}

function Connection({ info }: { readonly info: Info }): ReactElement {
  const [busy, setBusy] = useState(false);
  const leave = async (): Promise<void> => {
    setBusy(true);
    await deleteJson('/session').catch(() => undefined);
    location.assign(`${BASE}/`);
  };
  return (
    <div className={classes.foot}>
      <span title="Whose key this is">{info.principal.name}</span>
      <span>
        {info.version} · {info.store}
      </span>
      <button type="button" className={classes.leave} disabled={busy} onClick={() => void leave()}>
        <Icon name="signOut" size={14} />
        Sign out
      </button>
    </div>
  );
}
