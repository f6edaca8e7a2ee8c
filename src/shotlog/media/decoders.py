"""Decoders other than the one that FFmpeg would take by itself."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import av
from av.codec.hwaccel import HWAccel
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from shotlog.errors import MediaProcessError

_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders of these leave out the alpha that lies beside each packet."""

_EXACT_ON_GPU = frozenset(("h264", "hevc", "vp8", "vp9"))
"""Codecs whose standard fixes every bit of the picture, so that a GPU gives what software gives.
The older ones leave rounding to the decoder; FFmpeg reads AV1 by dav1d, which knows no GPU.
"""


def alpha_decoder(stream: VideoStream) -> VideoCodecContext | None:
    """The decoder for a picture with alpha of which FFmpeg's own choice would lose it, else None.

    A Matroska or WebM file says so by ``alpha_mode``.
    """
    context = stream.codec_context
    name = _ALPHA_DECODERS.get(context.codec.canonical_name, "")
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if name not in av.codecs_available or tags.get("alpha_mode") != "1":
        return None
    decoder = cast("VideoCodecContext", av.CodecContext.create(name, "r"))
    decoder.extradata = context.extradata
    decoder.width, decoder.height = context.width, context.height
    decoder.color_primaries = context.color_primaries
    decoder.color_trc = context.color_trc
    return decoder


def decodes_exactly(stream: VideoStream) -> bool:
    """Whether a GPU that decodes the stream gives the same pictures as software does."""
    return stream.codec_context.codec.canonical_name in _EXACT_ON_GPU


def open_on_gpu(path: Path) -> av.container.InputContainer:
    """The file, decoded by an NVIDIA GPU (NVDEC); what it cannot decode, by software.

    Frames come in the computer's own memory. Raises MediaProcessError where the GPU is gone.
    """
    try:
        return av.open(
            str(path),
            "r",
            metadata_errors="replace",
            hwaccel=HWAccel("cuda", allow_software_fallback=True),
        )
    except av.error.FFmpegError as error:
        raise MediaProcessError(
            "The GPU that was to decode it cannot be opened any more.",
            hint="See what shotlog doctor says of it, then run the same command again; "
            "or take --hardware none.",
        ) from error
