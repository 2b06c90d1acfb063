// What is put into a page before its own scripts, so that it tells when something was really painted. All of it runs in the browser:
// nothing from outside its function may be used in one, but what the first leaves at `window.xtrackProbes`.

/** The script to put into each page. */
export const PROBES = [installTimes, installRows, installZoom, installLegend].map((install) => `(${install})();`).join('\n');

function installTimes() {
  const tasks = [];
  const inputs = [];
  const keep = (list, entries) => {
    for (const { startTime, duration } of entries.getEntries()) list.push({ startTime, duration });
  };
  new PerformanceObserver((entries) => keep(tasks, entries)).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((entries) => keep(inputs, entries)).observe({ type: 'event', durationThreshold: 16, buffered: true });
  const nextFrame = window.requestAnimationFrame.bind(window);
  let isInFrame = false;
  window.requestAnimationFrame = (callback) =>
    nextFrame((time) => {
      isInFrame = true;
      try {
        callback(time);
      } finally {
        isInFrame = false;
      }
    });
  /** Calls `then` right after this frame, or the next one, was painted, with its time and with what `before` saw right before it. */
  const afterPaint = (then, before = () => undefined) => {
    const look = () => {
      const seen = before();
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => then(performance.now(), seen);
      port2.postMessage(null);
    };
    if (isInFrame) look();
    else nextFrame(look);
  };
  window.xtrackProbes = { afterPaint, tasks, inputs, rows: null, zoom: null, shown: [] };
}

/** When the first row of the table of runs was there. */
function installRows() {
  const probes = window.xtrackProbes;
  const observer = new MutationObserver(() => {
    if (document.querySelector('[role=grid] tbody th[scope=row] a') === null) return;
    observer.disconnect();
    probes.afterPaint((at) => {
      probes.rows = at;
    });
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** From the key + to the answer to it, and to the first drawing of a canvas after that. */
function installZoom() {
  const probes = window.xtrackProbes;
  let zoom = null;
  window.addEventListener(
    'keydown',
    ({ key, timeStamp }) => {
      if (key !== '+') return;
      probes.zoom = null;
      zoom = { from: timeStamp, answered: null, isDrawn: false };
    },
    { capture: true },
  );
  const { fetch } = window;
  window.fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!response.url.endsWith('/series')) return response;
    for (const read of ['json', 'text']) {
      const original = response[read].bind(response);
      response[read] = async () => {
        const body = await original();
        if (zoom !== null) zoom.answered ??= performance.now();
        return body;
      };
    }
    return response;
  };
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    clearRect.apply(this, box);
    const current = zoom;
    if (current === null || current.answered === null || current.isDrawn) return;
    current.isDrawn = true;
    probes.afterPaint((at) => {
      probes.zoom = { answered: current.answered - current.from, drawn: at - current.from };
    });
  };
}

/** Once it is asked to: the value in the legend of a chart, in each frame in which it changed. */
function installLegend() {
  const probes = window.xtrackProbes;
  probes.watchLegend = (title) => {
    const figure = document.querySelector(`figure[aria-label="${title}"]`);
    let isWaiting = false;
    const read = () => {
      isWaiting = false;
      return Number(figure.querySelector('ul button > span:last-child')?.textContent.replaceAll(',', ''));
    };
    const observer = new MutationObserver(() => {
      if (isWaiting) return;
      isWaiting = true;
      probes.afterPaint((at, value) => {
        if (value !== probes.shown.at(-1)?.value) probes.shown.push({ at: performance.timeOrigin + at, value });
      }, read);
    });
    observer.observe(figure, { childList: true, characterData: true, subtree: true });
  };
}
