"""The catalog: one SQLite file that holds all a library knows."""

from shotlog.catalog.catalog import Catalog
from shotlog.catalog.location import FILE_NAME, catalog_in

__all__ = ["FILE_NAME", "Catalog", "catalog_in"]
