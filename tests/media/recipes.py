"""Videos that are hard to read, made by the ffmpeg program when a test asks for one."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

from programs import run
from scanning import workshop

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30")
PICTURE = "testsrc2=size=320x180:rate=30:duration=4"
TONE = "sine=frequency=440:sample_rate=44100:duration=4"


def lavfi(graph: str) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", graph)


@cache
def made(name: str, *arguments: str) -> Path:
    """A file of this name, made once by ffmpeg with these arguments."""
    path = workshop() / name
    run("ffmpeg", "-v", "error", "-y", *arguments, path)
    return path


def written(name: str, data: bytes) -> Path:
    path = workshop() / name
    path.write_bytes(data)
    return path


def over_the_caps() -> Path:
    return made("over.mp4", *lavfi("testsrc2=size=1920x1080:rate=60:duration=1.5"), *H264)


def plain(suffix: str, *further: str) -> Path:
    name = f"plain{len(further)}{suffix}"
    return made(name, *lavfi(PICTURE), *lavfi(TONE), *H264, "-c:a", "aac", *further)


QUADRANTS = (40, 100, 160, 220)
"""Luma of the top left, top right, bottom left and bottom right quarter."""


def turned(matrix: tuple[int, int, int, int]) -> Path:
    """Four grey quarters, with this a, b, c, d in the display matrix of the track header."""
    graph = "color=black:size=160x90:rate=25:duration=0.4,format=gray,geq=lum='" + (
        "if(lt(Y,45),if(lt(X,80),40,100),if(lt(X,80),160,220))'"
    )
    data = bytearray(made("quarters.mp4", *lavfi(graph), *H264).read_bytes())
    a, b, c, d = (number << 16 for number in matrix)
    # ISO/IEC 14496-12, 8.3.2: the matrix lies 44 bytes behind the name of a version 0 header
    at = data.index(b"tkhd") + 44
    struct.pack_into(">9i", data, at, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    return written(f"turned{matrix}.mp4", bytes(data))


def anamorphic() -> Path:
    graph = "testsrc2=size=720x576:rate=25:duration=0.6,setsar=4/3"
    return made("anamorphic.mp4", *lavfi(graph), *H264)


def sized(width: int, height: int, *codec: str) -> Path:
    graph = f"testsrc=size={width}x{height}:rate=25:duration=0.6"
    return made(f"sized-{width}x{height}-{codec[1]}.mkv", *lavfi(graph), *codec)


def variable_rate() -> Path:
    """Between 7.5 and 30 frames a second."""
    graph = PICTURE + ",select='lt(mod(n,50),20)+not(mod(n,4))'"
    return made("variable.mp4", *lavfi(graph), "-fps_mode", "vfr", *H264)


def gap_in_the_times() -> Path:
    """After the first second nothing for 5 s, then the rest."""
    graph = PICTURE + ",setpts='PTS+if(gte(N,30),5/TB,0)'"
    return made("gap.mkv", *lavfi(graph), "-fps_mode", "passthrough", *H264)


def late_clock(suffix: str) -> Path:
    """The first frame comes 7.3 s into the file's clock."""
    return plain(suffix, "-output_ts_offset", "7.3")


def liar() -> Path:
    """Declares 25 frames a second and has 60."""
    honest = made("honest.mkv", *lavfi("testsrc2=size=320x180:rate=25:duration=6"), *H264)
    faster = "setts=pts=PTS*25/60:dts=DTS*25/60"
    return made("liar.mkv", "-i", str(honest), "-c", "copy", "-bsf:v", faster)


def with_sound(name: str, *arguments: str, seconds: float = 4, late: float = 0) -> Path:
    tone = f"sine=frequency=440:sample_rate=48000:duration={seconds}"
    inputs = (*lavfi(PICTURE), "-itsoffset", str(late), *lavfi(tone))
    return made(name, *inputs, *H264, *arguments)


