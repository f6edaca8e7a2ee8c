"""Clips cut by copying, as a browser shows them: every frame, in order, at its time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from numbered import BITS, BLOCK, HEIGHT, WIDTH, numbered

from shotlog.media.copying import copy_clips
from shotlog.media.keyframes import survey
from shotlog.segments import Cutting

pytestmark = pytest.mark.slow

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "48")
FORMS = {
    "two B-frames deep": X264,
    "no B-frames": (*X264, "-bf", "0"),
    "baseline": (*X264, "-profile:v", "baseline"),
    "four references": (*X264, "-bf", "5", "-refs", "4", "-profile:v", "high"),
    "slices": (*X264, "-slices", "4", "-profile:v", "main"),
}

SCRIPT = """
async ({address, times, block, bits, wide, high}) => {
  const video = document.createElement('video');
  video.muted = true; video.preload = 'auto'; video.src = address;
  document.body.append(video);
  await new Promise((done, wrong) => {
    video.onloadeddata = done; video.onerror = () => wrong(video.error.message);
  });
  const canvas = new OffscreenCanvas(wide, high);
  const paper = canvas.getContext('2d', {willReadFrequently: true});
  const number = () => {
    paper.drawImage(video, 0, 0, wide, high);
    const dots = paper.getImageData(0, block / 2, wide, 1).data;
    let found = 0;
    for (let bit = 0; bit < bits; bit++)
      if (dots[4 * Math.round((bit + 0.5) * block)] > 126) found |= 1 << bit;
    return found;
  };
  const sought = [];
  for (const time of times) {
    const shown = new Promise(done => video.onseeked = done);
    // 'seeked' may come before the new frame can be drawn
    const drawable = new Promise(done => video.requestVideoFrameCallback(done));
    video.currentTime = time;
    await shown;
    await Promise.race([drawable, new Promise(done => setTimeout(done, 1000))]);
    sought.push(number());
  }
  const played = [];
  video.currentTime = 0;
  await new Promise(done => video.onseeked = done);
  const note = (now, about) => {
    played.push([about.mediaTime, number()]);
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
  const ended = new Promise(done => video.onended = done);
  await video.play();
  await ended;
  return {sought, played, duration: video.duration, wide: video.videoWidth};
}
"""


class _Ranged(SimpleHTTPRequestHandler):
    """Answers requests for a range of bytes, as a browser makes them of videos."""

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self._send(200, b"<!doctype html>", "text/html", {})
            return
        data = path.read_bytes()
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        if not asked:
            self._send(200, data, "video/mp4", {})
            return
        first, _, last = asked.partition("-")
        start, end = int(first), int(last) + 1 if last else len(data)
        place = {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
        self._send(206, data[start:end], "video/mp4", place)

    def _send(self, status: int, body: bytes, kind: str, further: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **further}
        for name, value in {**headers, "Accept-Ranges": "bytes"}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Ranged, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(site: str, chromium: Any) -> Iterator[Any]:
    page = chromium.new_page()
    page.goto(site)
    yield page
    page.close()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sound", [False, True], ids=["silent", "with sound"])
def test_chromium_shows_every_frame_of_every_clip(
    form: str, sound: bool, folder: Path, site: str, page: Any
) -> None:
    name = f"chromium {form} {sound}"
    source = numbered(f"{name}.mp4", *FORMS[form], sound=sound)
    found = survey(source)
    spans = Cutting(Fraction(27, 10), Fraction(1, 2)).plan(found.picture_end)
    clips = copy_clips(found, spans, folder / name)
    for span, clip in zip(spans, clips, strict=True):
        first = -(-span.start * 30 // 1)
        count = clip.frame_count
        # the middle of each frame, where no rounding leads to its neighbour
        times = [(number + 0.5) / 30 for number in range(count)]
        seen = page.evaluate(
            SCRIPT,
            {
                "address": f"{site}/{name}/{clip.file}", "times": times,
                "block": BLOCK, "bits": BITS, "wide": WIDTH, "high": HEIGHT,
            },
        )  # fmt: skip
        expected = [first + number for number in range(count)]
        assert seen["sought"] == expected
        assert abs(seen["duration"] - float(clip.duration_seconds)) < 0.03
        played = [(round(time * 30), number) for time, number in seen["played"]]
        assert played == sorted(set(played))
        # what is drawn may be a frame or two newer than the one that was announced
        assert all(0 <= number - first - place <= 2 for place, number in played)
        assert len(played) > count / 8
