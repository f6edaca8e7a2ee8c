"""Batch files: questions written to be answered later at a lower price, and their answers read.

:func:`write` makes the files, :func:`read` takes what came of them, :func:`submit` carries them to
a server that has ``/files`` and ``/batches``, and the answers back.
"""

from shotlog.batches.commands import read, submit, write
from shotlog.batches.limits import BatchLimits
from shotlog.batches.reading import ReadReport
from shotlog.batches.submitting import SubmitReport
from shotlog.batches.writing import WriteReport

__all__ = [
    "BatchLimits",
    "ReadReport",
    "SubmitReport",
    "WriteReport",
    "read",
    "submit",
    "write",
]
