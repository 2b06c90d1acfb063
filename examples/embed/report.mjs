// A report of one run as a page of your own: a picture of each loss that stands by itself, and the live page in a frame.
//
//   npx xtrack serve                                     in one terminal
//   node examples/embed/report.mjs RUN report.html       in another; RUN is a run id

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory, XTrack } from 'xtrack';
import { embedFrame, runPicture } from 'xtrack/server';

const [runId, file = 'report.html'] = process.argv.slice(2);
const directory = dataDirectory();

/** A link that shows this run alone, for twelve hours. */
async function makeLink() {
  const { url } = JSON.parse(readFileSync(join(directory, 'http.json'), 'utf8'));
  const key = readFileSync(join(directory, 'token'), 'utf8').trim();
  const response = await fetch(new URL(`api/v1/runs/${encodeURIComponent(runId)}/embed`, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer.url;
}

const xtrack = await XTrack.start({ directory, readOnly: true });
const keys = new Set((await xtrack.listSeries(runId)).map(({ key }) => key).filter((key) => key.includes('loss')));
const pictures = await Promise.all([...keys].map((key) => runPicture(xtrack, runId, key, { width: 560, height: 300 })));
await xtrack.close();

const images = pictures.map((source) => `<img src="${source}" alt="">`).join('\n');
writeFileSync(
  file,
  `<!doctype html>\n<meta charset="utf-8">\n<title>Report</title>\n${images}\n${embedFrame(await makeLink(), { height: 640 })}\n`,
);
console.log(`wrote ${file}`);
