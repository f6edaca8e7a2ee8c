"""A video's bytes, from its address to a file on this machine."""

from shotlog.fetch.budget import ByteBudget
from shotlog.fetch.fetcher import Fetched, Fetcher, FetchSettings

__all__ = ["ByteBudget", "FetchSettings", "Fetched", "Fetcher"]
