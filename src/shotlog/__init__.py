"""shotlog turns a listing of videos into a searchable shot log."""

__version__ = "0.1.0"
