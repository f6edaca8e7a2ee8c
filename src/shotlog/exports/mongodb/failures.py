"""What pymongo says, in our words, and without the address that it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from shotlog.errors import DatabaseError, DatabaseInterruptedError, DatabaseRefusedError
from shotlog.exports.mongodb.place import Place

UNAUTHORIZED, LOGIN_FAILED = 13, 18
"""The server's numbers of errors."""

_TOO_LARGE = (10334, 17419, 17420)
_REASONS: Mapping[int, str] = {
    121: "the collection's own validation rules refuse it",
    11000: "another document has a value that a unique index allows once",
    **dict.fromkeys(_TOO_LARGE, "it is larger than the server takes"),
}


def reason(code: int) -> str:
    """Why one document was refused, by the server's number."""
    return f"{_REASONS.get(code, 'the server refused it')} (error {code})"


@contextmanager
def in_our_words(place: Place) -> Iterator[None]:
    """Puts what befalls a call in our words. What pymongo says may hold the address: it is left."""
    try:
        yield
    except PyMongoError as error:
        raise _translated(place, error) from None


def _translated(place: Place, error: PyMongoError) -> DatabaseError:
    if isinstance(error, OperationFailure) and error.code == LOGIN_FAILED:
        return DatabaseRefusedError(
            f"MongoDB at {place.hosts} refused the user or the password.",
            hint="Check both, and the database that holds the user (authSource=admin, say).",
        )
    if isinstance(error, OperationFailure) and error.code == UNAUTHORIZED:
        return unauthorized(place)
    if isinstance(error, AutoReconnect | ExecutionTimeout | WTimeoutError) or error.timeout:
        return _away(place, str(error))
    if isinstance(error, OperationFailure) and error.has_error_label("RetryableWriteError"):
        return _away(place, "")
    if isinstance(error, ConfigurationError):
        return _not_found_or_wrong(place)
    code = getattr(error, "code", None)
    told = f"error {code}" if code else type(error).__name__
    return DatabaseRefusedError(
        f"MongoDB at {place} refused the documents ({told}).",
        hint="The server's log says more.",
    )


def _not_found_or_wrong(place: Place) -> DatabaseError:
    """Of servers that are looked up, pymongo calls a name that is not found a wrong setting too."""
    if place.is_looked_up:
        return DatabaseInterruptedError(
            f"The servers of {place.hosts} cannot be found.",
            hint="Check the network, the name behind mongodb+srv://, and its options.",
        )
    return DatabaseRefusedError(
        f"MongoDB at {place.hosts} cannot be used with the options of its address.",
        hint="Check the host's name, authMechanism, replicaSet and the other options.",
    )


def _away(place: Place, told: str) -> DatabaseInterruptedError:
    hint = "See that it runs and is reached from here, and export again: nothing is sent twice."
    if "SSL" in told or "CERTIFICATE" in told:
        hint = "TLS failed: check tls=true and tlsCAFile in the address, and the certificate."
    elif "Authentication failed" in told:
        hint = "It refused the user or the password."
    return DatabaseInterruptedError(f"MongoDB at {place.hosts} does not answer.", hint=hint)


def unauthorized(place: Place) -> DatabaseRefusedError:
    return DatabaseRefusedError(
        f"The user may not write {place}, or has not logged in.",
        hint=f"Give it the role readWrite on {place.database}, or put USER:PASSWORD@ into the "
        "address.",
    )
