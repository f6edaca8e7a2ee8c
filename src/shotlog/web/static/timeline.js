// The timeline under the player: a slider over the whole video, with what was measured at hand.

import {clock, exactClock} from '/static/clock.js';

const STEP = 5;

export class Timeline {
  /** `seek(seconds)` is called where a person points; `clips` are those of the page. */
  constructor(element, clips, seek) {
    this.element = element;
    this.seconds = Number(element.dataset.seconds);
    this.clips = clips;
    this.seek = seek;
    this.slider = element.querySelector('#position');
    this.playhead = element.querySelector('#playhead');
    this.tip = element.querySelector('#tip');
    this.bars = [...element.querySelectorAll('.clips rect')];
    this.curves = null;
    this.slider.hidden = this.playhead.hidden = false;
    this.#listen();
  }

  /** Where the player is. */
  show(seconds, clip) {
    this.playhead.style.left = `${100 * Math.min(1, seconds / this.seconds)}%`;
    const told = Math.floor(seconds);
    if (told !== this.told) {
      this.told = told;
      this.slider.setAttribute('aria-valuenow', seconds.toFixed(1));
      const place = clip ? `, clip ${clip.index}` : '';
      this.slider.setAttribute('aria-valuetext', `${clock(seconds)} of ${clock(this.seconds)}${place}`);
    }
    if (clip !== this.clip) {
      this.clip = clip;
      this.bars.forEach((bar) => bar.classList.toggle('here', bar.dataset.clip === String(clip?.index)));
    }
  }

  #listen() {
    const {slider} = this;
    slider.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      slider.setPointerCapture(event.pointerId);
      slider.focus({preventScroll: true});
      this.seek(this.#secondsAt(event));
      event.preventDefault();
    });
    slider.addEventListener('pointermove', (event) => {
      if (slider.hasPointerCapture(event.pointerId)) this.seek(this.#secondsAt(event));
      this.#showTip(event);
    });
    slider.addEventListener('pointerenter', () => this.#fetchCurves(), {once: true});
    slider.addEventListener('pointerleave', () => { this.tip.hidden = true; });
    slider.addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event) {
    const now = Number(this.playhead.style.left.replace('%', '')) / 100 * this.seconds;
    const next = {
      ArrowRight: now + STEP, ArrowUp: now + STEP, ArrowLeft: now - STEP, ArrowDown: now - STEP,
      PageUp: now + this.seconds / 10, PageDown: now - this.seconds / 10,
      Home: 0, End: this.seconds,
    }[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.seek(Math.max(0, Math.min(next, this.seconds)));
  }

  #secondsAt(event) {
    const box = this.slider.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.seconds;
  }

  async #fetchCurves() {
    const id = document.querySelector('[data-video]').dataset.video;
    const answer = await fetch(`/api/videos/${id}/curves`);
    if (answer.ok) this.curves = await answer.json();
  }

  #showTip(event) {
    if (event.pointerType !== 'mouse') return;
    const seconds = this.#secondsAt(event);
    const clip = this.clips.find((each) => each.start <= seconds && seconds < each.end);
    const picture = this.tip.querySelector('img');
    picture.hidden = !clip?.thumb;
    if (clip?.thumb && picture.getAttribute('src') !== clip.thumb) picture.src = clip.thumb;
    this.tip.querySelector('p').textContent = [exactClock(seconds), ...this.#measured(seconds)].join(' · ');
    this.tip.hidden = false;
    const box = this.element.getBoundingClientRect();
    const left = event.clientX - box.left - this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.max(0, Math.min(left, box.width - this.tip.offsetWidth))}px`;
  }

  #measured(seconds) {
    const {curves} = this;
    if (!curves?.start_seconds.length) return [];
    const place = Math.max(0, curves.start_seconds.findLastIndex((start) => start <= seconds));
    const loudness = curves.loudness_db[place];
    return [
      `motion ${curves.motion[place].toFixed(3)}`,
      ...(loudness === null ? [] : [`${loudness.toFixed(0)} dB`]),
      `brightness ${curves.brightness[place].toFixed(2)}`,
    ];
  }
}
