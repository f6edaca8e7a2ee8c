"""The catalog: one SQLite file that holds all a library knows."""

from shotlog.catalog.catalog import FILE_NAME, Catalog

__all__ = ["FILE_NAME", "Catalog"]
