"""What is known of an endpoint: how it wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["frames", "list", "clip", "url", "images"]
"""How a clip travels to a model server; see docs/endpoints.md."""

SchemaTold = Literal["json_schema", "json_object", "words"]
"""How a server is told what an answer must look like, the strictest way first."""


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """A form that an endpoint would not take, and why."""

    form: Form
    words: str
    """The server's own, short and without secrets."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How one endpoint wants to be spoken to, as it was found out."""

    flavour: str
    """What software answers, a name of ``shotlog.describers.chat.flavours``."""
    version: str | None
    """Its own word; None where it gives none."""
    form: Form
    schema: SchemaTold
    refused: tuple[RefusedForm, ...] = ()
    """Forms that were tried and are not tried again, in order."""
    context_length: int | None = None
    """Tokens of question and answer together; None where the server does not say."""
    frame_limit: int | None = None
    """Most pictures it looks at, where it was found to overlook or refuse more."""
    token_check: str = ""
    """What comparing its token count with the model's formula showed, in words."""
