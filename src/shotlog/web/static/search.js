// The field in the head of every page: moments are found as words are typed.
//
// A combobox with a list (WAI-ARIA 1.2): arrows choose, Enter opens, Esc closes; Enter without a choice
// goes to the page of all moments found.

import {clock} from '/static/clock.js';
import {asTyped} from '/static/typed.js';

const PAUSE = 160; // milliseconds without a key
const SHOWN = 8;

const field = document.getElementById('find');
const list = document.getElementById('found');
const count = document.getElementById('found-count');
let running = null;
let timer = 0;
let chosen = -1;

field.setAttribute('role', 'combobox');
field.setAttribute('aria-autocomplete', 'list');
field.setAttribute('aria-controls', list.id);
field.setAttribute('aria-expanded', 'false');

field.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
});
field.addEventListener('focus', () => { if (list.childElementCount && field.value.trim()) open(); });
field.addEventListener('keydown', (event) => {
  const options = list.querySelectorAll('[role=option]');
  if (event.key === 'Escape') {
    if (list.hidden) field.blur();
    close();
  } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && options.length) {
    event.preventDefault();
    open();
    const step = event.key === 'ArrowDown' ? 1 : -1;
    choose(chosen < 0 && step < 0 ? options.length - 1 : (chosen + step + options.length) % options.length);
  } else if (event.key === 'Enter' && chosen >= 0 && !list.hidden) {
    event.preventDefault();
    location.href = options[chosen].dataset.address;
  }
});
document.addEventListener('pointerdown', (event) => {
  if (!event.target.closest('.find')) close();
});
field.closest('form').addEventListener('focusout', (event) => {
  if (!event.currentTarget.contains(event.relatedTarget)) close();
});

async function look() {
  const text = field.value.trimStart();
  running?.abort();
  if (!text.trim()) {
    list.replaceChildren();
    close();
    return;
  }
  running = new AbortController();
  try {
    const asked = new URLSearchParams({q: asTyped(text), limit: String(SHOWN)});
    const answer = await fetch(`/api/search?${asked}`, {signal: running.signal});
    const found = await answer.json();
    if (answer.ok) show(found);
    else tell(found.error?.message ?? 'The search failed.');
  } catch (error) {
    if (error.name !== 'AbortError') tell('shotlog does not answer.');
  }
}

function show({hits, did_you_mean: meant}) {
  chosen = -1;
  field.removeAttribute('aria-activedescendant');
  if (!hits.length) {
    tell(meant ?? 'Nothing was found.');
    return;
  }
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Moments found');
  list.replaceChildren(...hits.map(option));
  const many = hits.length === SHOWN ? `${SHOWN} or more` : hits.length;
  count.textContent = `${many} moment${hits.length === 1 ? '' : 's'}`;
  open();
}

function tell(text) {
  const line = element('p', 'nothing', text);
  list.removeAttribute('role');
  list.removeAttribute('aria-label');
  list.replaceChildren(line);
  count.textContent = text;
  list.hidden = false;
  field.setAttribute('aria-expanded', 'false');
}

function option(hit, place) {
  const made = element('div');
  made.id = `found-${place}`;
  made.setAttribute('role', 'option');
  made.setAttribute('aria-selected', 'false');
  made.dataset.address = hit.address;
  const frame = element('span', 'frame');
  if (hit.thumb) frame.append(Object.assign(element('img'), {src: hit.thumb, alt: ''}));
  frame.append(element('span', 'length', clock(hit.start_seconds)));
  const what = element('span');
  what.append(element('span', 'name', hit.title ?? hit.file_name));
  if (hit.title) what.append(element('span', 'file', hit.file_name));
  if (hit.snippet) what.append(...(hit.title ? [] : [element('br')]), marked(hit.snippet));
  made.append(frame, what);
  made.addEventListener('click', () => { location.href = hit.address; });
  return made;
}

/** Marks count code points, as the server does; JavaScript's strings count otherwise. */
function marked({text, marks}) {
  const signs = [...text];
  const part = (from, to) => signs.slice(from, to).join('');
  const made = element('span', 'snippet');
  let end = 0;
  for (const [start, stop] of marks) {
    made.append(part(end, start), element('mark', '', part(start, stop)));
    end = stop;
  }
  made.append(part(end));
  return made;
}

function element(name, kind = '', text = '') {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text) made.textContent = text;
  return made;
}

function choose(place) {
  const options = list.querySelectorAll('[role=option]');
  options[chosen]?.setAttribute('aria-selected', 'false');
  chosen = place;
  options[chosen].setAttribute('aria-selected', 'true');
  options[chosen].scrollIntoView({block: 'nearest'});
  field.setAttribute('aria-activedescendant', options[chosen].id);
}

function open() {
  list.hidden = false;
  field.setAttribute('aria-expanded', 'true');
}

function close() {
  list.hidden = true;
  chosen = -1;
  field.setAttribute('aria-expanded', 'false');
  field.removeAttribute('aria-activedescendant');
}
