// The dashboard in a real Chromium: how soon the runs of a large store are on the screen, whether typing stutters, how much JavaScript
// that takes, how fast a chart of a million points zooms, and how old a value is when it is drawn while 1,000 a second come in.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from './bench.mjs';
import { PROBES } from './support/dashboard-probes.mjs';
import { entryScripts, gzippedKiB } from './support/dashboard-size.mjs';
import { findChromium, LONG_RUN, withStage } from './support/dashboard-stage.mjs';

const SENDER = fileURLToPath(new URL('./support/dashboard-sender.mjs', import.meta.url));
const RUNS = Number(process.env.XTRACK_BENCH_RUNS ?? 10_000);
const POINTS = Number(process.env.XTRACK_BENCH_POINTS ?? 1_000_000);
const SECONDS = Number(process.env.XTRACK_BENCH_SECONDS ?? 15);
const LOADS = 5;
const ZOOMS = 10;
/** Events a second. */
const RATE = 1_000;
const SEARCH = 'metrics.m1 < 0.5 and params.p4 >= 0.1234';
/** ms between two keys: a fast typist; and of quiet after what was done, in which its consequences are still drawn. */
const KEY_MS = 40;
const QUIET_MS = 500;
/** ms within which the page must show what is waited for. */
const PATIENCE = 30_000;
const LIVE_RUN = 'live-bench';

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const chromium = findChromium();
  if (chromium === undefined) {
    console.log('no Chromium in PATH, and XTRACK_CHROMIUM names none: the dashboard is not measured');
    return [];
  }
  return await withStage(chromium, { runs: RUNS, points: POINTS }, async ({ server, browser }) => {
    const open = await signIn(browser, server.http.signInUrl);
    const url = (path) => new URL(path, server.http.url).href;
    return [
      ...(await measureLoads(open, url('/'))),
      ...(await measureTyping(open, url('/'))),
      ...(await measureZoom(open, url(`/runs/${LONG_RUN}`))),
      ...(await measureLive(open, url(`/runs/${LIVE_RUN}`), server.tcp.port)),
    ];
  });
}

/** Makes pages that are signed in, each with an empty cache. */
async function signIn(browser, signInUrl) {
  const viewport = { width: 1440, height: 900 };
  const first = await browser.newContext({ viewport });
  const page = await first.newPage();
  await page.goto(signInUrl);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  const storageState = await first.storageState();
  await first.close();
  return async () => {
    const context = await browser.newContext({ viewport, storageState });
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript({ content: PROBES });
    return await context.newPage();
  };
}

async function measureLoads(open, url) {
  const cold = [];
  const warm = [];
  let scripts = [];
  for (let load = 0; load < LOADS; load++) {
    const page = await open();
    cold.push(await firstRows(page, url));
    scripts = await page.evaluate(() => {
      const entries = performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname.endsWith('.js'));
      return entries.filter(({ startTime }) => startTime < window.xtrackProbes.rows).map(({ name }) => name);
    });
    warm.push(await firstRows(page, url));
    await page.context().close();
  }
  const what = `${RUNS.toLocaleString('en-US')} runs, navigation -> first rows painted`;
  return [
    of(`${what}, empty cache`, 'ms', cold, 'target < 1,000'),
    of(`${what}, warm`, 'ms', warm, 'target < 1,000'),
    of('scripts loaded before the first rows, gzipped', 'KiB', [gzippedKiB(scripts)], `target < 250; ${scripts.length} files`),
    of('of them the entry with its static imports', 'KiB', [gzippedKiB(entryScripts())]),
  ];
}

/** ms since the navigation began. */
async function firstRows(page, url) {
  await page.goto(url);
  const shown = await page.waitForFunction(() => window.xtrackProbes.rows);
  return await shown.jsonValue();
}

