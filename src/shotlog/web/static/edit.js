// Editing by hand, in place: the server's own form, with tags as chips.

import {bind} from '/static/keys.js';

const inVideo = document.querySelector('[data-video]');
let opened = null;

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const fold = (tag) => tag.normalize('NFC').toLowerCase();
const tidy = (tag) => tag.trim().replace(/\s+/g, ' ');

/** Tags as chips over the form's own field, which stays what is sent. */
class Chips {
  constructor(form) {
    this.field = form.elements.tags;
    this.told = JSON.parse(form.dataset.told);
    this.list = make('ul', {className: 'chips', ariaLabel: 'Tags'});
    this.entry = make('input', {type: 'text', maxLength: 200, placeholder: 'Add a tag', ariaLabel: 'Add a tag', autocomplete: 'off'});
    this.says = make('p', {className: 'unseen', role: 'status'});
    this.says.setAttribute('role', 'status');
    const label = this.field.closest('label');
    label.hidden = true;
    label.after(make('div', {className: 'chip-field'}, make('span', {className: 'chip-name', textContent: 'Tags'}), this.list, this.entry, this.says));
    this.entry.addEventListener('keydown', (event) => this.#key(event));
    this.draw();
  }

  get tags() { return this.field.value.split('\n').map(tidy).filter(Boolean); }
  set tags(tags) { this.field.value = tags.join('\n'); this.draw(); }

  has(tag) { return this.tags.some((each) => fold(each) === fold(tag)); }

  add(text) {
    const tags = text.split(/[,\n]/).map(tidy).filter((tag) => tag && !this.has(tag));
    this.entry.value = '';
    if (tags.length) {
      this.tags = [...this.tags, ...tags];
      this.say(`${tags.join(', ')} added`);
    }
  }

  remove(tag) {
    this.tags = this.tags.filter((each) => fold(each) !== fold(tag));
    this.say(`${tag} removed`);
    this.entry.focus();
  }

  say(text) { this.says.textContent = text; }

  draw() {
    const gone = this.told.filter((tag) => !this.has(tag));
    this.list.replaceChildren(
      ...this.tags.map((tag) => this.#chip(tag, this.told.some((each) => fold(each) === fold(tag)) ? 'as-told' : 'by-hand')),
      ...gone.map((tag) => this.#gone(tag)),
    );
  }

  #chip(tag, kind) {
    const button = make('button', {type: 'button', ariaLabel: `Remove ${tag}`, textContent: '×'});
    button.addEventListener('click', () => this.remove(tag));
    return make('li', {className: kind}, make('span', {textContent: tag}), button);
  }

  #gone(tag) {
    const button = make('button', {type: 'button', ariaLabel: `Put ${tag} back`, title: 'Put back', textContent: '↺'});
    button.addEventListener('click', () => { this.add(tag); this.entry.focus(); });
    return make('li', {className: 'gone'}, make('del', {textContent: tag}), button);
  }

  #key(event) {
    if ((event.key === 'Enter' && !event.ctrlKey && !event.metaKey && this.entry.value.trim()) || event.key === ',') {
      event.preventDefault();
      this.add(this.entry.value);
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
    } else if (event.key === 'Backspace' && !this.entry.value && this.tags.length) {
      this.remove(this.tags.at(-1));
    }
  }
}

/** The edit after which the form's description and tags hold: as the server reckons it. */
function bodyOf(form, chips) {
  const text = form.elements.description.value.trim();
  const told = chips.told.map(fold);
  return {
    description: text === form.dataset.toldText.trim() ? null : text || null,
    added: chips.tags.filter((tag) => !told.includes(fold(tag))),
    removed: [...JSON.parse(form.dataset.removed), ...chips.told].filter((tag) => !chips.has(tag)),
  };
}

class Editor {
  constructor(form, link) {
    this.form = form;
    this.link = link;
    this.chips = new Chips(form);
    this.begun = this.#state();
    this.trouble = make('div', {className: 'wrong', hidden: true});
    this.trouble.setAttribute('role', 'alert');
    form.querySelector('.buttons').before(this.trouble);
    form.addEventListener('submit', (event) => this.#submit(event));
    form.addEventListener('keydown', (event) => this.#key(event));
    form.querySelector('[data-leave]').addEventListener('click', (event) => {
      if (!link) return;
      event.preventDefault();
      this.leave();
    });
  }

  #state() {
    const {description, tags} = this.form.elements;
    return JSON.stringify([description.value, tags.value, this.chips.entry.value]);
  }

  #key(event) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form.requestSubmit(this.form.querySelector('[value=save]'));
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (this.#state() === this.begun || this.warned) this.leave();
      else {
        this.warned = true;
        this.#tell('Not saved yet. Escape again leaves without saving; Ctrl+Enter saves.');
      }
    } else {
      this.warned = false;
    }
  }

