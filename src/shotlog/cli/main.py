"""The ``shotlog`` command: parses, calls the library, prints, and maps errors to exit codes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from inspect import cleandoc
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from shotlog import __version__
from shotlog.cli import (
    batch,
    demo,
    doctor,
    embed,
    estimate,
    export,
    library,
    manifest,
    run,
    search,
    serve,
    tag,
)
from shotlog.cli.lines import say
from shotlog.cli.sections import SectionedCommand
from shotlog.errors import ShotlogError, UsageError

INTERRUPTED = 130
PROBED = "10"
"""Videos whose headers --probe reads where it says no number."""
WRONG_USE = 1
BARE_LISTING = "A listing is given as --csv FILE, a folder as --dir FOLDER."

WrongUse: Any = typer.BadParameter.__base__
"""The parser's UsageError. Typer hands on only this child of it, and other releases of typer have
its parent elsewhere.
"""

_PARSERS_WORDS = (
    (re.compile(r"Input should be a valid integer\b.*"), "it is no whole number."),
    (re.compile(r"Input should be a valid number\b.*"), "it is no number."),
    (re.compile(r"Input should be greater than or equal to (\S+)"), r"it must be at least \1."),
    (re.compile(r"Input should be less than or equal to (\S+)"), r"it must be at most \1."),
    (re.compile(r"Input should be greater than (\S+)"), r"it must be above \1."),
)

EPILOG = """\b
Examples:
  shotlog demo                           try it on videos made here
  shotlog run --dir holiday/             every video below a folder
  shotlog run --csv videos.csv           the videos that a listing names
  shotlog show                           what the library holds
  shotlog search "red car at night"      the moments that fit
  shotlog serve --open                   look at it in the browser
  shotlog export jsonl                   lines for other programs

Each command says more: shotlog run --help
"""


def examples_of(command: Callable[..., int]) -> str | None:
    """The part of a command's docstring behind the form feed; ``\\b`` keeps its lines apart."""
    examples = cleandoc((command.__doc__ or "").partition("\f")[2])
    return f"\b\n{examples}" if examples else None


app = typer.Typer(
    name="shotlog",
    help="Turns a listing of videos into a searchable shot log.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda word: word.replace("_", "-"),
    },
)
COMMANDS: tuple[Callable[..., int], ...] = (
    run.run,
    estimate.estimate,
    manifest.manifest,
    library.show,
    search.search,
    serve.serve,
    export.export,
    tag.tag,
    embed.embed,
    library.verify,
    doctor.doctor,
    demo.demo,
)
for command in COMMANDS:
    app.command(cls=SectionedCommand, epilog=examples_of(command))(command)

batches = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=batch.HELP)
for command in (batch.write, batch.read, batch.submit):
    batches.command(cls=SectionedCommand, epilog=examples_of(command))(command)
app.add_typer(batches, name="batch")


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
) -> None:
    """Turns a listing of videos into a searchable shot log."""
    if version:
        print(f"shotlog {__version__}")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line; returns its exit code.

    0 all done; 1 wrong use or unreadable input; 2 some videos or clips failed; 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        words = spread(words)
        code = typer.main.get_command(app).main(words, prog_name="shotlog", standalone_mode=False)
    except WrongUse as error:
        error.message = in_plain_words(error.message)
        error.show()
        if words[:1] == ["run"] and "unexpected extra argument" in error.message:
            say(Console(stderr=True), BARE_LISTING)
        return 0 if not words else WRONG_USE
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ShotlogError as error:
        _complain(error)
        return error.exit_code
    return code if isinstance(code, int) else 0


def spread(words: list[str]) -> list[str]:
    """``--urls A B C`` as ``--urls A --urls B --urls C``: as many addresses as follow.

    ``--probe`` without a number is ``--probe 10``; ``--json`` of ``estimate`` without a manifest is
    what it is with other commands, ``--as-json``. What ``search`` looks for may begin with an
    unwanted word, as ``"-dog cat"``: no option of one letter holds a blank.

    Raises UsageError for an address behind ``--mongodb``, which would be taken for a stray word.
    """
    found: list[str] = []
    after_urls = False
    for word, after in zip(words, [*words, ""][1:], strict=True):
        if word == "--mongodb" and after.startswith("mongodb"):
            raise UsageError(
                "--mongodb takes no address: it may hold a password, and others see command lines.",
                hint="Set SHOTLOG_MONGODB_URI, or URI in section [MongoDB] of config.ini.",
            )
        if word == "--probe" and not after.isdecimal():
            found += [word, PROBED]
            after_urls = False
            continue
        if word == "--json" and words[0] == "estimate" and _is_no_file(after):
            found.append("--as-json")
            after_urls = False
            continue
        if words[0] == "search" and word.startswith("-") and word[1:2] != "-" and " " in word:
            found.append(f" {word}")
            continue
        if word.startswith("-"):
            after_urls = word == "--urls"
        elif after_urls and found[-1] != "--urls":
            found.append("--urls")
        found.append(word)
    return found


def in_plain_words(message: str) -> str:
    """What the parser says of a number that is none, or out of bounds, as settings say it."""
    for pattern, words in _PARSERS_WORDS:
        message = pattern.sub(words, message)
    return message


def _is_no_file(word: str) -> bool:
    """Whether what follows an option is the next option, or nothing."""
    return not word or (word.startswith("-") and word != "-")


def _complain(error: ShotlogError) -> None:
    console = Console(stderr=True)
    say(console, Text.assemble(("shotlog: ", "bold red"), error.what))
    if error.hint:
        say(console, error.hint)
