// Keys, all in one list: what a key does is said where it is bound, and `?` shows the list.

const bound = new Map();

/**
 * Binds a key; `key` as KeyboardEvent.key has it ('k', '/', 'ArrowLeft', ' ').
 * `act` may return false: then the key does what it would do by itself.
 */
export function bind(key, says, act) {
  bound.set(key, {says, act});
}

/** Keys that do the same, told in one line. */
export function bindAll(keys, says, act) {
  keys.forEach((key, place) => bind(key, place ? null : says, act));
  bound.get(keys[0]).also = keys.slice(1);
}

const NAMES = {
  ' ': 'Space', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc',
};

function isTyping(target) {
  return target.isContentEditable
    || (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type))
    || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Space and Enter on a button or link, arrows on a slider, are theirs. */
function isTheirs(event) {
  const {target, key} = event;
  if (key === ' ' || key === 'Enter') return Boolean(target.closest('button, a, summary, [role=option]'));
  return key.startsWith('Arrow') && Boolean(target.closest('[role=slider], [role=listbox], video'));
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector('dialog[open]') || isTyping(event.target) || isTheirs(event)) return;
  const entry = bound.get(event.key);
  if (entry && entry.act(event) !== false) event.preventDefault();
});

function cell(text, name) {
  const made = document.createElement('td');
  for (const each of text) {
    const inner = document.createElement(name);
    inner.textContent = each;
    made.append(inner, ' ');
  }
  return made;
}

function show() {
  const dialog = document.getElementById('keys');
  const rows = [...bound].filter(([, {says}]) => says).map(([key, {says, also = []}]) => {
    const row = document.createElement('tr');
    row.append(cell([key, ...also].map((each) => NAMES[each] ?? each), 'kbd'), cell([says], 'span'));
    return row;
  });
  dialog.querySelector('tbody').replaceChildren(...rows);
  dialog.showModal();
}

bind('/', 'Find a moment', () => {
  const field = document.getElementById('find');
  field.focus();
  field.select();
});
bind('?', 'Show the keys', show);
document.getElementById('keys-button')?.addEventListener('click', show);
