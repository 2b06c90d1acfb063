// The API as a page to read: markup made on the server, without a script.

import type { TSchema } from 'typebox';
import { packageVersion } from '../../../package/root.js';
import { escapeMarkup } from '../../markup.js';
import type { Route } from '../route.js';
import { errorStatuses, pathOf } from './openapi.js';

const SCOPES = {
  none: 'needs no key',
  view: 'needs <b>read</b>',
  write: 'needs <b>write</b>',
  admin: 'needs <b>admin</b>',
} as const;

const SUBJECTS = { run: ' for the run', listed: '; shows what the key may see', server: '' } as const;

/** `prefix`: where the server is mounted. */
export function makeApiPage(routes: readonly Route[], prefix: string): string {
  const chapters = [...new Set(routes.map(({ chapter }) => chapter))];
  const index = chapters.map((chapter) => `<a href="#${escapeMarkup(chapter)}">${escapeMarkup(chapter)}</a>`).join(' ');
  const parts = chapters.map((chapter) =>
    section(
      chapter,
      routes.filter((one) => one.chapter === chapter),
    ),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>XTrack API</title>
<link rel="stylesheet" href="${escapeMarkup(prefix)}/api/docs.css">
</head>
<body>
<header><h1>XTrack API <small>${escapeMarkup(packageVersion())}</small></h1>
<p>Send a key as <code>Authorization: Bearer xtk_…</code>. NaN and the infinities travel as strings; errors are
<code>application/problem+json</code> with a stable <code>code</code>. For programs: <a href="${escapeMarkup(prefix)}/api/openapi.json">openapi.json</a>.</p>
<nav aria-label="Chapters">${index}</nav></header>
<main>
${parts.join('\n')}
</main>
</body>
</html>
`;
}

function section(chapter: string, routes: readonly Route[]): string {
  const name = escapeMarkup(chapter);
  return `<section id="${name}" aria-labelledby="of-${name}"><h2 id="of-${name}">${name}</h2>\n${routes.map(article).join('\n')}\n</section>`;
}

function article(one: Route): string {
  const { method, summary, access, params, query, body, takes, answer } = one;
  const { status = 200, others = [] } = answer;
  const access_ = access.scope === 'none' ? SCOPES.none : SCOPES[access.scope] + SUBJECTS[access.of];
  return `<article>
<h3><span class="method ${method.toLowerCase()}">${method}</span> <code>${escapeMarkup(pathOf(one))}</code></h3>
<p>${escapeMarkup(summary)}. <small>${access_}</small></p>
${fields('In the address', params)}${fields('Query', query)}${fields('Body', body)}${takes === undefined ? '' : `<p>Body: ${list(takes)}</p>`}
<p>Answers ${[status, ...others].join(', ')}${answer.media === undefined ? '' : ` with ${list(answer.media)}`}; or ${errorStatuses(one).join(', ')}.</p>
${answer.schema === undefined ? '' : shape(answer.schema)}
</article>`;
}

const list = (types: readonly string[]): string => types.map((type) => `<code>${escapeMarkup(type)}</code>`).join(', ');

interface Field {
  readonly description?: string;
}

function fields(title: string, schema: TSchema | undefined): string {
  const { properties, required = [] } = (schema ?? {}) as { properties?: Record<string, Field>; required?: readonly string[] };
  if (schema === undefined || (properties !== undefined && Object.keys(properties).length === 0)) return '';
  if (properties === undefined) return `<p>${title}:</p>${shape(schema)}`;
  const rows = Object.entries(properties).map(([name, field]) => row(name, field, required.includes(name)));
  return `<table><caption>${title}</caption><tbody>${rows.join('')}</tbody></table>\n`;
}

function row(name: string, { description = '', ...rest }: Field, required: boolean): string {
  const kind = escapeMarkup(JSON.stringify(rest));
  const must = required ? ' <small>required</small>' : '';
  return `<tr><th scope="row"><code>${escapeMarkup(name)}</code>${must}</th><td><code>${kind}</code></td><td>${escapeMarkup(description)}</td></tr>`;
}

function shape(schema: TSchema): string {
  return `<details><summary>Its form</summary><pre>${escapeMarkup(JSON.stringify(schema, null, 2))}</pre></details>\n`;
}

export const API_STYLES = `:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); text-transform: capitalize; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
article { margin: 1.5rem 0; }
h3 { margin: 0; font-weight: 500; overflow-wrap: anywhere; }
code, pre { font: 0.9em/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { overflow: auto; max-height: 24rem; padding: 0.75rem; background: var(--soft); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-top: 1px solid var(--line); font-weight: 400; }
.method { display: inline-block; min-width: 4.5rem; font: 700 0.8em/1.8 ui-monospace, monospace; text-align: center; border: 1px solid; border-radius: 4px; }
`;
