"""Makes a clip's pictures fit what a server and its model take, before anything is sent.

First the sizes: fewer frames, evenly spread, and smaller pictures; no pixel goes up that the model
would throw away. Then the least that a server wants: the last frame is repeated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from shotlog.describers.asking import Shown
from shotlog.describers.chat.flavours import Limits
from shotlog.describers.chat.pictures import resized
from shotlog.errors import DescribeRefusedError
from shotlog.rows import Form
from shotlog.visual_tokens import Family, visual_tokens

SMALL_PIXELS = 256 * 28 * 28
"""Pictures shrink down to this before frames are left out, and further only with few frames."""
LEAST_PIXELS = 56 * 56
FEW_FRAMES = 4
STEP = 0.8
"""How much smaller each step makes the pixels, or the count."""
WORTH_SHRINKING = 0.9
"""A picture is made anew only where that leaves less than this part of its pixels."""
SAME_TOKENS = 0.97
"""Sides are rounded to whole tokens: so much less is the rounding, not the picture."""
LABEL_TOKENS = 12
"""Of the words before a picture, or of the time that Qwen3-VL puts before a group of frames."""
_BASE64 = Fraction(4, 3)
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Room:
    """What one question's pictures may take."""

    limits: Limits
    family: Family | None = None
    """Of the model; None where tokens cannot be counted beforehand."""
    tokens: int | None = None
    """For pictures, of the context; None where it is not known."""
    frame_limit: int | None = None
    """Most frames or images, where the server was found to take no more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many frames are shown, and how large."""

    count: int
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height


def fitted(shown: Shown, form: Form, room: Room) -> Shown:
    """``shown`` within the room, for a form that carries its frames.

    Raises DescribeRefusedError where not even a few small pictures fit.
    """
    shares = 1.0
    for _ in range(_ROUNDS):
        plan = planned(shown, form, room, shares)
        made = _made(shown, plan)
        over = _bytes_over(made, form, room.limits)
        if over <= 1:
            return padded(made, room.limits) if form in ("frames", "list") else made
        # A JPEG's size is only guessed from its pixels: what came out too large is planned tighter.
        shares /= over * 1.05
    raise _too_large()


def planned(shown: Shown, form: Form, room: Room, shares: float = 1.0) -> Plan:
    """The most frames and pixels within the room, ``shares`` of its bytes taken as all.

    Raises DescribeRefusedError where not even a few small pictures fit.
    """
    plan = Plan(_most_frames(len(shown.jpegs), form, room), shown.width, shown.height)
    plan = _without_waste(plan, form, room)
    mean_bytes = sum(map(len, shown.jpegs)) / max(1, len(shown.jpegs))
    density = mean_bytes / max(1, shown.width * shown.height)
    while not _fits(plan, form, room, density / shares):
        plan = _smaller(plan, max(FEW_FRAMES, room.limits.min_frames))
    return plan


def tokens_of(plan: Plan, form: Form, room: Room) -> int | None:
    """Visual tokens by the family's formula, labels counted in; None for an unknown family."""
    if room.family is None:
        return None
    if form == "images":
        # A picture alone fills a group of two.
        each = visual_tokens(room.family, 2, plan.width, plan.height)
        return plan.count * (each + LABEL_TOKENS)
    seen = visual_tokens(
        room.family, plan.count, plan.width, plan.height, max_pixels=room.limits.max_pixels
    )
    return seen + LABEL_TOKENS * math.ceil(plan.count / 2)


def padded(shown: Shown, limits: Limits) -> Shown:
    """With its last frame repeated, up to the fewest frames and seconds that the server takes.

    A still end adds no event; nothing of the clip moves in time.
    """
    least = max(limits.min_frames, math.ceil(limits.min_seconds * shown.fps))
    missing = least - len(shown.jpegs)
    if missing <= 0 or not shown.jpegs:
        return shown
    last = shown.times[-1]
    return replace(
        shown,
        jpegs=shown.jpegs + shown.jpegs[-1:] * missing,
        times=shown.times + tuple(last + step / shown.fps for step in range(1, missing + 1)),
    )


