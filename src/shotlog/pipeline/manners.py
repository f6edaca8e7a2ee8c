"""How an endpoint wants to be spoken to, kept in the catalog from one run to the next."""

from __future__ import annotations

from shotlog.catalog import Catalog
from shotlog.describers.base import Describer
from shotlog.describers.chat.asker import ChatAsker


class Manners:
    """Between the catalog and whoever asks the endpoint; used by the driver alone.

    Does nothing for a describer that asks no chat endpoint.
    """

    def __init__(self, catalog: Catalog, describer: Describer) -> None:
        asker = getattr(describer, "asker", None)
        self._catalog = catalog
        self._asker = asker if isinstance(asker, ChatAsker) else None

    def recall(self) -> None:
        """Tells the asker what an earlier run learned."""
        if self._asker is None:
            return
        asker = self._asker
        manner = self._catalog.endpoint_manner(asker.address, asker.model_named)
        if manner is not None:
            asker.recall(manner)

    def keep(self) -> None:
        """Saves what was learned since the last call, if anything."""
        manner = self._asker.learned() if self._asker else None
        if manner is not None and self._asker is not None:
            address, model = self._asker.address, self._asker.model_named
            self._catalog.save_endpoint_manner(address, model, manner)
