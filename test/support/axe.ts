// What axe finds on a page, in both schemes and both widths: the page is loaded once, and then looked at four times.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SCRIPT = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string }[] }[];
}

const HEIGHT = 900;
/** What is read of a result, and nothing beside it: making the rest takes twice as long as the search itself. */
const ALL = { resultTypes: ['violations'], preload: false };
/** The rules that depend on the scheme. Every rule looks at either width once. */
const COLOURS = { ...ALL, runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } };
const LOOKS = [
  ['light', 1440, ALL],
  ['dark', 1440, COLOURS],
  ['dark', 390, ALL],
  ['light', 390, COLOURS],
] as const;

/** What follows the scheme and the width has been drawn, and no colour is on its way to another. As text: it runs in the page. */
const SETTLE = `(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let count = 0; count < 3; count += 1) {
    await frame();
    for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
  }
})()`;

/** Serious and critical faults, each with where it was seen; also a page that scrolls sideways. */
export async function faultsOf(page: Page): Promise<string[]> {
  const found: string[] = [];
  // Through the debugger's own evaluation: the page's policy lets no other script in.
  await page.evaluate(SCRIPT);
  for (const [scheme, width, options] of LOOKS) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: HEIGHT });
    await page.evaluate(SETTLE);
    const { violations } = await page.evaluate(
      (chosen) => (globalThis as unknown as { axe: { run(options: unknown): Promise<AxeResult> } }).axe.run(chosen),
      options,
    );
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      const places = nodes.map(({ html }) => html.slice(0, 160)).join(' | ');
      found.push(`${scheme}, ${width} px: ${id}: ${places.slice(0, 600)}`);
    }
    const beyond = await page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth);
    if (beyond > 0) found.push(`${scheme}, ${width} px: ${beyond} px too wide`);
  }
  return found;
}
