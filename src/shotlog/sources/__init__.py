"""What comes in: listings, addresses, manifests, folders and remotes, as a stream of videos."""

from shotlog.sources.addresses import fetchable
from shotlog.sources.choice import Choice, choose
from shotlog.sources.folder import read_folder
from shotlog.sources.listing import read_listing
from shotlog.sources.manifest import read_manifest, write_manifest
from shotlog.sources.rclone import read_rclone
from shotlog.sources.urls import read_urls

__all__ = [
    "Choice",
    "choose",
    "fetchable",
    "read_folder",
    "read_listing",
    "read_manifest",
    "read_rclone",
    "read_urls",
    "write_manifest",
]
