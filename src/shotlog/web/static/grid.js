// The grid of videos: filters work as they are typed, and more videos come as the page is scrolled.

import {bindMoves} from '/static/moves.js';
import {asTyped} from '/static/typed.js';

const PAUSE = 220; // milliseconds without a key after which what was typed is looked up
const AHEAD = '800px';

const form = document.getElementById('filters');
const results = document.getElementById('results');
let running = null;
let timer = 0;

bindMoves('#grid a');
form.querySelector('.apply').hidden = true;
form.addEventListener('input', (event) => {
  if (event.target.name === 'tag') return; // it is taken whole
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
});
form.addEventListener('change', (event) => {
  if (event.target.name !== 'tag') return;
  if (event.target.value) form.requestSubmit();
});
form.addEventListener('submit', (event) => {
  const hasTag = [...form.querySelectorAll('input[name=tag]:not([type=hidden])')].some((each) => each.value);
  if (hasTag) return; // the page comes anew, with the tag among what is asked
  event.preventDefault();
  clearTimeout(timer);
  show();
});
window.addEventListener('popstate', () => location.reload());

function address(words = (text) => text) {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value && !(name === 'sort' && value === 'newest')) asked.append(name, name === 'q' ? words(value) : value);
  }
  return asked.size ? `/?${asked}` : '/';
}

async function pageAt(url, signal) {
  const answer = await fetch(url, {signal});
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return {isGood: answer.ok, page};
}

/** Where nothing has what was typed so far, what has words that begin so. */
async function found(url, signal) {
  const whole = await pageAt(url, signal);
  const begun = address(asTyped);
  if (!whole.isGood || begun === url || whole.page.getElementById('grid')) return whole;
  const further = await pageAt(begun, signal);
  return further.isGood && further.page.getElementById('grid') ? further : whole;
}

async function show() {
  running?.abort();
  running = new AbortController();
  const url = address();
  results.setAttribute('aria-busy', 'true');
  try {
    const {isGood, page} = await found(url, running.signal);
    const shown = page.querySelector(isGood ? '#results' : '.notice');
    results.replaceChildren(...(isGood ? shown.childNodes : [shown]));
    history.replaceState(null, '', url);
    watch();
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
    return;
  }
  results.removeAttribute('aria-busy');
}

async function addMore(link) {
  link.textContent = 'Loading …';
  link.removeAttribute('id');
  const {isGood, page} = await pageAt(link.href);
  const grid = document.getElementById('grid');
  if (!isGood || !link.isConnected) return;
  grid.append(...page.querySelectorAll('#grid > li'));
  const next = page.getElementById('more');
  if (next) {
    link.parentElement.replaceWith(next.parentElement);
    watch();
  } else {
    link.parentElement.remove();
  }
}

const watcher = new IntersectionObserver((seen) => {
  for (const {isIntersecting, target} of seen) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    addMore(target);
  }
}, {rootMargin: AHEAD});

function watch() {
  const link = document.getElementById('more');
  if (link) watcher.observe(link);
}

document.addEventListener('click', async (event) => {
  const link = event.target.closest('#more');
  if (!link) return;
  event.preventDefault();
  const before = document.querySelectorAll('#grid a').length;
  watcher.unobserve(link);
  await addMore(link);
  document.querySelectorAll('#grid a')[before]?.focus();
});

async function listTags() {
  const answer = await fetch('/api/tags');
  if (!answer.ok) return;
  const options = (await answer.json()).filter((tag) => tag.group === null).slice(0, 500).map((tag) => {
    const option = document.createElement('option');
    option.value = tag.name;
    return option;
  });
  document.getElementById('tags').replaceChildren(...options);
}

form.querySelector('input[list=tags]').addEventListener('focus', listTags, {once: true});
watch();
