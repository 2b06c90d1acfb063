// The entry of the dashboard. It is small, so that what the first page needs is asked for while the rest is still being loaded.

import './theme/base.css';
import '@mantine/core/styles.layer.css';
import './theme/tokens.css';
import { withoutBase } from './api/base';
import { askAhead, carryKey, signIn } from './api/client';
import type { SearchKeys } from './api/types';
import { preloadPage } from './app/pages-on-demand';
import { type EmbedAddress, readEmbedAddress } from './pages/embed/embed-address';
import { firstRunsPath, namesColumns } from './pages/runs/search/runs-question';

const root = document.getElementById('root');
const embedded = readEmbedAddress(location);
if (root !== null) {
  try {
    await (embedded === null ? showDashboard(root) : showEmbedded(root, embedded));
  } catch {
    // What would draw anything better could not be fetched.
    root.textContent = 'The dashboard could not be loaded. Reload the page when the server can be reached.';
  }
}

async function showDashboard(place: HTMLElement): Promise<void> {
  const path = withoutBase(location.pathname);
  // A key that the server does not take leads to the page where one is asked for.
  const session = takeKeyFromAddress()?.catch(() => undefined);
  // Right away where nothing is to be waited for: before the scripts take the connections.
  if (session === undefined) void askForPage(path, location.search);
  else void session.then(() => askForPage(path, location.search));
  // A page that cannot be loaded says so in its place.
  const page = preloadPage(path).catch(() => undefined);
  const [{ renderApp }] = await Promise.all([import('./app/render-app'), session, page]);
  renderApp(place);
}

async function showEmbedded(place: HTMLElement, { runId, key }: EmbedAddress): Promise<void> {
  if (key !== null) carryKey(key);
  const { renderEmbed } = await import('./pages/embed/render-embed');
  renderEmbed(place, runId);
}

/** `path` is one of the page's own. Resolves when all is asked for that is known ahead; what is refused, the page meets itself. */
async function askForPage(path: string, search: string): Promise<void> {
  void askAhead('/info');
  if (path !== '/' && path !== '/runs') return;
  const names = askAhead<SearchKeys>('/keys').catch(() => undefined);
  const keys = namesColumns(search) ? undefined : await names;
  void askAhead(firstRunsPath(search, keys));
}

/** Takes `#token=…` from the address, whatever the server says to it. Resolves when the session is there; undefined: there was no key. */
function takeKeyFromAddress(): Promise<void> | undefined {
  const key = new URLSearchParams(location.hash.slice(1)).get('token');
  if (key === null) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  return signIn(key);
}
