"""Everything that can go wrong, as one tree.

    ShotlogError
    ├── UsageError                the command or the library was used wrongly          exit 1
    │   ├── SettingError          a setting's name or value is wrong
    │   ├── EditedMeanwhileError  somebody else edited it since it was looked at
    │   ├── RulesError            a rules file cannot be used as it stands
    │   └── MissingToolError      a program or an optional package is not installed
    ├── ListingError              a listing cannot be read at all                      exit 1
    │   └── RowError              one row of it cannot; the other rows go on
    ├── LibraryError              the output folder or its catalog cannot be used      exit 1
    │   └── DiskFullError         no room is left where the library lies
    └── StepError                 one step of one video or clip failed                 exit 2
        ├── FetchError            the bytes could not be had
        │   ├── FetchRefusedError     the server said no for good (401, 403, 404, …)
        │   ├── FetchInterruptedError the server stopped, timed out or answered 5xx
        │   └── SizeMismatchError     other bytes came than were announced
        ├── MediaError            the bytes are no video that can be read
        │   ├── NotVideoError         no picture stream in it
        │   └── DamagedVideoError     it breaks off or cannot be decoded
        ├── MediaProcessError     the process that read it died or hung
        ├── HearingError          the words spoken could not be written down
        │   ├── HearingRefusedError   they never will be for any sound (401, unknown model)
        │   └── HearingInterruptedError  time-out, 429, 5xx, connection lost
        ├── DatabaseError         the database of an export did not take its documents
        │   ├── DatabaseRefusedError  it never will as things stand (login, rights)
        │   └── DatabaseInterruptedError  not there, time-out, connection lost
        ├── EmbeddingError        words could not be turned into vectors
        │   ├── EmbeddingRefusedError   they never will be for any words (401, unknown model)
        │   └── EmbeddingInterruptedError  time-out, 429, 5xx, connection lost
        └── DescribeError         the model gave no usable answer
            ├── DescribeRefusedError  it never will for this request (400, moderation, …)
            ├── EndpointRefusedError  it never will for any request (401, billing, unknown model)
            ├── BudgetSpentError      the run has used the requests or the money it may
            └── DescribeInterruptedError  time-out, 429, 5xx, connection lost

An error says three things: what was seen, what would have been right, and (``hint``) what to do
next. Which video and which step it befell is attached once, by the runner, when it turns the error
into a :class:`~shotlog.records.Failure`.
"""

from __future__ import annotations

import errno
from typing import ClassVar, Literal


class ShotlogError(Exception):
    """Root of the tree. ``what``: the value seen and what was allowed; ``hint``: the way out."""

    code: ClassVar[str] = "error"
    """Stable word for programs; part of every failure record."""
    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later with nothing changed."""
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} {self.hint}" if self.hint else self.what


class UsageError(ShotlogError):
    code = "usage"


class SettingError(UsageError):
    code = "setting"


class RulesError(UsageError):
    code = "rules"


class EditedMeanwhileError(UsageError):
    code = "edited_meanwhile"


class MissingToolError(UsageError):
    code = "missing_tool"


class ListingError(ShotlogError):
    code = "listing"


class RowError(ListingError):
    """One row cannot be used. ``line`` is its 1-based line (or entry) number in the listing."""

    code = "row"

    def __init__(self, what: str, *, line: int, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.line = line


class LibraryError(ShotlogError):
    code = "library"


class DiskFullError(LibraryError):
    code = "disk_full"
    retryable = True


def from_os_error(error: OSError, where: object) -> LibraryError:
    """What it means that a file below ``where`` could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(
            f"No room is left on the disk that holds {where}.",
            hint="Make room, or choose another place, and run the same command again: "
            "what was finished is kept.",
        )
    return LibraryError(
        f"{where} cannot be written: {error.strerror or type(error).__name__}.",
        hint="Check the folder's permissions, or choose another place.",
    )


class StepError(ShotlogError):
    code = "step"
    exit_code = 2


class FetchError(StepError):
    code = "fetch"


class FetchRefusedError(FetchError):
    code = "fetch_refused"


class FetchInterruptedError(FetchError):
    """``retry_after_seconds`` is the server's own wish, where it stated one."""

    code = "fetch_interrupted"
    retryable = True

    def __init__(
        self, what: str, *, hint: str = "", retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(what, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class SizeMismatchError(FetchError):
    code = "size_mismatch"
    retryable = True


class MediaError(StepError):
    code = "media"


class NotVideoError(MediaError):
    code = "not_video"


class DamagedVideoError(MediaError):
    code = "damaged"


class MediaProcessError(StepError):
    code = "media_process"
    retryable = True


class HearingError(StepError):
    code = "hearing"


class HearingRefusedError(HearingError):
    code = "hearing_refused"


class HearingInterruptedError(HearingError):
    code = "hearing_interrupted"
    retryable = True


class DatabaseError(StepError):
    code = "database"


class DatabaseRefusedError(DatabaseError):
    code = "database_refused"


class DatabaseInterruptedError(DatabaseError):
    code = "database_interrupted"
    retryable = True


class EmbeddingError(StepError):
    code = "embedding"


class EmbeddingRefusedError(EmbeddingError):
    code = "embedding_refused"


class EmbeddingInterruptedError(EmbeddingError):
    code = "embedding_interrupted"
    retryable = True


class DescribeError(StepError):
    code = "describe"


NOT_AGAIN = "Asked again it would only cost again; --redo refused of shotlog run does it."
"""What there is to say of a refusal for good."""


class DescribeRefusedError(DescribeError):
    """``status`` and ``said`` are the server's own, where a server refused the question's form.

    ``for_good``: the model itself or its moderation refuses, so that the same question would only
    be paid for again. It is not asked by later runs, until somebody wants it so.
    """

    code = "describe_refused"

    def __init__(
        self,
        what: str,
        *,
        hint: str = "",
        status: int | None = None,
        said: str = "",
        for_good: bool = False,
    ) -> None:
        super().__init__(what, hint=hint)
        self.status = status
        self.said = said
        self.for_good = for_good


class EndpointRefusedError(DescribeError):
    code = "endpoint_refused"


class BudgetSpentError(DescribeError):
    code = "budget_spent"


class DescribeInterruptedError(DescribeError):
    """``retry_after_seconds`` is the server's own wish, where it stated one.

    ``lost`` says what became of a question that was sent and not answered in whole, for it may be
    billed: its answer came too ``late``, or was ``broken`` off. None: answered with an error, or
    never sent.
    """

    code = "describe_interrupted"
    retryable = True

    def __init__(
        self,
        what: str,
        *,
        hint: str = "",
        retry_after_seconds: float | None = None,
        lost: Literal["late", "broken"] | None = None,
    ) -> None:
        super().__init__(what, hint=hint)
        self.retry_after_seconds = retry_after_seconds
        self.lost = lost
