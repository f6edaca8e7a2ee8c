"""Whether a connection failed for a certificate that is not trusted."""

from __future__ import annotations

import ssl

UNTRUSTED_HINT = "Name the authority's file in SSL_CERT_FILE, or check the address."


def is_untrusted(error: BaseException) -> bool:
    """Whether a refused certificate is what ``error`` came of, however often it was wrapped."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return True
        found = found.__cause__ or found.__context__
    return False
