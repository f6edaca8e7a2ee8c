// A video's page: the player, the timeline and the shot log, all at one time.

import {bind, bindAll} from '/static/keys.js';
import {clock, exactClock} from '/static/clock.js';
import {Sequence} from '/static/sequence.js';
import {Timeline} from '/static/timeline.js';

const STEP = 5;
const SETTLED = 700; // milliseconds after which a clip is told to who cannot see it

const id = document.querySelector('[data-video]').dataset.video;
const stage = document.getElementById('stage');
const log = document.getElementById('log');
const clips = [...document.querySelectorAll('.clip')].map((element) => ({
  element,
  index: Number(element.dataset.index),
  start: Number(element.dataset.start),
  end: Number(element.dataset.end),
  thumb: element.querySelector('img')?.getAttribute('src'),
}));
const lines = [...document.querySelectorAll('.line')].map((element) => ({
  element, start: secondsOf(element.hash), end: Number(element.dataset.end),
}));

function secondsOf(hash) {
  const match = /^#t=(\d+(?:\.\d+)?)/.exec(hash);
  return match ? Number(match[1]) : null;
}

/** The clip that shows this time: the one playing, where several do. */
function clipAt(seconds, playing) {
  const shows = (clip) => clip.start <= seconds && seconds < clip.end;
  return clips.find((clip) => clip.index === playing && shows(clip)) ?? clips.find(shows) ?? null;
}

function begin(pieces) {
  const player = new Sequence(stage.querySelector('video'), pieces, tracksOf);
  const line = document.getElementById('timeline');
  const timeline = line && new Timeline(line, clips, (seconds) => player.seek(seconds));
  const follower = new Follower();

  const show = () => {
    const {time} = player;
    const clip = clipAt(time, player.piece.index);
    document.getElementById('time').textContent = exactClock(time);
    timeline?.show(time, clip);
    follower.show(time, clip);
  };
  const each = () => {
    show();
    if (player.isPlaying) requestAnimationFrame(each);
  };
  player.addEventListener('time', show);
  player.addEventListener('state', () => {
    showState(player);
    if (player.isPlaying) {
      player.prepare();
      requestAnimationFrame(each);
    }
  });
  player.addEventListener('trouble', ({detail}) => tell(troubleOf(detail)));

  const playFrom = async (seconds) => {
    await player.seek(seconds);
    await player.play().catch(() => {}); // the browser wants a click first: the frame is there
  };
  bindControls(player);
  bindKeys(player);
  bindLinks(player, playFrom);
  if (player.error) tell(troubleOf(player.error)); // it came before anybody listened
  start(player, playFrom);
  show();
}

function tracksOf(piece) {
  if (piece.index === null) return [];
  return [['captions', 'transcript', 'Words heard'], ['descriptions', 'descriptions', 'Descriptions']].map(
    ([kind, name, label]) => Object.assign(document.createElement('track'), {
      kind, label, src: `/videos/${id}/${name}.vtt?clip=${piece.index}`,
    }),
  );
}

/** Where to begin: `#t=12.5`, `?clip=3`. Who came here from a page of ours wants to see it play. */
function start(player, playFrom) {
  const seconds = secondsOf(location.hash);
  if (seconds !== null) {
    const isFromHere = document.referrer.startsWith(`${location.origin}/`);
    if (isFromHere) playFrom(seconds);
    else player.seek(seconds);
    return;
  }
  const first = clips.find((clip) => String(clip.index) === stage.dataset.first);
  if (first && first.start > 0) player.seek(first.start);
}

function bindLinks(player, playFrom) {
  document.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest('a[href^="#t="]');
    if (!link) return;
    event.preventDefault();
    const seconds = Number(event.target.dataset?.t ?? secondsOf(link.hash));
    history.replaceState(null, '', `#t=${seconds}`);
    playFrom(seconds);
  });
  window.addEventListener('hashchange', () => {
    const seconds = secondsOf(location.hash);
    if (seconds !== null) playFrom(seconds);
  });
}

function bindControls(player) {
  const controls = document.getElementById('controls');
  controls.hidden = false;
  const button = (name) => controls.querySelector(`[data-do="${name}"]`);
  button('play').addEventListener('click', () => attempt(player.toggle()));
  button('back').addEventListener('click', () => step(player, -1));
  button('next').addEventListener('click', () => step(player, 1));
  button('mute').addEventListener('click', () => mute(player));
  button('captions')?.addEventListener('click', () => captions(player));
  button('wide').addEventListener('click', wide);
  button('speed').addEventListener('change', (event) => { player.rate = Number(event.target.value); });
  stage.addEventListener('click', () => attempt(player.toggle()));
}