  #tell(text, ...further) {
    this.trouble.replaceChildren(make('p', {textContent: text}), ...further);
    this.trouble.hidden = false;
  }

  async #submit(event) {
    this.chips.add(this.chips.entry.value);
    if (!this.link && !inVideo) return; // a page of its own is sent as a form
    event.preventDefault();
    const takesBack = event.submitter?.value === 'take back';
    const version = this.form.elements.seen.value;
    const headers = {'Content-Type': 'application/json', 'If-Match': `"${version}"`};
    const body = takesBack ? undefined : JSON.stringify(bodyOf(this.form, this.chips));
    const busy = [...this.form.querySelectorAll('button')];
    busy.forEach((button) => { button.disabled = true; });
    let saved = false;
    try {
      const answer = await fetch(this.form.dataset.api, {method: takesBack ? 'DELETE' : 'PUT', headers, body});
      saved = answer.ok;
      if (saved) {
        await refresh(this.form);
        this.leave(takesBack ? 'Taken back to what was told.' : 'Saved.');
      } else {
        await this.#refused(answer);
      }
    } catch {
      this.#tell(saved ? 'Saved, but the page could not be drawn anew: load it again.' :
        'shotlog serve does not answer; it may not be saved. What you wrote is still here.');
    } finally {
      busy.forEach((button) => { button.disabled = false; });
    }
  }

  async #refused(answer) {
    const {error} = await answer.json();
    if (answer.status !== 409) { this.#tell(`${error.message} ${error.hint}`.trim()); return; }
    const now = await (await fetch(this.form.dataset.api)).json();
    const mine = make('button', {type: 'button', textContent: 'Keep mine: write it over theirs'});
    const theirs = make('button', {type: 'button', textContent: 'Take theirs'});
    mine.addEventListener('click', () => {
      this.form.elements.seen.value = now.version;
      this.form.requestSubmit(this.form.querySelector('[value=save]'));
    });
    theirs.addEventListener('click', () => {
      this.form.elements.seen.value = now.version;
      this.form.elements.description.value = now.description ?? '';
      this.chips.tags = now.tags;
      this.trouble.hidden = true;
    });
    const said = [now.description ?? 'no description', now.tags.join(', ')].filter(Boolean).join(' — ');
    this.#tell(error.message, make('p', {textContent: `As it is now: ${said}`}), make('p', {className: 'buttons'}, mine, theirs));
  }

  leave(says) {
    if (!this.link) { location.assign(this.form.querySelector('[data-leave]').href); return; }
    const place = this.form.closest('.editing');
    place?.classList.remove('editing');
    this.form.remove();
    opened = null;
    const link = document.querySelector(`a.edit-link[href="${this.form.getAttribute('action')}"]`);
    link?.focus({preventScroll: true});
    if (says) tell(says);
  }
}

function tell(text) {
  const place = document.getElementById('edit-says') ?? document.body.appendChild(make('p', {id: 'edit-says', className: 'saved'}));
  place.setAttribute('role', 'status');
  place.textContent = text;
  place.classList.remove('fading');
  requestAnimationFrame(() => place.classList.add('fading'));
}

/** What is shown of it now takes the place of what was: from the page itself, so it is one and the same. */
async function refresh(form) {
  const answer = await fetch(location.pathname);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const place = form.closest('[data-edited]');
  const fresh = page.querySelector(`[data-edited="${place.dataset.edited}"]`);
  if (!fresh) { location.reload(); return; }
  const kept = new Set([...place.children].filter((each) => each.classList.contains('heard') || each === form));
  for (const each of [...place.children]) if (!kept.has(each)) each.remove();
  const heard = place.querySelector('.heard');
  let before = true;
  for (const each of [...fresh.children]) {
    if (each.classList.contains('heard')) before = false;
    else if (before && heard) heard.before(each);
    else form.before(each);
  }
  if (!place.closest('.clip[aria-current]')) return;
  const now = document.querySelector('#now .words');
  if (now) now.textContent = place.querySelector('.description, .wrong')?.textContent ?? '';
}

async function open(link) {
  if (opened) { opened.form.elements.description.focus(); return; }
  const answer = await fetch(link.getAttribute('href'));
  if (!answer.ok) { location.assign(link.href); return; }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const form = document.importNode(page.querySelector('form.edit'), true);
  const place = link.closest('[data-edited]');
  place.append(form);
  place.classList.add('editing');
  opened = new Editor(form, link);
  form.elements.description.focus();
  form.scrollIntoView({block: 'nearest'});
}

function presentLink() {
  const focused = document.activeElement?.closest('[data-edited], .clip');
  const clip = focused ?? document.querySelector('.clip[aria-current]') ?? document.querySelector('.clip');
  return clip?.querySelector('a.edit-link');
}

if (inVideo) {
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a.edit-link');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link);
  });
  bind('e', 'Edit the description and tags of this clip', () => {
    const link = presentLink();
    if (link) open(link);
  });
  bind('E', 'Edit those of the video as a whole', () => {
    const link = document.querySelector('[data-edited="video"] a.edit-link');
    if (link) open(link);
  });
} else {
  const form = document.querySelector('form.edit');
  new Editor(form, null);
}
