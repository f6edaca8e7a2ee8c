"""``shotlog serve``: the library as a web page."""

from __future__ import annotations

import errno
import os
import socket
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shotlog.catalog.location import FILE_NAME
from shotlog.cli.library import DEFAULT_FOLDER, Folder
from shotlog.cli.lines import say
from shotlog.errors import SettingError
from shotlog.settings import load_settings

PORT = 8321


def serve(
    folder: Folder = DEFAULT_FOLDER,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Who may reach it: by default this machine only.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="0 takes any that is free.")
    ] = PORT,
    open_page: Annotated[bool, typer.Option("--open", help="Open it in the web browser.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings file. [config.ini if there]"),
    ] = None,
) -> int:
    """Show a library as a web page, until Ctrl-C.

    For others than this machine, it asks for the token in SHOTLOG_TOKEN.
    \f
    Examples:
      shotlog serve
      shotlog serve holiday-log --open
      SHOTLOG_TOKEN=… shotlog serve --host 0.0.0.0
    """
    from shotlog.web.app import make_app
    from shotlog.web.safety import require_token
    from shotlog.web.server import PageServer

    secret = load_settings({}, file=config).token
    token = secret.get_secret_value() if secret else None
    require_token(host, token)
    with _listening(host, port) as listener:
        address = _address(host, listener.getsockname()[1])
        console = Console()
        console.print(f"shotlog shows {folder} at {address}", highlight=False, soft_wrap=True)
        if not (folder / FILE_NAME).is_file():
            say(
                console,
                f"No library is in {folder} yet; the page shows one once `shotlog run` begins it.",
            )
        console.print("Ctrl-C ends it.", highlight=False)
        server = PageServer(make_app(folder, token=token))
        if open_page:
            webbrowser.open(address)
        # Whether the interrupt comes out of it is a matter of when it came.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
        console.print("Ended.")
    return 0


def _listening(host: str, port: int) -> socket.socket:
    """Raises SettingError where nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host.strip("[]"), port), family=family)
        # asyncio does so only for sockets that name their protocol; without, the body of a small
        # answer waits 40 ms for the acknowledgement of its head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        # create_server makes of every error a plain OSError, with its number.
        if error.errno in (errno.EADDRNOTAVAIL, socket.EAI_NONAME, socket.EAI_AGAIN):
            why = "it is no address of this machine"
            hint = "--host takes an address of this machine, or 0.0.0.0 for all that it has."
        else:
            why = os.strerror(error.errno or 0)
            hint = (
                "Another program may have that port, maybe another shotlog serve: "
                "--port takes another, and 0 any that is free."
            )
        raise SettingError(f"Nothing can listen at {host} port {port}: {why}.", hint=hint) from None


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    bare = host.strip("[]")
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(bare, f"[{bare}]" if ":" in bare else bare)  # noqa: S104 - the name of all addresses, not a choice
    return f"http://{name}:{port}/"
