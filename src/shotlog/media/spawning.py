"""Processes that load nothing of the program that starts them."""

from __future__ import annotations

import sys
import threading
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType

_ONE_AT_A_TIME = threading.Lock()


class _Apart(SpawnProcess):
    """A spawned process to which the main module is an empty one.

    Python would load the program's main file anew in each process, and run it: a script that calls
    ``shotlog.run`` without ``if __name__ == "__main__":`` would begin again there.
    """

    def start(self) -> None:
        with _ONE_AT_A_TIME:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main


class ApartContext(SpawnContext):
    """What they do must be named by a module that can be imported, never by the program itself."""

    Process = _Apart
