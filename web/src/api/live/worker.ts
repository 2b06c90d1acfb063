// The shared worker that all tabs of a browser listen to: see tabs.ts.

import { type FromTab, Tabs } from './tabs';

/** ms between two looks at who is still there. */
const PING_MS = 20_000;

const tabs = new Tabs();
setInterval(() => tabs.ping(), PING_MS);

addEventListener('connect', (event) => {
  const port = (event as MessageEvent).ports[0];
  if (port === undefined) return;
  port.addEventListener('message', ({ data }: MessageEvent<FromTab>) => tabs.take(port, data));
  port.start();
});
