"""H.264 as bytes: units, parameter sets and the start of a slice (ITU-T H.264, clauses 7.3, E.1).

Only what copying must know is read; nothing is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SLICE, IDR_SLICE, SEI, SPS, PPS = 1, 5, 6, 7, 8

_PROFILES_WITH_CHROMA = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
_SLICE_HEAD_BYTES = 32
_MOST_DPB_MACROBLOCKS = (
    (10, 396), (11, 900), (13, 2376), (20, 2376), (21, 4752), (22, 8100), (30, 8100), (31, 18000),
    (32, 20480), (41, 32768), (42, 34816), (50, 110400), (52, 184320), (62, 696320),
)  # fmt: skip
"""Level number (at most), and the macroblocks that its decoded picture buffer holds (table A-1)."""


class Bits:
    """Reads a payload bit by bit. IndexError or ValueError past its end."""

    def __init__(self, payload: bytes) -> None:
        """``payload`` without its emulation prevention bytes."""
        self.text = f"{int.from_bytes(payload, 'big'):0{8 * len(payload)}b}" if payload else ""
        self.at = 0

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number."""
        end = self.at + count
        if end > len(self.text):
            raise IndexError("past the end")
        value = int(self.text[self.at : end] or "0", 2)
        self.at = end
        return value

    def flag(self) -> bool:
        return self.take(1) == 1

    def golomb(self) -> int:
        """An unsigned Exp-Golomb number (clause 9.1)."""
        one = self.text.index("1", self.at)
        zeros, self.at = one - self.at, one
        return self.take(zeros + 1) - 1

    def signed_golomb(self) -> int:
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def golomb_text(value: int) -> str:
    """A number as an unsigned Exp-Golomb code, in the digits 0 and 1."""
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def unescaped(unit: bytes) -> bytes:
    return unit.replace(b"\0\0\3", b"\0\0")


def escaped(unit: bytes) -> bytes:
    """With emulation prevention bytes, so that no start code appears inside (clause 7.4.1)."""
    out, zeros = bytearray(), 0
    for byte in unit:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def units_by_start_code(data: bytes) -> Iterator[bytes]:
    """The units of a byte stream (Annex B)."""
    start = data.find(b"\0\0\1")
    while start >= 0:
        following = data.find(b"\0\0\1", start + 3)
        unit = data[start + 3 : following if following >= 0 else len(data)].rstrip(b"\0")
        if unit:
            yield unit
        start = following


