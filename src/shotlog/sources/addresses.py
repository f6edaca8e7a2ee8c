"""From an address as people write it to one that can be fetched. Pure.

rclone prints names as they are, so in a listing the name's own ``%``, ``#`` and ``?`` stand bare at
the end of the address. Without a name, an address is what somebody pasted: escapes in it are meant.
Quoting follows RFC 3986.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from shotlog.errors import RowError, SettingError
from shotlog.sources.endings import is_video_name

_READY = re.compile(r"https?://[A-Za-z0-9.-]+/[A-Za-z0-9._~/-]*")
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9._~/-]+")
_DOT_SEGMENT = re.compile(r"(?<![^/])\.{1,2}(?![^/])")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB_SCHEME = re.compile(r"(https?)://", re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")

_SAFE_IN_PATH = "/%:@!$&'()*+,;=~"
_SAFE_IN_QUERY = _SAFE_IN_PATH + "?"

_BUCKET_SCHEMES = frozenset({"s3", "s3a", "s3n", "gs", "gcs", "az", "abfs", "b2", "r2", "oss"})


def fetchable(
    address: str, file_name: str | None = None, *, line: int = 0, local: bool = False
) -> str:
    """The address with every byte quoted that must be.

    Where it ends with the raw ``file_name``, that end is quoted whole; elsewhere valid ``%XX``
    stay, and so does a query. ``local`` admits ``file://``. Raises RowError, with ``line``, for an
    address of another kind, one with a password, or one without a host.
    """
    if _READY.fullmatch(address) and "/." not in address:
        return address
    try:
        if file_name and address.endswith((f"/{file_name}", f"={file_name}")):
            head = address[: -len(file_name)]
            if head.count("/") >= 3:
                return _quoted_head(head, local) + quoted_name(file_name)
        return _quoted(address, local)
    except RowError as error:
        raise RowError(error.what, line=line, hint=error.hint) from None


def quoted_name(file_name: str) -> str:
    """A raw name as the end of an address; its slashes stay, its dot segments lead nowhere."""
    quoted = _UNSAFE_IN_NAME.sub(_percent, file_name)
    if "./" not in quoted and not quoted.endswith("."):
        return quoted
    return _DOT_SEGMENT.sub(lambda dots: dots[0].replace(".", "%2E"), quoted)


def _percent(unsafe: re.Match[str]) -> str:
    return _percented(unsafe[0])


@lru_cache(maxsize=4096)
def _percented(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before a name to make its address."""

    shown: str
    ready: str

    @classmethod
    def of_option(cls, public_url: str) -> Prefix:
        """From ``--public-url``, ended by a slash if nothing ends it. Raises SettingError."""
        text = public_url.strip()
        try:
            return cls.of_listing(text if text.endswith(("/", "=")) else text + "/", line=0)
        except RowError as error:
            raise SettingError(
                f"--public-url: {error.what}",
                hint="Give the web address below which the files lie, "
                "say https://mybucket.online/vids/.",
            ) from None

    @classmethod
    def of_listing(cls, text: str, *, line: int) -> Prefix:
        """As a listing has it, whatever it ends with. Raises RowError."""
        return cls(text, fetchable(text, line=line))

    def address(self, file_name: str) -> tuple[str, str]:
        """The address of a raw name: as shown, and ready to fetch."""
        return self.shown + file_name, self.ready + quoted_name(file_name)


def name_of(address: str) -> str:
    """The last part of the address's path, unquoted; the host where there is no path."""
    path = re.split(r"[?#]", address, maxsplit=1)[0].rstrip("/")
    return unquote(path.rpartition("/")[2])


def shown_address(address: str) -> str:
    """The address fit for messages and logs: no user, no query, which may be a signature."""
    bare = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//[^?]*@", r"\1//…@", address.partition("?")[0])
    return bare if len(bare) <= 200 else bare[:199] + "…"


