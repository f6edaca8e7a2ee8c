"""Videos in every codec and container, and with tracks besides the one that is meant."""

from __future__ import annotations

from pathlib import Path

from recipes import H264, lavfi, made, written

SMALL_PICTURE = "testsrc2=size=176x144:rate=25:duration=1"
SMALL_TONE = "sine=frequency=440:sample_rate=44100:duration=1"
AAC = ("-c:a", "aac")
OPUS = ("-c:a", "libopus")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AV1 = ("-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "4")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "4", "-c:a", "mp2")
MJPEG = ("-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le")

FORMS = {
    "h264.mp4": (*X264, *AAC),
    "h264.mov": (*X264, *AAC),
    "h264.mkv": (*X264, *AAC),
    "h264.avi": (*X264, "-bf", "0", "-c:a", "mp3"),
    "h264.ts": (*X264, *AAC),
    "h264.flv": (*X264, *AAC),
    "h264.3gp": (*X264, *AAC),
    "hevc.mp4": (*X265, "-x265-params", "log-level=error", *AAC),
    "hevc.ts": (*X265, "-x265-params", "log-level=error", *AAC),
    "av1.mp4": (*AV1, *AAC),
    "av1.webm": (*AV1, *OPUS),
    "vp8.webm": (*VP8, "-c:a", "libvorbis"),
    "vp9.webm": (*VP9, *OPUS),
    "vp9.mp4": (*VP9, *AAC),
    "mpeg4.avi": (*MPEG4, "-bf", "2", "-c:a", "mp3"),
    "mpeg4.3gp": (*MPEG4, *AAC),
    "h263.3gp": ("-c:v", "h263", *AAC),
    "sorenson.flv": ("-c:v", "flv", "-c:a", "mp3"),
    "mpeg2.ts": MPEG2,
    "mpeg2.mpg": MPEG2,
    "mpeg2.mkv": MPEG2,
    "prores.mov": ("-c:v", "prores_ks", "-c:a", "pcm_s16le"),
    "mjpeg.avi": MJPEG,
    "mjpeg.mov": MJPEG,
    "wmv2.wmv": ("-c:v", "wmv2", "-q:v", "4", "-c:a", "wmav2"),
    "wmv1.avi": ("-c:v", "wmv1", "-q:v", "4", "-c:a", "mp3"),
}


def form(name: str) -> Path:
    return made(name, *lavfi(SMALL_PICTURE), *lavfi(SMALL_TONE), *FORMS[name])


def long_form(name: str) -> Path:
    """Four seconds, with a key frame each second."""
    picture = "testsrc2=size=320x180:rate=25:duration=4"
    tone = "sine=frequency=440:sample_rate=44100:duration=4"
    return made(f"long-{name}", *lavfi(picture), *lavfi(tone), *FORMS[name], "-g", "25")


def two_pictures() -> Path:
    """A small picture first, a large one after it, and two sounds, of which the second is told
    to be the one to play.
    """
    small = "color=red:size=96x64:rate=25:duration=1"
    high = "sine=frequency=880:sample_rate=44100:duration=1"
    maps = ("-map", "0", "-map", "1", "-map", "2", "-map", "3")
    choice = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    sources = (*lavfi(small), *lavfi(SMALL_PICTURE), *lavfi(SMALL_TONE), *lavfi(high))
    return made("two.mkv", *sources, *maps, *X264, *AAC, *choice)


def another_picture_first() -> Path:
    """A small picture first, which is not taken, then a large one whose last frames the decoder
    holds back.
    """
    small = "color=red:size=96x64:rate=25:duration=1"
    codec = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "3", "-an")
    return made(
        "second.mkv", *lavfi(small), *lavfi(SMALL_PICTURE), "-map", "0", "-map", "1", *codec
    )


def with_a_cover() -> Path:
    """A video whose cover is larger than its picture."""
    cover = made("cover.png", *lavfi("testsrc2=size=640x640:rate=1:duration=1"), "-frames:v", "1")
    both = ("-map", "1", "-map", "0", "-c:v:0", "libx264", "-pix_fmt", "yuv420p")
    art = ("-c:v:1", "png", "-disposition:v:1", "attached_pic")
    return made("covered.mp4", "-i", str(cover), *lavfi(SMALL_PICTURE), *both, *art)


def wrong_name() -> Path:
    """A Matroska file that calls itself an MP4."""
    return written("wrong-name.mp4", form("h264.mkv").read_bytes())


def called_a_video(suffix: str) -> Path:
    picture = made(f"still{suffix}", *lavfi(SMALL_PICTURE), "-frames:v", "1")
    return written(f"{suffix[1:]}-of-a-still.mp4", picture.read_bytes())


def tagged(turn: str) -> Path:
    """Four grey quarters, turned by a tag alone, as older writers left it."""
    graph = "color=black:size=160x90:rate=25:duration=0.4,format=gray,geq=lum='" + (
        "if(lt(Y,45),if(lt(X,80),40,100),if(lt(X,80),160,220))'"
    )
    plain = made(f"untagged{turn}.mkv", *lavfi(graph), *H264, "-metadata:s:v:0", f"rotatx={turn}")
    # the program itself would turn this tag into a matrix
    return written(f"tagged{turn}.mkv", plain.read_bytes().replace(b"ROTATX", b"ROTATE"))