async function measureTyping(open, url) {
  const page = await open();
  await firstRows(page, url);
  await page.locator('#runs-search').click();
  await sleep(QUIET_MS);
  const from = await page.evaluate(() => performance.now());
  await page.keyboard.type(SEARCH, { delay: KEY_MS });
  // What was typed is searched for, and its runs are drawn.
  await page.waitForFunction(() => location.search.includes('0.1234'));
  await page.locator('[role=grid]').locator('xpath=ancestor::*[@aria-busy="false"]').waitFor();
  await sleep(QUIET_MS);
  const { tasks, keys } = await page.evaluate((since) => {
    const later = (entries) => entries.filter(({ startTime }) => startTime >= since);
    const { tasks: all, inputs } = window.xtrackProbes;
    return { tasks: later(all).map(({ duration }) => duration), keys: later(inputs).map(({ duration }) => duration) };
  }, from);
  await page.context().close();
  const what = `${SEARCH.length} characters typed into the search`;
  const longest = Math.max(0, ...tasks);
  return [
    of(`${what}, longest task`, 'ms', [longest], `target < 50; ${tasks.length} of 50 ms or more`),
    of(`${what}, slowest key -> painted`, 'ms', [Math.max(0, ...keys)], 'in steps of 8'),
  ];
}

async function measureZoom(open, url) {
  const page = await open();
  await page.goto(url);
  await page.locator('figure[aria-label="loss"] [role=application]').focus();
  await page.locator('figure[aria-label="loss"] canvas').waitFor();
  await sleep(QUIET_MS * 2);
  const drawn = [];
  const answered = [];
  for (let zoom = 0; zoom < ZOOMS; zoom++) {
    await page.keyboard.press('+');
    const result = await (await page.waitForFunction(() => window.xtrackProbes.zoom)).jsonValue();
    drawn.push(result.drawn);
    answered.push(result.answered);
    await sleep(QUIET_MS);
  }
  await page.context().close();
  const what = `${POINTS.toLocaleString('en-US')} points, zoom by key`;
  return [of(`${what} -> drawn again`, 'ms', drawn, 'target < 100'), of(`${what} -> answer read`, 'ms', answered)];
}

async function measureLive(open, url, port) {
  const start = performance.timeOrigin + performance.now();
  const sender = fork(SENDER, [JSON.stringify({ port, rate: RATE, runId: LIVE_RUN, start })]);
  const page = await open();
  await page.goto(url);
  const figure = page.locator('figure[aria-label="loss"]');
  // A page that was opened before the run was there says so, and does not ask again by itself.
  for (let tries = 0; tries < 10 && !(await isShown(figure)); tries++) await page.reload();
  await figure.locator('ul button > span').last().waitFor();
  await page.evaluate(() => window.xtrackProbes.watchLegend('loss'));
  await sleep(QUIET_MS);
  const from = await page.evaluate(() => performance.now());
  await sleep(SECONDS * 1000);
  const { shown, tasks } = await page.evaluate((since) => {
    const { shown: all, tasks: long } = window.xtrackProbes;
    const late = long.filter(({ startTime }) => startTime >= since).map(({ duration }) => duration);
    return { shown: all.filter(({ at }) => at >= performance.timeOrigin + since), tasks: late };
  }, from);
  sender.send('report');
  const [sent] = await once(sender, 'message');
  await page.context().close();
  const ages = agesOf(sent, shown, start);
  const at = (share) => ages[Math.min(ages.length - 1, Math.floor(ages.length * share))];
  const what = `${RATE.toLocaleString('en-US')} events/s, sent -> drawn`;
  const row = (name, share, note) => ({ ...of(`${what}, ${name}`, 'ms', [at(share)], note), min: ages[0], max: ages.at(-1) });
  return [
    row('p50', 0.5, `${(shown.length / SECONDS).toFixed(0)} drawings/s`),
    row('p95', 0.95, 'target < 150'),
    row('p99', 0.99),
    of(`${RATE.toLocaleString('en-US')} events/s, longest task`, 'ms', [Math.max(0, ...tasks)], `${tasks.length} of 50 ms or more`),
  ];
}

async function isShown(figure) {
  return await figure.waitFor({ timeout: 2_000 }).then(
    () => true,
    () => false,
  );
}

/** Of each event that a drawing showed or passed by: how old it was then (ms), ascending. */
function agesOf(sent, shown, start) {
  const ages = [];
  let next = sent.findIndex((at) => at >= (shown[0]?.value ?? Number.POSITIVE_INFINITY));
  if (next < 0) throw new Error('nothing was drawn live');
  for (const { at, value } of shown) {
    for (; next < sent.length && Math.floor(sent[next]) <= value; next++) ages.push(at - start - sent[next]);
  }
  return ages.sort((a, b) => a - b);
}

/** The median of these with the least and the most. */
function of(name, unit, values, note) {
  return { name, unit, value: median(values), min: Math.min(...values), max: Math.max(...values), ...(note !== undefined && { note }) };
}
