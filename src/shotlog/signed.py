"""Addresses that were signed for a while: what of them names the file. Pure.

A private bucket's files are listed by presigned addresses, and the same file gets another address
each time it is listed. Its signature says who may fetch it until when, and nothing of which file it
is; so it has no part in what a video is known by, and nothing is done or paid for again.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

_OWN_PREFIX = re.compile(r"x-(amz|goog|oss|cos|obs|ms|bce)-", re.IGNORECASE)
"""Of parameters that have no other use than to sign (SigV4 of S3 and R2, GCS, OSS)."""

_SIGNATURES = frozenset({"signature", "sig", "q-signature", "sign", "hmac", "hdnts", "hdnea"})
"""What a signature stands under."""

_PASSES = frozenset({"token", "access_token", "auth_key", "authorization"})
"""What lets in whoever has it, behind the name of a file; elsewhere it may be the name itself."""

_BESIDE = frozenset(
    {
        *("awsaccesskeyid", "ossaccesskeyid", "accesskeyid", "googleaccessid", "expires", "expiry"),
        *("security-token", "key-pair-id", "policy", "ts", "timestamp", "nonce", "e"),
        *("q-sign-algorithm", "q-ak", "q-sign-time", "q-key-time", "q-header-list"),
        "q-url-param-list",
        # Azure's shared access signature.
        *("sv", "ss", "srt", "sp", "se", "st", "spr", "sr", "sip", "sdd", "skoid", "sktid", "skt"),
        *("ske", "sks", "skv", "saoid", "suoid", "scid"),
    }
)
"""What stands beside a signature or a pass; without one it may mean anything."""

_FILE_NAME = re.compile(r"/[^/]+\.(?!php|aspx?|jsp|cgi|html?|do$|pl$|py$)[A-Za-z0-9]{2,5}$")
"""The end of a path that names a file, and no program that hands files out."""


def unsigned(address: str) -> str:
    """The address without what signs it; as it is where nothing does.

    Whatever else a query holds stays, in its order: it may be what names the file.
    """
    place, mark, query = address.partition("?")
    if not mark or "=" not in query:
        return address
    parts = query.split("&")
    names = [unquote_plus(part.partition("=")[0]).lower() for part in parts]
    own = [bool(_OWN_PREFIX.match(name)) for name in names]
    passes = _PASSES if _FILE_NAME.search(place) else frozenset()
    marks = _SIGNATURES | passes
    if not any(own) and marks.isdisjoint(names):
        return address
    signing = marks | _BESIDE
    kept = [
        part
        for part, name, is_own in zip(parts, names, own, strict=True)
        if not is_own and name not in signing
    ]
    return f"{place}?{'&'.join(kept)}" if kept else place