def spread(count: int, kept: int) -> tuple[int, ...]:
    """Which of ``count`` frames are kept, evenly, the first and the last among them."""
    if kept >= count:
        return tuple(range(count))
    if kept == 1:
        return (0,)
    return tuple(round(each * (count - 1) / (kept - 1)) for each in range(kept))


def _most_frames(count: int, form: Form, room: Room) -> int:
    limits = room.limits
    stated = limits.max_images if form == "images" else limits.max_frames
    most = min(each for each in (count, stated, room.frame_limit) if each is not None)
    return _evened(most) if most < count else count


def _evened(count: int) -> int:
    """Models look at frames in pairs: an odd one out would be sent, and shown twice."""
    return count - count % 2 if count > 2 else count


def _without_waste(plan: Plan, form: Form, room: Room) -> Plan:
    """The smallest picture of which the model sees as much."""
    limits = room.limits
    if limits.max_pixels is not None and form != "images" and plan.pixels > limits.max_pixels:
        plan = _scaled(plan, limits.max_pixels / plan.pixels)
    if room.family is None:
        return plan
    seen, smaller = tokens_of(plan, form, room) or 0, plan
    while smaller.pixels > SMALL_PIXELS:
        tried = _scaled(smaller, 0.95)
        if (tokens_of(tried, form, room) or 0) < seen * SAME_TOKENS:
            break
        smaller = tried
    return smaller if smaller.pixels <= plan.pixels * WORTH_SHRINKING else plan


def _fits(plan: Plan, form: Form, room: Room, density: float) -> bool:
    limits = room.limits
    tokens = tokens_of(plan, form, room)
    if tokens is not None and room.tokens is not None and tokens > room.tokens:
        return False
    if limits.decode_bytes is not None and plan.count * plan.pixels * 3 > limits.decode_bytes:
        return False
    each = plan.pixels * density * float(_BASE64)
    return _over(each, each * plan.count, form, limits) <= 1


def _bytes_over(shown: Shown, form: Form, limits: Limits) -> float:
    sizes = [len(jpeg) * float(_BASE64) for jpeg in shown.jpegs]
    return _over(max(sizes, default=0.0), sum(sizes), form, limits)


def _over(largest: float, together: float, form: Form, limits: Limits) -> float:
    """How many times over the limits; 1 is just within."""
    item = together if form == "frames" else largest
    of_item = item / limits.item_bytes if limits.item_bytes else 0.0
    # The words of a question and the names of its fields take their part.
    of_request = (together + 64 * 1024) / limits.request_bytes if limits.request_bytes else 0.0
    return max(of_item, of_request)


def _smaller(plan: Plan, few: int) -> Plan:
    if plan.pixels > SMALL_PIXELS:
        return _scaled(plan, STEP)
    if plan.count > few:
        return replace(plan, count=max(few, _evened(math.floor(plan.count * STEP))))
    if plan.pixels > LEAST_PIXELS:
        return _scaled(plan, STEP)
    raise _too_large()


def _scaled(plan: Plan, factor: float) -> Plan:
    """With ``factor`` of the pixels, the aspect kept, sides even."""
    side = math.sqrt(factor)
    width, height = (max(2, math.floor(each * side / 2) * 2) for each in (plan.width, plan.height))
    return Plan(plan.count, width, height)


def _made(shown: Shown, plan: Plan) -> Shown:
    kept = spread(len(shown.jpegs), plan.count)
    jpegs = tuple(shown.jpegs[each] for each in kept)
    times = tuple(shown.times[each] for each in kept)
    fps = shown.fps
    if len(kept) < len(shown.jpegs) and len(times) > 1 and times[-1] > times[0]:
        fps = (len(times) - 1) / (times[-1] - times[0])
    if (plan.width, plan.height) != (shown.width, shown.height):
        jpegs = tuple(resized(jpeg, plan.width, plan.height) for jpeg in jpegs)
    return replace(shown, jpegs=jpegs, times=times, fps=fps, width=plan.width, height=plan.height)


def _too_large() -> DescribeRefusedError:
    return DescribeRefusedError(
        "Not even a few small pictures of the clip fit into what the endpoint takes.",
        hint="Give the model a longer context, or lower MaxTokens in section [QwenVL] of "
        "config.ini.",
    )
