"""Whether an NVIDIA GPU can decode (NVDEC) and encode (NVENC) here, and how it encodes."""

from __future__ import annotations

from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

import av
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from pebble import ProcessExpired, ProcessPool

from shotlog.errors import MissingToolError
from shotlog.media.memory import limit_memory
from shotlog.media.spawning import ApartContext
from shotlog.records import Hardware

NVENC = "h264_nvenc"
NVENC_OPTIONS = {
    "preset": "p4",
    "tune": "hq",
    "rc": "vbr",
    "cq": "23",
    "bf": "0",
    "rc-lookahead": "0",
    "forced-idr": "1",
}
"""The middle preset, and the scale of x264's CRF. No B-frames: FFmpeg reckons NVENC's decoding
times from a constant rate, which a variable one would contradict.
"""
NVENC_SMALLEST = (160, 64)
"""Width and height; smaller pictures than NVENC takes on any GPU of it are not given to it."""
NVENC_VERSION = "h264_nvenc p4 cq23 bf0 1"
"""Part of a clip's key where a GPU is to encode."""

PATIENCE_SECONDS = 60
"""How long a driver may take to say whether it is there."""

_TRIED_SIDE = 256
_TRIED_FRAMES = 4


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing, and what to do about it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Gpu:
    """What keeps an NVIDIA GPU from being used here; None where nothing does."""

    no_decoding: Lack | None
    no_encoding: Lack | None


NO_BUILD = Lack(
    "This PyAV was built without CUDA.",
    "Install its wheel from PyPI: pip install --force-reinstall --only-binary av av.",
)
NO_DEVICE = Lack(
    "No NVIDIA GPU can be opened: there is none, or its driver is out of reach.",
    "nvidia-smi must list it; a container must be started with --gpus all; MemoryLimit in "
    "[Processing] must leave its driver room.",
)
NO_DECODER = Lack(
    "There is an NVIDIA GPU, but its decoder (NVDEC) cannot be opened.",
    "A container needs NVIDIA_DRIVER_CAPABILITIES=compute,video,utility; else renew the driver.",
)
NO_ENCODER = Lack(
    "There is an NVIDIA GPU, but no encoder of it (NVENC) can be opened.",
    "Some have none (A100, H100, H200): take --hardware nvdec. A container needs "
    "NVIDIA_DRIVER_CAPABILITIES=compute,video,utility; else renew the driver.",
)
DRIVER_DIED = Lack(
    "The driver of the NVIDIA GPU crashed or hung when it was tried.",
    "See whether nvidia-smi answers; renew the driver.",
)


def require_hardware(hardware: Hardware, *, clips: bool, memory_limit_bytes: int = 0) -> None:
    """Raises MissingToolError where the GPU that is asked for cannot be used.

    It encodes only where it is to, and where clip files are written. ``memory_limit_bytes`` is
    that of a media process.
    """
    if hardware == "none":
        return
    gpu = look_for_gpu(memory_limit_bytes)
    lack = gpu.no_decoding or (gpu.no_encoding if hardware == "cuda" and clips else None)
    if lack is not None:
        raise MissingToolError(
            f"--hardware {hardware}: {lack.what}", hint=f"{lack.remedy} Or take --hardware none."
        )


def look_for_gpu(memory_limit_bytes: int = 0) -> Gpu:
    """Decodes and encodes a few frames on it, in a process that a bad driver may take along."""
    pool = ProcessPool(
        max_workers=1,
        context=ApartContext(),
        initializer=limit_memory if memory_limit_bytes else None,
        initargs=(memory_limit_bytes,) if memory_limit_bytes else (),
    )
    with pool:
        tried = pool.schedule(_tried, timeout=PATIENCE_SECONDS)
        try:
            return tried.result()
        except (ProcessExpired, FutureTimeoutError):
            return Gpu(DRIVER_DIED, DRIVER_DIED)


def _tried() -> Gpu:
    no_decoding = _why_no_decoding()
    if no_decoding in (NO_BUILD, NO_DEVICE):
        return Gpu(no_decoding, no_decoding)
    return Gpu(no_decoding, _why_no_encoding())


def _why_no_decoding() -> Lack | None:
    if "cuda" not in hwdevices_available():
        return NO_BUILD
    gpu = HWAccel("cuda", allow_software_fallback=False)
    try:
        decoder = _video_context("h264", "r", gpu)
    except av.error.FFmpegError:
        return NO_DEVICE
    packets = _encoded("libx264", {"preset": "ultrafast"})
    try:
        frames = [frame for packet in (*packets, None) for frame in decoder.decode(packet)]
    except av.error.FFmpegError:
        return NO_DECODER
    return None if len(frames) == _TRIED_FRAMES else NO_DECODER


def _why_no_encoding() -> Lack | None:
    if NVENC not in av.codecs_available:
        return NO_BUILD
    try:
        _encoded(NVENC, NVENC_OPTIONS)
    except av.error.FFmpegError:
        return NO_ENCODER
    return None


def _encoded(name: str, options: dict[str, str]) -> list[av.Packet[VideoStream]]:
    """A few frames of a grey picture."""
    encoder = _video_context(name, "w")
    encoder.width = encoder.height = _TRIED_SIDE
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    encoder.options = options
    frame = av.VideoFrame(_TRIED_SIDE, _TRIED_SIDE, "yuv420p")
    for plane in frame.planes:
        plane.update(b"\x80" * plane.buffer_size)
    packets = []
    for number in range(_TRIED_FRAMES):
        frame.pts = number
        packets += encoder.encode(frame)
    return packets + encoder.encode(None)


def _video_context(
    name: str, mode: Literal["r", "w"], gpu: HWAccel | None = None
) -> VideoCodecContext:
    return cast("VideoCodecContext", av.CodecContext.create(name, mode, gpu))