def _quoted(address: str, local: bool) -> str:
    """A pasted address, ready to fetch. Raises RowError."""
    scheme = _admitted_scheme(address, local)
    netloc, rest = _split_host(address[len(scheme) + 1 :])
    if scheme != "file":
        return f"{scheme}://{_host(netloc, address)}{_pasted(rest)}"
    if netloc not in ("", "localhost") or not rest.startswith("/"):
        raise _refused(address, "a file address looks like file:///folder/name.mp4.")
    return f"file://{_quoted_path(rest)}"


_quoted_head = lru_cache(maxsize=1024)(_quoted)


def how_to_list(public_url: str) -> str:
    """How a bucket is listed so that nothing is lost and everything has a web address."""
    return (
        "List the bucket with `rclone lsf -R --csv --format pst REMOTE:PATH > listing.csv` and "
        f"give that with --csv listing.csv --public-url {public_url}, or run "
        f"`shotlog run --rclone REMOTE:PATH --public-url {public_url}`."
    )


def _admitted_scheme(address: str, local: bool) -> str:
    if web := _WEB_SCHEME.match(address):
        return web[1].lower()
    match = _SCHEME.match(address)
    scheme = match[1].lower() if match else ""
    if scheme == "file":
        if local:
            return scheme
        raise RowError(
            "the address is a file of this machine (file://); a listing names web addresses, "
            "http:// or https://.",
            line=0,
            hint="Give the folder with --dir FOLDER.",
        )
    raise _wrong_scheme(address, scheme)


def _wrong_scheme(address: str, scheme: str) -> RowError:
    what = f"{shown_address(address)!r} is no web address, which begins with https:// or http://."
    if re.match(r"[A-Za-z]:[\\/]|[\\/]", address):
        return RowError(what, line=0, hint="Give a local folder with --dir FOLDER.")
    if scheme in _BUCKET_SCHEMES or (scheme and "." not in scheme and "//" not in address):
        return RowError(what, line=0, hint=how_to_list("https://…"))
    if scheme and "//" in address:
        return RowError(what, line=0, hint="Give an address that a browser opens.")
    return RowError(
        what,
        line=0,
        hint="Write it out with https://, or give what stands before the names as --public-url.",
    )


def _split_host(rest: str) -> tuple[str, str]:
    """``//host:80/path?query`` in two: the host with its port, and what follows it."""
    match = re.match(r"//([^/?#]*)(.*)", rest, re.DOTALL)
    if match is None:
        return "", rest
    return match[1], match[2]


def _host(netloc: str, address: str) -> str:
    if "@" in netloc:
        raise RowError(
            "the address holds a user name or password.",
            line=0,
            hint="Give an address without; for private files a presigned one.",
        )
    host = netloc if netloc.isascii() else _idna(netloc)
    match = _HOST.fullmatch(host)
    if match is None or int((match[2] or ":80")[1:]) not in range(1, 65536):
        raise _refused(address, "it needs a host, as in https://mybucket.online/video.mp4.")
    return host


@lru_cache(maxsize=64)
def _idna(netloc: str) -> str:
    """The host as DNS knows it, by the rule of the client that fetches it; else as it is."""
    import httpx

    host, colon, port = netloc.partition(":")
    try:
        return httpx.URL(scheme="https", host=host).raw_host.decode("ascii") + colon + port
    except httpx.InvalidURL:
        return netloc


def _refused(address: str, reason: str) -> RowError:
    return RowError(
        f"the address {shown_address(address)!r} cannot be used: {reason}",
        line=0,
        hint="Correct it in the listing.",
    )


def _pasted(rest: str) -> str:
    path, mark, query = rest.partition("?")
    if mark and "=" not in query and is_video_name(query):
        path, mark, query = rest, "", ""
    quoted = _quoted_path(path)
    if not quoted.startswith("/"):
        quoted = "/" + quoted
    if mark:
        query = _STRAY_PERCENT.sub("%25", query)
        quoted += "?" + quote(query, safe=_SAFE_IN_QUERY, errors="surrogatepass")
    return quoted


def _quoted_path(path: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", path), safe=_SAFE_IN_PATH, errors="surrogatepass")
