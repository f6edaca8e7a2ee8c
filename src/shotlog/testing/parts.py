"""The pictures of a chat question, read as strictly as one kind of model server reads them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from shotlog.testing.flavours import FakeForm, Rules
from shotlog.testing.rejections import Rejected

JPEG_PREFIX = "data:image/jpeg;base64,"
FRAMES_PREFIX = "data:video/jpeg;base64,"
CLIP_PREFIX = "data:video/mp4;base64,"
DEFAULT_FRAMES = 32


@dataclass
class Pictures:
    """What a question showed, and what the model was given of it."""

    form: FakeForm | None = None
    sent: list[bytes] = field(default_factory=list)
    """JPEGs, or one clip."""
    frames_seen: int = 0
    fps: float | None = None
    """The rate that the model is told; None where it is told none."""
    url: str | None = None
    tokens: int = 0

    @property
    def hash(self) -> str:
        return hashlib.sha256(b"".join(self.sent)).hexdigest()[:10]


class PartReader:
    """Reads the parts of one question for one kind of server."""

    def __init__(self, rules: Rules, question: Mapping[str, object], side: int) -> None:
        self.pictures = Pictures()
        self._rules = rules
        self._side = side
        self._options = _video_options(question) if rules.reads_media_io else {}

    def read(self, part: Mapping[str, object]) -> None:
        """Takes a part that is no text. Raises Rejected."""
        kind = part.get("type")
        if kind == "image_url":
            self._image(part.get("image_url"))
        elif kind == "video" and "list" in self._rules.forms:
            self._list(part)
        elif kind == "video_url" and self._rules.forms & {"frames", "clip", "url"}:
            self._video(part.get("video_url"), part)
        else:
            raise Rejected(400, self._rules.unknown_part.format(kind=kind))

    def _image(self, found: object) -> None:
        url = found.get("url") if isinstance(found, Mapping) else None
        if self._rules.name == "ollama" and str(url).startswith("http"):
            raise Rejected(400, "image URLs are not currently supported, please use base64")
        jpeg = read_jpeg(url)
        self._bounded(str(url))
        self._add("images", [jpeg], seen=2)
        self.pictures.frames_seen = len(self.pictures.sent)

    def _list(self, part: Mapping[str, object]) -> None:
        urls, rate = part.get("video"), part.get("fps", 2.0)
        if not isinstance(urls, list) or len(urls) < self._rules.least_frames:
            raise Rejected(
                400,
                "<400> InternalError.Algo.InvalidParameter: The number of frames in the list must "
                f"be at least {self._rules.least_frames}.",
            )
        if self._rules.most_frames is not None and len(urls) > self._rules.most_frames:
            raise Rejected(400, "<400> InternalError.Algo.InvalidParameter: too many frames")
        self.pictures.fps = _rate(rate, 0.1, 10.0)
        for url in urls:
            self._bounded(str(url))
        jpegs = [read_jpeg(url) for url in urls]
        self._add("list", jpegs, seen=len(jpegs))

    def _video(self, found: object, part: Mapping[str, object]) -> None:
        url = found.get("url") if isinstance(found, Mapping) else None
        if not isinstance(url, str):
            raise Rejected(400, "video_url holds no url")
        if url.startswith(FRAMES_PREFIX) and "frames" in self._rules.forms:
            self._frames(url)
        elif url.startswith(CLIP_PREFIX):
            self._bounded(url)
            self._clip(decoded(url.removeprefix(CLIP_PREFIX), "video"), part)
        elif url.startswith("http"):
            self._add("url", [], seen=DEFAULT_FRAMES)
            self.pictures.url = url
        else:
            raise Rejected(400, "Error while loading data: cannot identify the video.")

    def _frames(self, url: str) -> None:
        jpegs = [
            read_jpeg(JPEG_PREFIX + each) for each in url.removeprefix(FRAMES_PREFIX).split(",")
        ]
        if len({_size(jpeg) for jpeg in jpegs}) > 1:
            raise Rejected(400, "all input arrays must have the same shape")
        most = self._options.get("num_frames", DEFAULT_FRAMES)
        seen = len(jpegs) if most == -1 else min(len(jpegs), int(most))
        self.pictures.fps = float(self._options.get("fps", 1))
        self._decodable(jpegs)
        self._add("frames", jpegs, seen=seen)

    def _clip(self, clip: bytes, part: Mapping[str, object]) -> None:
        width, height, frames, seconds = measured(clip)
        if self._rules.name == "dashscope" and seconds < 2.0:
            raise Rejected(
                400, "<400> InternalError.Algo.InvalidParameter: The video is too short."
            )
        samples = self._rules.reads_media_io or self._rules.name != "vllm-old"
        rate = float(str(part.get("fps") or self._options.get("fps", 2)))
        wanted = min(768, max(4, int(seconds * rate) // 2 * 2)) if samples else DEFAULT_FRAMES
        seen = min(frames, wanted)
        self.pictures.fps = seen / seconds
        self._add("clip", [clip], seen=seen, size=(width, height))

    def _add(
        self, form: FakeForm, sent: list[bytes], *, seen: int, size: tuple[int, int] | None = None
    ) -> None:
        pictures = self.pictures
        if pictures.form not in (None, form) or (pictures.sent and form != "images"):
            raise Rejected(400, "At most 1 video(s) may be provided in one prompt.")
        pictures.form = form
        pictures.sent += sent
        pictures.frames_seen = seen
        width, height = size or (_size(sent[0]) if sent else (1280, 720))
        pictures.tokens += self._tokens(seen, width, height)

    def _tokens(self, frames: int, width: int, height: int) -> int:
        """Tokens of frames within all pixel limits; Qwen3-VL writes a time before each pair."""
        groups = math.ceil(frames / 2)
        patches = max(1, round(width / self._side)) * max(1, round(height / self._side))
        return groups * (patches + (9 if self._side == 32 else 0)) + 2

    def _bounded(self, item: str) -> None:
        most = self._rules.item_bytes
        if most is not None and len(item) > most:
            raise Rejected(400, f"Exceeded limit on max bytes per data-uri item : {most}")

    def _decodable(self, jpegs: Iterable[bytes]) -> None:
        most = self._rules.decode_bytes
        together = sum(width * height * 3 for width, height in map(_size, jpegs))
        if most is not None and together > most:
            raise Rejected(
                400, f"The media of the request exceed the decode budget of {most} bytes."
            )


def read_jpeg(url: object) -> bytes:
    """The picture of a JPEG data URL. Raises Rejected."""
    if not isinstance(url, str) or not url.startswith(JPEG_PREFIX):
        raise Rejected(400, "A picture is no JPEG data URL.")
    data = decoded(url.removeprefix(JPEG_PREFIX), "picture")
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            picture.load()
    except (UnidentifiedImageError, OSError):
        raise Rejected(400, "A picture cannot be decoded as JPEG.") from None
    return data


def decoded(text: str, what: str) -> bytes:
    """Strict base64. Raises Rejected."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected(400, f"A {what} cannot be decoded as JPEG.") from None


def measured(clip: bytes) -> tuple[int, int, int, float]:
    """Width, height, frames and seconds of an MP4. Raises Rejected where it cannot be decoded."""
    import av

    try:
        with av.open(io.BytesIO(clip), "r") as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or 1)
            frames = len(list(container.decode(stream)))
            return stream.width, stream.height, frames, frames / rate
    except (av.error.FFmpegError, IndexError):
        raise Rejected(400, "The video cannot be decoded.") from None


def _size(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return picture.size


def _rate(value: object, least: float, most: float) -> float:
    if not isinstance(value, int | float) or not least <= value <= most:
        raise Rejected(400, f"fps must be from {least} to {most}, not {value!r}")
    return float(value)


def _video_options(question: Mapping[str, object]) -> Mapping[str, float]:
    found = question.get("media_io_kwargs")
    video = found.get("video") if isinstance(found, Mapping) else None
    if not isinstance(video, Mapping):
        return {}
    # One alone brings the other's default back.
    if "num_frames" not in video:
        return {**video, "num_frames": DEFAULT_FRAMES}
    return dict(video)