def units_by_length(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """The units of an MP4 sample. ValueError when the lengths do not add up."""
    at = 0
    while at < len(data):
        start = at + length_bytes
        end = start + int.from_bytes(data[at:start], "big")
        if end > len(data) or end == start:
            raise ValueError("the lengths of units do not add up")
        yield data[start:end]
        at = end


def sample_of(units: list[bytes]) -> bytes:
    """Units as an MP4 sample with lengths of four bytes."""
    return b"".join(part for unit in units for part in (len(unit).to_bytes(4, "big"), unit))


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a stream's header says (``avcC``, ISO/IEC 14496-15, 5.3.3, or a bare byte stream)."""

    length_bytes: int
    """Bytes of each unit's length; 0 where units are found by start codes."""
    units: tuple[bytes, ...]

    @classmethod
    def of(cls, extradata: bytes) -> Configuration:
        """ValueError or IndexError when it cannot be read."""
        if not extradata or extradata[0] != 1:
            return cls(0, tuple(units_by_start_code(extradata)))
        length_bytes, at, found = (extradata[4] & 3) + 1, 5, []
        for mask in (31, 255):
            count, at = extradata[at] & mask, at + 1
            for _ in range(count):
                end = at + 2 + int.from_bytes(extradata[at : at + 2], "big")
                found.append(extradata[at + 2 : end])
                at = end
        return cls(length_bytes, tuple(found))

    def split(self, data: bytes) -> Iterator[bytes]:
        """The units of one packet."""
        if self.length_bytes:
            return units_by_length(data, self.length_bytes)
        return units_by_start_code(data)


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """A sequence parameter set, as far as copying must know it."""

    unit: bytes
    id: int
    profile: int
    level: int
    chroma_format: int
    bit_depth: int
    frame_number_bits: int
    order_type: int
    order_bits: int
    reference_frames: int
    progressive: bool
    macroblocks: int
    restriction_at: int
    """Where in the payload the bit stands that says whether reordering is declared."""
    has_vui: bool
    reordered_frames: int | None
    """None where it is not declared."""

    @classmethod
    def of(cls, unit: bytes) -> SequenceSet:
        """ValueError or IndexError when it cannot be read."""
        bits = Bits(unescaped(unit)[1:])
        profile, _, level = bits.take(8), bits.take(8), bits.take(8)
        number = bits.golomb()
        chroma, depth = _chroma(bits) if profile in _PROFILES_WITH_CHROMA else (1, 8)
        frame_number_bits = bits.golomb() + 4
        order_type = bits.golomb()
        order_bits = bits.golomb() + 4 if order_type == 0 else 0
        if order_type == 1:
            _skip_order_cycle(bits)
        references = bits.golomb()
        bits.flag()
        columns, rows = bits.golomb() + 1, bits.golomb() + 1
        progressive = bits.flag()
        bits.take(1 if progressive else 2)
        if bits.flag():
            for _ in range(4):
                bits.golomb()
        restriction_at, has_vui, reordered = bits.at, bits.flag(), None
        if has_vui:
            restriction_at, reordered = _reordering(bits)
        return cls(
            unit=unit,
            id=number,
            profile=profile,
            level=level,
            chroma_format=chroma,
            bit_depth=depth,
            frame_number_bits=frame_number_bits,
            order_type=order_type,
            order_bits=order_bits,
            reference_frames=references,
            progressive=progressive,
            macroblocks=columns * rows * (1 if progressive else 2),
            restriction_at=restriction_at,
            has_vui=has_vui,
            reordered_frames=reordered,
        )

    @property
    def buffered_frames(self) -> int:
        """The most frames that a decoder of this level keeps (clause A.3.1)."""
        allowed = next((most for level, most in _MOST_DPB_MACROBLOCKS if self.level <= level), 0)
        return max(self.reference_frames, min(16, allowed // self.macroblocks))

    def declaring(self, reordered_frames: int, buffered_frames: int) -> bytes:
        """The same unit with this reordering declared, so that no decoder has to guess it."""
        text = Bits(unescaped(self.unit)[1:]).text[: self.restriction_at]
        text += "" if self.has_vui else "1" + "0" * 8
        text += "1" + "1" + "".join(map(golomb_text, (0, 0, 16, 16)))
        text += golomb_text(reordered_frames) + golomb_text(buffered_frames) + "1"
        text += "0" * (-len(text) % 8)
        payload = int(text, 2).to_bytes(len(text) // 8, "big")
        return escaped(self.unit[:1] + payload)


def _chroma(bits: Bits) -> tuple[int, int]:
    """Chroma format and bit depth; reads past the scaling lists."""
    chroma = bits.golomb()
    if chroma == 3:
        bits.flag()
    depth = 8 + max(bits.golomb(), bits.golomb())
    bits.flag()
    if bits.flag():
        for number in range(8 if chroma != 3 else 12):
            if bits.flag():
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return chroma, depth


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def _skip_order_cycle(bits: Bits) -> None:
    bits.flag()
    bits.golomb()
    bits.golomb()
    for _ in range(bits.golomb()):
        bits.golomb()


def _reordering(bits: Bits) -> tuple[int, int | None]:
    """Where the bit of the restriction stands, and the reordering that it declares."""
    if bits.flag() and bits.take(8) == 255:
        bits.take(32)
    if bits.flag():
        bits.flag()
    if bits.flag():
        bits.take(4)
        if bits.flag():
            bits.take(24)
    if bits.flag():
        bits.golomb()
        bits.golomb()
    if bits.flag():
        bits.take(65)
    buffer_models = [_skip_buffer_model(bits) for _ in range(2)]
    if any(buffer_models):
        bits.flag()
    bits.flag()
    at = bits.at
    if not bits.flag():
        return at, None
    bits.flag()
    for _ in range(4):
        bits.golomb()
    return at, bits.golomb()


def _skip_buffer_model(bits: Bits) -> bool:
    if not bits.flag():
        return False
    count = bits.golomb() + 1
    bits.take(8)
    for _ in range(count):
        bits.golomb()
        bits.golomb()
        bits.flag()
    bits.take(20)
    return True


def picture_set_id(unit: bytes) -> int:
    return Bits(unescaped(unit[:16])[1:]).golomb()


@dataclass(frozen=True, slots=True)
class SliceHead:
    """The first fields of a slice of a progressive picture."""

    picture_set: int
    order_low_bits: int
    """Its place in presentation order, modulo a power of two; 0 where none is written."""


def slice_head(unit: bytes, sequence: SequenceSet) -> SliceHead:
    """ValueError or IndexError when it cannot be read."""
    bits = Bits(unescaped(unit[1:_SLICE_HEAD_BYTES]))
    bits.golomb()
    bits.golomb()
    picture_set = bits.golomb()
    bits.take(sequence.frame_number_bits)
    if unit[0] & 31 == IDR_SLICE:
        bits.golomb()
    return SliceHead(picture_set, bits.take(sequence.order_bits))


def begins_picture(slice_unit: bytes) -> bool:
    """Whether a slice is the first of its picture: its first macroblock is 0."""
    return bool(slice_unit[1] & 0x80)


def configuration_record(sets: list[bytes], chroma_format: int = 1) -> bytes:
    """An ``avcC`` with these sequence and picture parameter sets; the first one names profile
    and level (ISO/IEC 14496-15, 5.3.3.1). For eight bits a sample.
    """
    sequences = [unit for unit in sets if unit[0] & 31 == SPS]
    pictures = [unit for unit in sets if unit[0] & 31 == PPS]
    record = bytes((1, *sequences[0][1:4], 0xFF, 0xE0 | len(sequences)))
    record += b"".join(len(unit).to_bytes(2, "big") + unit for unit in sequences)
    record += bytes((len(pictures),))
    record += b"".join(len(unit).to_bytes(2, "big") + unit for unit in pictures)
    if any(unit[1] in _PROFILES_WITH_CHROMA for unit in sequences):
        record += bytes((0xFC | chroma_format, 0xF8, 0xF8, 0))
    return record
