"""The describer that asks a model: what is asked of a clip, and what is made of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise

from shotlog.describers.asking import Asker, Completion, ModelQuestion, Sampling, Shown
from shotlog.describers.base import ClipToDescribe
from shotlog.describers.checks import EndpointCheck
from shotlog.errors import DescribeInterruptedError, DescribeRefusedError
from shotlog.prompts import prompt_identity
from shotlog.records import Answer


class ModelDescriber:
    """Shows clips to the model that ``asker`` reaches."""

    needs_frames = True

    def __init__(self, asker: Asker, *, max_tokens: int) -> None:
        self.name = asker.name
        self.concurrency = asker.concurrency
        self._asker = asker
        self._max_tokens = max_tokens

    @property
    def asker(self) -> Asker:
        return self._asker

    def identity(self) -> Mapping[str, str]:
        """Who is asked, in which words and how; not the instruction, which every clip carries."""
        return {
            **self._asker.identity(),
            "prompt": prompt_identity(),
            "max_tokens": str(self._max_tokens),
            "temperature": str(Sampling().temperature),
        }

    def describe(self, clip: ClipToDescribe) -> Answer:
        """The model's words on the clip. Raises DescribeError."""
        question = ModelQuestion(
            opening=clip.instruction.strip(),
            closing="",
            max_tokens=self._max_tokens,
            shown=shown_of(clip),
        )
        return answer_of(self._asker.ask(question))

    def check(self) -> EndpointCheck:
        return self._asker.check()

    def close(self) -> None:
        self._asker.close()


def shown_of(clip: ClipToDescribe) -> Shown:
    """The clip's pictures. Raises DescribeRefusedError when they are not there as written."""
    hint = "Run again with --redo scan to make the frames anew."
    frames = clip.frames
    if frames is None or clip.frames_path is None or not frames.sizes_bytes:
        raise DescribeRefusedError(f"Clip {clip.span.index} has no frames to show.", hint=hint)
    try:
        data = clip.frames_path.read_bytes()
    except OSError as error:
        raise DescribeRefusedError(
            f"The frames of clip {clip.span.index} cannot be read: {error.strerror}.", hint=hint
        ) from None
    wanted = sum(frames.sizes_bytes)
    if len(data) != wanted:
        raise DescribeRefusedError(
            f"The frames of clip {clip.span.index} are {len(data)} bytes, not {wanted}.", hint=hint
        )
    ends = accumulate(frames.sizes_bytes, initial=0)
    return Shown(
        jpegs=tuple(data[start:end] for start, end in pairwise(ends)),
        times=frames.times,
        fps=clip.frame_fps,
        width=frames.width,
        height=frames.height,
        duration_seconds=clip.span.end - clip.span.start,
        clip_path=clip.clip_path,
        published_url=clip.published_url,
    )


def answer_of(said: Completion) -> Answer:
    """What was said as an answer. Raises DescribeError when it is of no use.

    A text that ``max_tokens`` cut is kept, for its words are about the clip; a flag tells.
    """
    if said.refused:
        raise DescribeRefusedError(
            f"{said.model} refused to describe the clip.",
            hint="Its moderation refuses this clip; another endpoint may take it.",
        )
    if not said.text and said.cut:
        raise DescribeRefusedError(
            f"{said.model} used all its tokens before it came to the description.",
            hint="Raise MaxTokens in section [QwenVL] of config.ini, or name a model that "
            "answers without thinking.",
        )
    if not said.text:
        raise DescribeInterruptedError(
            f"{said.model} gave an empty answer.",
            hint="Run again; only the clips without an answer are asked for.",
        )
    return Answer(
        description=said.text,
        model=said.model,
        prompt_tokens=said.prompt_tokens,
        completion_tokens=said.completion_tokens,
        flags=("cut",) if said.cut else (),
        requests=1,
    )
