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


class AlphaDecoder:
    """Reads a picture with the alpha that lies beside its packets.

    libvpx leaves out a frame without alpha once it has seen one with it, or whose alpha is broken;
    that frame comes from FFmpeg's own decoder, opaque. Where the first packet brings no alpha,
    none is looked for: browsers announce it in all that they record.
    """

    def __init__(self, name: str, plain: VideoCodecContext, *, threads: int) -> None:
        self._plain, self._has_alpha = plain, False
        self._sheer = cast("VideoCodecContext", av.CodecContext.create(name, "r"))
        self._sheer.extradata = plain.extradata
        self._sheer.width, self._sheer.height = plain.width, plain.height
        self._sheer.color_primaries, self._sheer.color_trc = plain.color_primaries, plain.color_trc
        self._sheer.thread_count = threads
        self._is_first = True

    def decode(self, packet: av.Packet[VideoStream] | None) -> list[av.VideoFrame]:
        """The frames of a packet; of None, what was held back."""
        if self._is_first and packet is not None:
            self._has_alpha = packet.has_sidedata("matroska_block_additional")
            self._is_first = False
        opaque = self._plain.decode(packet)
        if not self._has_alpha:
            return opaque
        try:
            return self._sheer.decode(packet) or opaque
        except av.error.InvalidDataError:
            return opaque


def alpha_decoder(stream: VideoStream, *, threads: int) -> AlphaDecoder | None:
    """For VP8 and VP9 in a Matroska or WebM file that announces alpha (``alpha_mode``)."""
    context = stream.codec_context
    name = _ALPHA_DECODERS.get(context.codec.canonical_name, "")
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if name not in av.codecs_available or tags.get("alpha_mode") != "1":
        return None
    return AlphaDecoder(name, context, threads=threads)


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
