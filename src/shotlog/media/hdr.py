"""HDR and wide colours turned into BT.709 SDR, by a 3D table made from the published formulas."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from av.buffer import Buffer
from av.video.reformatter import ColorPrimaries, ColorTrc

WHITE_NITS = 203
"""HDR reference white (ITU-R BT.2408, table 1), and the white of the SDR picture."""
USUAL_PEAK_NITS = 1000
"""Taken where a PQ stream does not name its peak; HLG is defined for it (BT.2100, note 5f)."""
HIGHEST_PEAK_NITS = 10_000
TABLE_SIZE = 33
SDR_GAMMA = 2.4
"""Of the display that SDR is made for (ITU-R BT.1886)."""

_BT2020_MATRICES = (9, 10)
_UNSPECIFIED = 2
_TRANSFERS: dict[int, Literal["pq", "hlg"]] = {
    int(ColorTrc.SMPTE2084): "pq",
    int(ColorTrc.ARIB_STD_B67): "hlg",
}

_HDR_PRIMARIES: dict[int, Literal["p3", "bt709"]] = {
    int(ColorPrimaries.BT709): "bt709",
    int(ColorPrimaries.SMPTE432): "p3",
}

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WideColour:
    """What an SDR display cannot show as it is: BT.2020 colours, or light above white."""

    transfer: Literal["pq", "hlg", "sdr"]
    peak_nits: int
    """The brightest that the picture gets."""
    primaries: Literal["bt2020", "p3", "bt709"] = "bt2020"
    """What red, green and blue are; HDR bears those of P3 displays and of BT.709 too."""


def wide_colour_of(frame: av.VideoFrame) -> WideColour | None:
    """None for a picture that is BT.709 or narrower."""
    transfer = _TRANSFERS.get(int(frame.color_trc))
    primaries = int(frame.color_primaries)
    if transfer is not None:
        peak_nits = _peak_nits(frame) if transfer == "pq" else USUAL_PEAK_NITS
        return WideColour(transfer, peak_nits, _HDR_PRIMARIES.get(primaries, "bt2020"))
    unnamed = primaries == _UNSPECIFIED and int(frame.colorspace) in _BT2020_MATRICES
    if primaries == int(ColorPrimaries.BT2020) or unnamed:
        return WideColour("sdr", WHITE_NITS)
    return None


def _peak_nits(frame: av.VideoFrame) -> int:
    """The brightest pixel (MaxCLL), else the peak of the display it was made on, else the usual.

    The layouts are those of AVContentLightMetadata and AVMasteringDisplayMetadata in libavutil.
    """
    light = frame.side_data.get("CONTENT_LIGHT_LEVEL")
    display = frame.side_data.get("MASTERING_DISPLAY_METADATA")
    peak = struct.unpack_from("=I", bytes(light))[0] if isinstance(light, Buffer) else 0
    if not peak and isinstance(display, Buffer):
        numerator, denominator, _, known = struct.unpack_from("=4i", bytes(display), 72)
        peak = numerator // denominator if known and denominator else 0
    return int(min(max(peak or USUAL_PEAK_NITS, WHITE_NITS), HIGHEST_PEAK_NITS))


WITHOUT_BASE = "its colours come out wrong: Dolby Vision profile 5, without a picture for others"


def lacks_base_picture(frame: av.VideoFrame) -> bool:
    """Whether the frame is one of Dolby Vision's profile 5, whose colours (IPTPQc2) mean nothing
    without its metadata: of RPU profile 0 and full range, as FFmpeg's dovi_rpu.c tells it.

    The layout is that of AVDOVIMetadata and AVDOVIRpuDataHeader in libavutil/dovi_meta.h.
    """
    found = frame.side_data.get("DOVI_METADATA")
    if not isinstance(found, Buffer):
        return False
    data = bytes(found)
    header = struct.unpack_from("@N", data)[0]
    rpu_profile, full_range = data[header + 4], data[header + 10]
    return (rpu_profile, full_range) == (0, 1)


def pq_nits(code: Numbers) -> Numbers:
    """Light of PQ codes 0..1 (SMPTE ST 2084; ITU-R BT.2100, table 4)."""
    root = np.power(code, 1 / _M2)
    return 10_000 * np.power(np.maximum(root - _C1, 0) / (_C2 - _C3 * root), 1 / _M1)


def pq_code(nits: Numbers) -> Numbers:
    """The inverse of :func:`pq_nits`."""
    power = np.power(nits / 10_000, _M1)
    return np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2)


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def hlg_nits(code: Numbers) -> Numbers:
    """Light of HLG R'G'B', last axis, 0..1, on a display of 1000 nits (BT.2100, table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    luma = scene @ np.array([0.2627, 0.6780, 0.0593])
    gain = np.power(np.maximum(luma, 1e-9), 1.2 - 1)
    nits: Numbers = USUAL_PEAK_NITS * gain[..., None] * scene
    return nits


def compressed(nits: Numbers, peak_nits: float) -> Numbers:
    """Light 0..``peak_nits`` brought below :data:`WHITE_NITS`; what is dark stays as it is.

    The EETF of ITU-R BT.2390, 5.4.1, for a display without black level.
    """
    top, white = pq_code(np.array([peak_nits, WHITE_NITS])).tolist()
    most = white / top
    knee = 1.5 * most - 0.5
    code = np.minimum(pq_code(nits) / top, 1)
    t = (code - knee) / (1 - knee) if knee < 1 else np.zeros_like(code)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * most
    )
    return pq_nits(np.where(code < knee, code, bent) * top)


_TO_BT709 = {
    # ITU-R BT.2407, 2.2
    "bt2020": np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
    ),
    # from the primaries of SMPTE EG 432-1 and of BT.709, whose white is the same
    "p3": np.array([[1.2249, -0.2249, 0], [-0.0421, 1.0421, 0], [-0.0196, -0.0786, 1.0983]]),
    "bt709": np.eye(3),
}
"""Light of one set of primaries as light of another, red, green and blue on the last axis."""


def bt709_of(code: Numbers, wide: WideColour) -> Numbers:
    """SDR R'G'B' 0..1 of the codes 0..1 of a wide picture; red, green and blue on the last axis.

    The brightest of the three decides how much all are dimmed, so that hues stay; colours that
    BT.709 does not have are clipped.
    """
    if wide.transfer == "sdr":
        light = np.power(code, SDR_GAMMA)
    else:
        nits = pq_nits(code) if wide.transfer == "pq" else hlg_nits(code)
        brightest = np.maximum(nits.max(axis=-1, keepdims=True), 1e-6)
        light = nits * compressed(brightest, wide.peak_nits) / brightest / WHITE_NITS
    narrow: Numbers = np.clip(light @ _TO_BT709[wide.primaries].T, 0, 1)
    return np.power(narrow, 1 / SDR_GAMMA)


@lru_cache(maxsize=4)
def table(wide: WideColour) -> str:
    """The conversion in the .cube format that libavfilter's ``lut3d`` reads; red runs fastest."""
    steps = np.linspace(0, 1, TABLE_SIZE)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    made = bt709_of(np.stack([red, green, blue], axis=-1), wide).reshape(-1, 3)
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in made.tolist())
    return f"LUT_3D_SIZE {TABLE_SIZE}\n{rows}\n"
