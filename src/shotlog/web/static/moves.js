// Moving among things that lie in rows: arrows, j and k, Home and End.

import {bind} from '/static/keys.js';

const SMALL = 4; // pixels by which things of one row may be off

/** `selector` finds the links to be moved among; they are looked up anew at each key. */
export function bindMoves(selector) {
  const all = () => [...document.querySelectorAll(selector)];
  const go = (place) => {
    const found = all();
    const next = found[Math.max(0, Math.min(place(found, found.indexOf(document.activeElement)), found.length - 1))];
    if (!next) return false;
    next.focus();
    next.scrollIntoView({block: 'nearest'});
    return true;
  };
  const by = (step) => () => go((found, here) => (here < 0 ? 0 : here + step));
  bind('j', 'Next', by(1));
  bind('k', 'Before', by(-1));
  bind('ArrowRight', null, by(1));
  bind('ArrowLeft', null, by(-1));
  bind('ArrowDown', 'A row down', () => go((found, here) => (here < 0 ? 0 : below(found, here, 1))));
  bind('ArrowUp', 'A row up', () => go((found, here) => (here < 0 ? 0 : below(found, here, -1))));
  bind('Home', 'First', () => go(() => 0));
  bind('End', 'Last', () => go((found) => found.length - 1));
}

/** The nearest in the next row. */
function below(found, here, direction) {
  const box = (element) => element.getBoundingClientRect();
  const from = box(found[here]);
  let best = here, bestFar = Infinity, row = null;
  for (let place = here + direction; found[place]; place += direction) {
    const to = box(found[place]);
    if (Math.abs(to.top - from.top) < SMALL) continue;
    row ??= to.top;
    if (Math.abs(to.top - row) > SMALL) break;
    const far = Math.abs(to.left - from.left);
    if (far < bestFar) [best, bestFar] = [place, far];
  }
  return best;
}
