"""Words compared as people mean them: without case, accents, or how wide a letter is set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
"""Letters that Unicode takes for letters of their own, and keyboards without them do not."""
_FIRST_ACCENT, _LAST_ACCENT = "\u0300", "\u036f"
"""Accents of Latin, Greek and Cyrillic; marks of other scripts make other letters."""
_FIRST_WITHOUT_BLANKS = "\u2e80"
"""From here on are the scripts of China and Japan: no blank says where a word ends."""


def folded(text: str) -> str:
    """``Été`` as ``ete``, ``ＡＢ`` as ``ab``."""
    if text.isascii():
        return text.lower()
    return _without_accents(text.casefold()).translate(_PLAIN)


def words_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the phrases in folded text, as whole words, with any blanks between them.

    What stands beside a whole word is no letter and no digit; ``_`` parts words, as in file names.
    """
    return re.compile("|".join(map(_phrase, phrases)))


def regex_pattern(regex: str) -> re.Pattern[str]:
    """Searches folded text; accents in the expression do not count either. Raises re.error."""
    return re.compile(_without_accents(regex), re.IGNORECASE)


def glob_pattern(glob: str) -> re.Pattern[str]:
    """``*`` and ``?`` as in file names, for the whole of a folded text."""
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in glob)
    return re.compile(rf"\A(?s:{''.join(parts)})\Z")


def _phrase(text: str) -> str:
    words = folded(text).split()
    before = r"(?<![^\W_])" if _ends_a_word(words[0][0]) else ""
    after = r"(?![^\W_])" if _ends_a_word(words[-1][-1]) else ""
    return before + r"\s+".join(map(re.escape, words)) + after


def _ends_a_word(letter: str) -> bool:
    return letter.isalnum() and letter < _FIRST_WITHOUT_BLANKS


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    kept = "".join(each for each in parts if not _FIRST_ACCENT <= each <= _LAST_ACCENT)
    return unicodedata.normalize("NFC", kept)
