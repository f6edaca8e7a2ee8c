"""Videos of colour patches, and of light and shade that is not plain 8 bit BT.709."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from recipes import H264, lavfi, made
from scanning import workshop

PATCH = 32
"""Side of a patch in pixels."""

Patch = tuple[float, float, float]
"""R'G'B' codes, 0..1."""

X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le")
LOSSLESS = ("-c:v", "ffv1", "-pix_fmt", "yuv420p10le")


def tags(transfer: str, primaries: str = "bt2020", matrix: str = "bt2020nc") -> tuple[str, ...]:
    return ("-color_primaries", primaries, "-color_trc", transfer, "-colorspace", matrix)


def patches(name: str, codes: Sequence[Patch], *arguments: str) -> Path:
    """These codes side by side in limited range by the BT.2020 matrix, five frames of them."""
    row = np.repeat(np.array(codes), PATCH, axis=0)
    picture = np.round(np.tile(row, (2 * PATCH, 1, 1)) * 65535).astype("<u2")
    raw = workshop() / f"{name}.raw"
    raw.write_bytes(picture.tobytes() * 5)
    convert = "scale=out_color_matrix=bt2020:out_range=tv:flags=accurate_rnd,format=yuv420p10le"
    size = f"{len(codes) * PATCH}x{2 * PATCH}"
    source = ("-f", "rawvideo", "-pix_fmt", "rgb48le", "-s", size, "-r", "10", "-i", str(raw))
    return made(name, *source, "-vf", convert, *arguments)


SHEER = "color=black:size=160x90:rate=10:duration=0.3,format=rgba,geq=" + (
    "r='255':g='64':b='0':a='if(lt(X,80),255,if(lt(Y,45),0,128))'"
)
"""Orange; opaque on the left, on the right clear above and half clear below."""


def sheer(name: str, *codec: str) -> Path:
    return made(name, *lavfi(SHEER), *codec)


def sheer_at_times(name: str, with_alpha: tuple[bool, ...]) -> Path:
    """A WebM of which only these frames have alpha, as browsers record it."""
    whole = sheer(f"whole-{name}", "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-g", "1")
    path = workshop() / name
    with av.open(str(whole)) as source, av.open(str(path), "w", "webm") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.metadata["alpha_mode"] = "1"
        packets = (each for each in source.demux(video=0) if each.size)
        for packet, keeps_alpha in zip(packets, with_alpha, strict=True):
            written = packet if keeps_alpha else av.Packet(bytes(packet))
            written.pts, written.dts, written.duration = packet.pts, packet.dts, packet.duration
            written.time_base, written.is_keyframe = packet.time_base, packet.is_keyframe
            written.stream = stream
            target.mux(written)
    return path


def of_depth(name: str, *codec: str) -> Path:
    return made(name, *lavfi("smptebars=size=192x108:rate=10:duration=0.5"), *codec)


def huge() -> Path:
    graph = "testsrc2=size=7680x4320:rate=25:duration=0.08"
    return made("huge.mp4", *lavfi(graph), *H264)


def told_by_the_container(name: str, codec: str) -> Path:
    """25 frames of two fields each, whose codec has no word for that; the container has."""
    weave = "testsrc2=size=320x240:rate=50:duration=0.4,tinterlace=interleave_top,setfield=tff"
    return made(name, *lavfi(f"{weave},format=yuv420p"), "-c:v", codec, "-field_order", "tt")


def interlaced(name: str, *codec: str, field: str = "tff") -> Path:
    """25 frames a second of two fields each; a cut after one second."""
    parts = (
        "testsrc2=size=320x240:rate=50:duration=1[a];mandelbrot=size=320x240:rate=50,trim=0:1[b]"
    )
    weave = f"[a][b]concat,format=yuv420p,tinterlace=interleave_top,fieldorder={field}"
    return made(name, *lavfi(f"{parts};{weave}"), *codec)