function bindKeys(player) {
  bindAll(['k', ' '], 'Play or pause', () => attempt(player.toggle()));
  bind('ArrowLeft', `${STEP} seconds back`, () => player.seek(player.time - STEP));
  bind('ArrowRight', `${STEP} seconds on`, () => player.seek(player.time + STEP));
  bind('[', 'Clip before', () => step(player, -1));
  bind(']', 'Next clip', () => step(player, 1));
  bind('m', 'Sound off or on', () => mute(player));
  if (document.querySelector('[data-do="captions"]')) bind('c', 'Captions', () => captions(player));
  bind('f', 'Full screen', wide);
  bind('0', 'From the beginning', () => player.seek(0));
}

function step(player, by) {
  const here = clips.indexOf(clipAt(player.time, player.piece.index));
  const within = here >= 0 ? player.time - clips[here].start : 0;
  const next = by < 0 && within > 2 ? here : here + by; // as players do: first to its own beginning
  if (clips[next]) player.seek(clips[next].start);
}

function attempt(playing) {
  playing?.catch?.((error) => tell(error.name === 'NotSupportedError' ? troubleOf(null) : error.message));
}

function mute(player) {
  player.muted = !player.muted;
  press('mute', player.muted);
}

function captions(player) {
  player.captions = !player.hasCaptions;
  press('captions', player.hasCaptions);
}

function press(name, isPressed) {
  document.querySelector(`[data-do="${name}"]`).setAttribute('aria-pressed', String(isPressed));
}

function wide() {
  if (document.fullscreenElement) document.exitFullscreen();
  else stage.requestFullscreen?.();
}

function showState(player) {
  const button = document.querySelector('[data-do="play"]');
  button.toggleAttribute('data-playing', player.isPlaying);
  button.querySelector('[data-name]').textContent = player.isPlaying ? 'Pause' : 'Play';
}

function troubleOf(error) {
  if (error?.code === MediaError.MEDIA_ERR_NETWORK) return 'The connection broke off.';
  return stage.hasAttribute('data-source')
    ? 'Your browser cannot play this source, or it cannot be reached from here. The clips can be played.'
    : 'This clip cannot be played: its file is missing or damaged. shotlog verify tells more.';
}

function tell(text) {
  const place = document.getElementById('trouble');
  place.textContent = text;
  place.hidden = false;
}

/** Descriptions follow the player: in the log, and in words under the picture. */
class Follower {
  constructor() {
    this.choice = document.getElementById('follow');
    this.choice.parentElement.hidden = false;
    this.now = document.getElementById('now');
    this.now.hidden = false;
  }

  show(time, clip) {
    this.#showLine(time);
    if (clip === this.clip) return;
    this.clip?.element.removeAttribute('aria-current');
    this.clip = clip;
    clip?.element.setAttribute('aria-current', 'true');
    if (clip && this.choice.checked) this.#scrollTo(clip.element);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.#tell(clip), this.hasTold ? SETTLED : 0);
    this.hasTold = true;
  }

  #tell(clip) {
    const [place, words] = this.now.children;
    place.textContent = clip ? `Clip ${clip.index}, ${clock(clip.start)} – ${clock(clip.end)}` : '';
    words.textContent = clip?.element.querySelector('.description, .wrong')?.textContent ?? '';
  }

  /** Within the log where it scrolls by itself; a page that would jump away is left alone. */
  #scrollTo(element) {
    if (log.scrollHeight <= log.clientHeight) return;
    const top = element.offsetTop, bottom = top + element.offsetHeight;
    if (top < log.scrollTop || bottom > log.scrollTop + log.clientHeight) {
      log.scrollTop = top - log.clientHeight / 4;
    }
  }

  #showLine(time) {
    const line = lines.find((each) => each.start <= time && time < each.end);
    if (line === this.line) return;
    this.line?.element.classList.remove('here');
    this.line = line;
    line?.element.classList.add('here');
  }
}

if (stage?.dataset.pieces) begin(JSON.parse(stage.dataset.pieces));
