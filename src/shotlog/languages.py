"""Which language a text is in, as far as its letters and its commonest words tell. Pure.

Letters tell Chinese, Japanese, Korean, Russian and Arabic from each other and from Latin ones;
common words tell the Latin ones below from each other. Nothing here tells Ukrainian from Russian,
Persian from Arabic, or the two ways of writing Chinese; of a language that is not in
:data:`LANGUAGES` nothing is said at all.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

FEWEST_LETTERS = 20
"""Letters, a Chinese or Japanese sign counting as three; a shorter text tells nothing."""
OWN_SHARE = 0.5
"""Share of the letters outside quotations; names and signs in other letters take up the rest."""
KANA_SHARE = 0.1
"""Share of kana in Japanese; Chinese has none but in names."""
COMMON_WORDS = 4
"""So many common words of another language, and few of the own, make it that language."""
COMMON_TIMES = 3
"""So many times the own language's common words; related languages share some."""

LONGEST_READ = 20_000
"""Characters looked at."""

_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』')
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "latin": re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]"),
        "han": re.compile(r"[㐀-鿿豈-﫿]"),
        "kana": re.compile(r"[぀-ヿ]"),
        "hangul": re.compile(r"[가-힣ᄀ-ᇿ]"),
        "cyrillic": re.compile(r"[Ѐ-ӿ]"),
        "greek": re.compile(r"[Ͱ-Ͽ]"),
        "arabic": re.compile(r"[؀-ۿ]"),
        "hebrew": re.compile(r"[֐-׿]"),
        "thai": re.compile(r"[฀-๿]"),
        "devanagari": re.compile(r"[ऀ-ॿ]"),
    }
)
_WEIGHTS = {"han": 3, "kana": 3, "hangul": 2}
"""How many Latin letters one sign stands for."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that can be asked for by its code."""

    name: str
    """In English."""
    scripts: tuple[str, ...] = ("latin",)
    common: frozenset[str] = frozenset()
    """Its commonest words, in small letters; none where its letters tell enough."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "en": Language(
            "English",
            common=_words("the and of is are with an his her from that this there on into while"),
        ),
        "de": Language(
            "German",
            common=_words(
                "der die das und ist mit ein eine einen einem auf von sich im nicht sind"
            ),
        ),
        "fr": Language(
            "French",
            common=_words("le les des est et une dans sur avec du au qui il elle sont pour"),
        ),
        "es": Language(
            "Spanish",
            common=_words("el los las una y con del que en está se su por al mientras hay"),
        ),
        "it": Language(
            "Italian",
            common=_words("il gli e di una con che della nel sono è su del mentre alla dei"),
        ),
        "pt": Language(
            "Portuguese",
            common=_words("o os uma e com do da em está que não na no um ao enquanto"),
        ),
        "nl": Language(
            "Dutch",
            common=_words("het een en van met op zijn is aan er naar voor die wordt niet bij"),
        ),
        "pl": Language(
            "Polish",
            common=_words("i w na z się jest do nie przez od który która oraz są po ze"),
        ),
        "sv": Language(
            "Swedish",
            common=_words("och ett en på är med som det den av för till sig i han hon"),
        ),
        "tr": Language(
            "Turkish",
            common=_words("ve bir bu ile için da de çok olarak var daha gibi olan sonra"),
        ),
        "vi": Language(
            "Vietnamese",
            common=_words("và là của một các trong có được người với cho đang những trên này ở"),
        ),
        "id": Language(
            "Indonesian",
            common=_words("dan yang di dengan seorang sebuah ini itu dari untuk sedang pada ke"),
        ),
        "zh": Language("Chinese", ("han",)),
        "ja": Language("Japanese", ("han", "kana")),
        "ko": Language("Korean", ("hangul", "han")),
        "ru": Language("Russian", ("cyrillic",)),
        "uk": Language("Ukrainian", ("cyrillic",)),
        "bg": Language("Bulgarian", ("cyrillic",)),
        "el": Language("Greek", ("greek",)),
        "ar": Language("Arabic", ("arabic",)),
        "fa": Language("Persian", ("arabic",)),
        "ur": Language("Urdu", ("arabic",)),
        "he": Language("Hebrew", ("hebrew",)),
        "th": Language("Thai", ("thai",)),
        "hi": Language("Hindi", ("devanagari",)),
    }
)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """``"de German, fr French"`` as each code with its name."""
    found = (each.split(maxsplit=1) for each in " ".join(text.split()).split(", "))
    return tuple((code, name) for code, name in found)


_FURTHER: Mapping[str, str] = MappingProxyType(
    dict(
        _pairs("""
