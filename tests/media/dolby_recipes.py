"""HEVC with Dolby Vision's metadata in every frame, written bit by bit."""

from __future__ import annotations

import struct
from pathlib import Path

from recipes import lavfi, made, written

PLAIN = (
    "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-f", "hevc",
    "-x265-params", "log-level=error:bframes=0:aud=1",
)  # fmt: skip
DELIMITER = b"\0\0\0\1\x46\1"
"""Begins every frame."""
BIT_DEPTHS = (10, 10, 12)
"""Of the base layer, of the enhancement layer, and of what both make."""
FRACTION_BITS = 23


def dolby_vision(*, rpu_profile: int, full_range: bool) -> Path:
    """Five frames; profile 5 is RPU profile 0 with full range, profile 8 is RPU profile 1."""
    graph = "testsrc2=size=160x90:rate=10:duration=0.5"
    frames = made("undolbied.hevc", *lavfi(graph), *PLAIN).read_bytes().split(DELIMITER)[1:]
    unit = b"\0\0\0\1" + _rpu_unit(rpu_profile, full_range)
    name = f"dolby{rpu_profile}-{full_range}"
    stream = written(f"{name}.hevc", b"".join(DELIMITER + frame + unit for frame in frames))
    return made(f"{name}.mp4", "-i", str(stream), "-c", "copy")


def _rpu_unit(rpu_profile: int, full_range: bool) -> bytes:
    """A NAL unit of type 62 (ETSI GS CCM 001, annex C.2.4), with curves that change nothing."""
    bits = _fixed((6, 2), (11, 18), (4, rpu_profile), (4, 6), (1, 1), (1, 0), (2, 0))
    bits += _golomb(FRACTION_BITS) + _fixed((2, 1), (1, full_range))
    bits += "".join(_golomb(depth - 8) for depth in BIT_DEPTHS)
    bits += _fixed((1, 0), (3, 0), (1, 0), (1, 1), (1, 0), (1, 0)) + _golomb(0, 0, 0)
    bits += 3 * (_golomb(0) + _fixed((10, 0), (10, 1023))) + _golomb(0, 0)
    straight = _golomb(0, 0) + _fixed((1, 0)) + _golomb(0) + _fixed((FRACTION_BITS, 0))
    bits += 3 * (straight + _golomb(1) + _fixed((FRACTION_BITS, 0)))
    bits += "0" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    payload = b"\x19" + body + struct.pack(">I", _crc(body)) + b"\x80"
    return b"\x7c\1" + _escaped(payload)


def _fixed(*fields: tuple[int, int]) -> str:
    """Numbers, each of so many bits."""
    return "".join(format(int(value), f"0{width}b") for width, value in fields)


def _golomb(*values: int) -> str:
    codes = (format(value + 1, "b") for value in values)
    return "".join("0" * (len(code) - 1) + code for code in codes)


def _crc(data: bytes) -> int:
    """CRC-32/MPEG-2."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte << 24
        for _ in range(8):
            rest = (rest << 1 ^ (0x04C11DB7 if rest & 0x80000000 else 0)) & 0xFFFFFFFF
    return rest


def _escaped(payload: bytes) -> bytes:
    """So that no start code is found in it."""
    made_safe, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            made_safe.append(3)
            zeros = 0
        made_safe.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(made_safe)