def beeps_and_flashes(suffix: str, *further: str, late: int = 0) -> Path:
    """At each full second one white frame and, from ``late`` seconds on, 50 ms of beep."""
    flash = "drawbox=color=white:thickness=fill:enable='lt(mod(t+0.001,1),0.03)'"
    picture = f"color=black:size=160x90:rate=30:duration=6,{flash}"
    beep = "aevalsrc='0.8*sin(2*PI*1000*t)*lt(mod(t,1),0.05)':sample_rate=44100:duration=6"
    name = f"beeps{late}-{len(further)}{suffix}"
    return made(
        name, *lavfi(picture), "-itsoffset", str(late), *lavfi(beep), *H264, "-c:a", "aac", *further
    )


def swapped_tracks() -> Path:
    """A transport stream of two that were joined; the second has sound where the first has its
    picture, and the other way round.
    """
    parts = b""
    for maps in (("-map", "0", "-map", "1"), ("-map", "1", "-map", "0")):
        tone = "sine=frequency=440:sample_rate=48000:duration=4"
        name = f"swapped{maps[1]}.ts"
        part = made(name, *lavfi(PICTURE), *lavfi(tone), *maps, *H264, "-c:a", "aac")
        parts += part.read_bytes()
    return written("swapped.ts", parts)


def broken_aspect() -> Path:
    return made("broken-aspect.mp4", *lavfi(f"{PICTURE},setsar=1000"), *H264)


def cut_off(path: Path, share: float) -> Path:
    data = path.read_bytes()
    return written(f"cut-{path.name}", data[: int(len(data) * share)])


def corrupted(path: Path) -> Path:
    """A twentieth of the file, from its middle on, is other bytes."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    for at in range(middle, middle + len(data) // 20):
        data[at] = (at * 2654435761 >> 7) & 255
    return written(f"corrupt-{path.name}", bytes(data))


def plain_part(number: int, size: str) -> Path:
    graph = f"testsrc2=size={size}:rate=30:duration=1"
    return made(f"part{number}.ts", *lavfi(graph), *H264, "-output_ts_offset", str(number))


def two_sizes() -> Path:
    """A transport stream whose picture grows from 320x180 to 480x270 after one second."""
    small, large = (plain_part(number, size) for number, size in ((1, "320x180"), (2, "480x270")))
    return written("two-sizes.ts", small.read_bytes() + large.read_bytes())


def one_frame(suffix: str) -> Path:
    return made(f"one{suffix}", *lavfi(PICTURE), "-frames:v", "1", *H264)


def sound_only() -> Path:
    return made("sound.mp4", *lavfi(TONE), "-c:a", "aac")


def cover_art_only(suffix: str, codec: str, picture: str) -> Path:
    cover = "testsrc2=size=64x64:rate=1:duration=1"
    return made(
        f"cover{suffix}", *lavfi(TONE), *lavfi(cover), "-map", "0", "-map", "1", "-c:a", codec,
        "-c:v", picture, "-disposition:v", "attached_pic", "-frames:v", "1",
    )  # fmt: skip


THIRDS = ("red", "lime", "blue")


def thirds(name: str, size: tuple[int, int], matrix: str, *tags: str, full: bool = False) -> Path:
    """Red, green and blue side by side, written with this matrix and these tags."""
    wide, high = size[0] // 3, size[1]
    parts = "".join(
        f"color={colour}:size={wide}x{high}:rate=10:duration=0.5,format=rgb24[{colour}];"
        for colour in THIRDS
    )
    joined = "".join(f"[{colour}]" for colour in THIRDS) + "hstack=3"
    output = "pc" if full else "tv"
    convert = f"scale=out_color_matrix={matrix}:out_range={output},format=yuv420p"
    return made(name, *lavfi(f"{parts}{joined},{convert}"), *H264[:-4], *tags)


def black_then_bright() -> Path:
    black = "color=black:size=320x180:rate=10:duration=3[a]"
    bright = "testsrc2=size=320x180:rate=10:duration=1,setsar=1,format=yuv420p[b]"
    return made("bright.mp4", *lavfi(f"{black};{bright};[a][b]concat"), *H264)