af Afrikaans, am Amharic, az Azerbaijani, be Belarusian, bn Bengali, bs Bosnian, ca Catalan, cs
Czech, cy Welsh, da Danish, et Estonian, eu Basque, fi Finnish, ga Irish, gl Galician, gu
Gujarati, ha Hausa, hr Croatian, hu Hungarian, hy Armenian, is Icelandic, ka Georgian, kk Kazakh,
km Khmer, kn Kannada, lo Lao, lt Lithuanian, lv Latvian, mk Macedonian, ml Malayalam, mn
Mongolian, mr Marathi, ms Malay, my Burmese, nb Norwegian Bokmål, ne Nepali, no Norwegian, pa
Punjabi, ps Pashto, ro Romanian, si Sinhala, sk Slovak, sl Slovenian, so Somali, sq Albanian, sr
Serbian, sw Swahili, ta Tamil, te Telugu, tl Tagalog, uz Uzbek, yo Yoruba, yue Cantonese, zu Zulu
""")
    )
)
"""Languages that can be asked for and are not told from others, by code."""

_OWN_NAMES: Mapping[str, str] = MappingProxyType(
    {
        name: code
        for code, name in _pairs("""
zh 中文, zh 汉语, zh 漢語, zh 普通话, zh mandarin, de deutsch, fr français, fr francais, es
español, es espanol, es castellano, it italiano, pt português, pt portugues, nl
nederlands, pl polski, sv svenska, tr türkçe, tr turkce, vi tiếng việt, id bahasa
indonesia, ja 日本語, ko 한국어, ru русский, uk українська, bg български, el ελληνικά, ar
العربية, fa فارسی, fa farsi, ur اردو, he עברית, th ไทย, hi हिन्दी, da dansk, no norsk, fi
suomi, cs čeština, cs cestina, hu magyar, ro română, ro romana
""")
    }
)
"""What languages call themselves, in small letters."""

_BY_NAME = {
    **{name.lower(): code for code, name in _FURTHER.items()},
    **{language.name.lower(): code for code, language in LANGUAGES.items()},
}


def language_asked(word: str) -> str:
    """The language that a person asks for, as it is kept: a code, or the English name given.

    What a language calls itself (``deutsch``) becomes its code. Raises ValueError, with the nearest
    known one, for a word that is neither a name nor in the form of a code.
    """
    name = word.strip()
    folded = name.lower()
    if folded in _OWN_NAMES:
        return _OWN_NAMES[folded]
    if folded in _BY_NAME or _CODE.fullmatch(name):
        return name
    known = {**{each: each for each in _OWN_NAMES}, **{each: each.title() for each in _BY_NAME}}
    near = difflib.get_close_matches(folded, known, n=1, cutoff=0.6)
    nearest = f" The nearest known one is {known[near[0]]}." if near else ""
    raise ValueError(
        f"it is no language that is known; write its code, as en, de or zh, or its English name."
        f"{nearest}".removesuffix(".")
    )


def language_of(word: str) -> Language | None:
    """The language of a code (``en``, ``pt-BR``) or an English name; None for one not known."""
    code = re.split(r"[-_]", word.strip().lower())[0]
    return LANGUAGES.get(_BY_NAME.get(word.strip().lower(), code))


def code_of(word: str) -> str | None:
    """The code of a language named by it (``en``, ``pt-BR``) or in English; None: not known.

    A code in due form is taken as it stands, in small letters but for its further parts.
    """
    name = word.strip()
    if _CODE.fullmatch(name):
        first, *further = re.split(r"[-_]", name)
        return "-".join((first.lower(), *further))
    return _BY_NAME.get(name.lower())


def language_name(word: str) -> str:
    """``en`` as ``English (en)``; what is not known as it stands."""
    language, given = language_of(word), word.strip()
    name = language.name if language else _FURTHER.get(re.split(r"[-_]", given)[0].lower())
    if name is None or name.lower() == given.lower():
        return given
    return f"{name} ({given})"


def is_in(text: str, word: str) -> bool | None:
    """Whether ``text`` is in the language that ``word`` names; None where that cannot be told.

    What stands in quotation marks is left out: a sign may be in any language.
    """
    language = language_of(word)
    bare = _QUOTED.sub(" ", text[:LONGEST_READ])
    counts = {
        script: len(pattern.findall(bare)) * _WEIGHTS.get(script, 1)
        for script, pattern in _SCRIPTS.items()
    }
    letters = sum(counts.values())
    if language is None or letters < FEWEST_LETTERS:
        return None
    if sum(counts[script] for script in language.scripts) < OWN_SHARE * letters:
        return False
    if "han" in language.scripts and "hangul" not in language.scripts:
        japanese = counts["kana"] >= KANA_SHARE * (counts["kana"] + counts["han"])
        return japanese == ("kana" in language.scripts)
    if not language.common:
        return True
    return _in_common_words(bare, language)


def _in_common_words(text: str, language: Language) -> bool | None:
    words = [word.lower() for word in _WORD.findall(text)]

    def count(common: frozenset[str]) -> int:
        return sum(word in common for word in words)

    own = count(language.common)
    others = max(
        count(each.common) for each in LANGUAGES.values() if each.common and each != language
    )
    if others >= COMMON_WORDS and others >= COMMON_TIMES * max(own, 1):
        return False
    return True if own >= COMMON_WORDS and own >= others else None
