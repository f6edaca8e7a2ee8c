// The run's page: it is drawn anew, part by part, whenever the server says that something changed.

const place = document.getElementById('run');
const told = document.getElementById('run-told');
const trouble = document.getElementById('run-trouble');
const SAY_EVERY = 30_000; // milliseconds between words for who cannot see the page
const LOST_AFTER = 5_000;

let stream = null;
let drawing = false;
let again = false;
let state = stateOf(place);
let saidAt = 0;
let lost = 0;

function stateOf(root) {
  return root.querySelector('#run-head')?.dataset.state ?? 'none';
}

/** Parts that differ take the place of those here, so that focus and selection elsewhere stay. */
function show(root) {
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  const here = [...place.children], there = [...root.children];
  const isAlike = here.length === there.length && here.every((each, at) => each.id === there[at].id);
  if (!isAlike) place.replaceChildren(...there);
  else here.forEach((each, at) => { if (each.outerHTML !== there[at].outerHTML) each.replaceWith(there[at]); });
  if (focused && !place.contains(document.activeElement)) {
    [...place.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)?.focus();
  }
}

async function draw() {
  if (drawing) { again = true; return; }
  drawing = true;
  try {
    do {
      again = false;
      const answer = await fetch('/run/now');
      if (!answer.ok) break;
      const root = new DOMParser().parseFromString(await answer.text(), 'text/html').body;
      const next = stateOf(root);
      show(root);
      say(next);
      if (state === 'running' && next !== 'running') location.reload(); // it is among the ended now
      state = next;
    } while (again);
  } catch {
    // The stream says whether the server is there.
  } finally {
    drawing = false;
  }
}

function say(next) {
  if (next === state && performance.now() - saidAt < SAY_EVERY) return;
  saidAt = performance.now();
  told.textContent = (place.querySelector('.gauge-words, .notice h1')?.textContent ?? '').replace(/\s+/g, ' ').trim();
}

function watch() {
  if (!place || stream) return;
  stream = new EventSource('/api/run/events');
  stream.addEventListener('run', draw);
  stream.addEventListener('open', () => { clearTimeout(lost); trouble.hidden = true; });
  stream.addEventListener('error', () => {
    clearTimeout(lost);
    lost = setTimeout(() => {
      trouble.textContent = 'shotlog serve does not answer; what stands here is as of a while ago.';
      trouble.hidden = false;
    }, LOST_AFTER);
  });
}

function leave() {
  clearTimeout(lost);
  stream?.close();
  stream = null;
}

// A browser opens few connections to one host: pages that nobody sees hold none.
document.addEventListener('visibilitychange', () => (document.hidden ? leave() : watch()));
window.addEventListener('pagehide', leave);
window.addEventListener('pageshow', () => { if (!document.hidden) watch(); });
