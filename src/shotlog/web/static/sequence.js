// Plays the pieces of a video, one file after the other, as if they were one.
//
// Two <video> elements take turns: while one is seen, the other holds the piece that comes next, so
// that there is no gap between them. Times are the whole video's, in seconds.

const PAST_END = 0.05; // a frame at least lies before a piece's end

export class Sequence extends EventTarget {
  /** `pieces`: [{start_seconds, end_seconds, media, index}], rising; `tracks(piece)` gives <track>s. */
  constructor(front, pieces, tracks) {
    super();
    this.pieces = pieces;
    this.tracks = tracks;
    this.place = 0;
    this.wanted = null; // the time sought, until it is shown
    this.isPlaying = false;
    this.hasCaptions = false;
    this.front = front;
    this.back = front.cloneNode(false);
    this.back.removeAttribute('src');
    this.back.removeAttribute('poster');
    this.back.classList.add('back');
    this.back.tabIndex = -1;
    this.back.setAttribute('aria-hidden', 'true');
    front.after(this.back);
    for (const video of [this.front, this.back]) {
      video.controls = false;
      video.addEventListener('ended', () => video === this.front && this.#next());
      video.addEventListener('error', () => video === this.front && this.#fail(video));
      video.addEventListener('timeupdate', () => video === this.front && this.#tell('time'));
      video.addEventListener('pause', () => {
        if (video === this.front && !video.ended && this.wanted === null) this.#set(false);
      });
      video.addEventListener('play', () => video === this.front && this.#set(true));
    }
    front.dataset.place = '0';
  }

  /** What the browser says is wrong with the piece that is seen; null where nothing is. */
  get error() { return this.front.error; }
  get duration() { return this.pieces.at(-1).end_seconds; }
  get piece() { return this.pieces[this.place]; }
  get time() { return this.wanted ?? Math.min(this.piece.start_seconds + this.front.currentTime, this.duration); }
  get muted() { return this.front.muted; }

  set muted(value) { this.front.muted = this.back.muted = value; }
  set rate(value) {
    for (const video of [this.front, this.back]) video.defaultPlaybackRate = video.playbackRate = value;
  }

  set captions(value) {
    this.hasCaptions = value;
    for (const video of [this.front, this.back]) this.#showCaptions(video);
  }

  /** Rejects with NotAllowedError where the browser wants a gesture first. */
  async play() {
    if (this.time >= this.duration - PAST_END) await this.seek(this.pieces[0].start_seconds);
    this.#set(true);
    try {
      await this.front.play();
    } catch (error) {
      if (error.name === 'AbortError') return; // another piece has taken its turn
      this.#set(false);
      throw error;
    }
  }

  pause() {
    this.#set(false);
    this.front.pause();
  }

  toggle() { return this.isPlaying ? this.pause() : this.play(); }

  /** Shows the frame at this time, in whichever piece it lies; goes on playing if it played. */
  async seek(seconds) {
    const time = Math.max(0, Math.min(seconds, this.duration - PAST_END));
    const place = this.#placeOf(time);
    const piece = this.pieces[place];
    const within = Math.max(0, time - piece.start_seconds);
    this.wanted = time;
    if (place === this.place) {
      this.#tell('time');
      if (this.front.readyState < HTMLMediaElement.HAVE_METADATA) await once(this.front, 'loadedmetadata');
      if (this.wanted !== time) return;
      this.front.currentTime = within;
      await once(this.front, 'seeked');
    } else {
      this.#tell('time');
      this.front.pause();
      this.#load(this.back, place);
      await ready(this.back);
      if (this.wanted !== time) return; // sought again meanwhile
      this.back.currentTime = within;
      if (within > 0) await once(this.back, 'seeked');
      if (this.wanted !== time) return;
      this.#turn();
    }
    if (this.wanted === time) this.wanted = null;
    this.#tell('time');
    if (this.isPlaying) await this.#goOn();
  }

  /** The piece that shows this time; between two, the one that comes next. */
  #placeOf(time) {
    const here = this.piece;
    if (here && here.start_seconds <= time && time < here.end_seconds) return this.place;
    const found = this.pieces.findIndex((piece) => time < piece.end_seconds);
    return found < 0 ? this.pieces.length - 1 : found;
  }

  #load(video, place) {
    if (video.dataset.place === String(place)) return;
    const piece = this.pieces[place];
    video.dataset.place = String(place);
    video.preload = 'auto';
    video.src = piece.media;
    video.replaceChildren(...this.tracks(piece));
    this.#showCaptions(video);
  }

  #showCaptions(video) {
    for (const track of video.textTracks) {
      if (track.kind === 'captions') track.mode = this.hasCaptions ? 'showing' : 'disabled';
    }
  }

  /** The back comes to the front; what it leaves behind gets ready for the piece after. */
  #turn() {
    [this.front, this.back] = [this.back, this.front];
    this.place = Number(this.front.dataset.place);
    this.front.classList.remove('back');
    this.front.removeAttribute('aria-hidden');
    this.back.classList.add('back');
    this.back.setAttribute('aria-hidden', 'true');
    this.back.pause();
    if (this.front.error) this.#fail(this.front);
    else this.prepare();
  }

  /** Loads what comes next. */
  prepare() {
    if (this.place + 1 < this.pieces.length) this.#load(this.back, this.place + 1);
  }

  async #next() {
    const end = this.piece.end_seconds;
    const place = this.place + 1;
    if (place >= this.pieces.length) {
      this.#set(false);
      this.#tell('time');
      return;
    }
    const piece = this.pieces[place];
    const within = Math.max(0, end - piece.start_seconds); // clips may overlap
    this.#load(this.back, place);
    if (within > 0) {
      await ready(this.back);
      this.back.currentTime = within;
    }
    this.#turn();
    this.#tell('time');
    if (this.isPlaying) await this.#goOn();
  }

  async #goOn() {
    try {
      await this.front.play();
    } catch (error) {
      if (error.name !== 'AbortError') this.#set(false);
    }
  }

  #set(isPlaying) {
    if (this.isPlaying === isPlaying) return;
    this.isPlaying = isPlaying;
    this.#tell('state');
  }

  #fail(video) {
    this.wanted = null;
    this.#set(false);
    this.dispatchEvent(new CustomEvent('trouble', {detail: video.error}));
  }

  #tell(name) { this.dispatchEvent(new Event(name)); }
}

function once(video, name) {
  return new Promise((done) => {
    const finish = () => {
      video.removeEventListener(name, finish);
      video.removeEventListener('error', finish);
      done();
    };
    video.addEventListener(name, finish);
    video.addEventListener('error', finish);
  });
}

async function ready(video) {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await once(video, 'loadeddata');
}
