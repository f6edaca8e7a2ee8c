"""``python -m shotlog``, and the console script."""

from __future__ import annotations

import sys


def entry() -> None:
    """Runs the command line.

    The demo's processes import this module anew as they start (multiprocessing's ``spawn``), so it
    loads nothing that they do not need.
    """
    from shotlog.cli.main import main

    sys.exit(main())


if __name__ == "__main__":
    entry()
