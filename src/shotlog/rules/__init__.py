"""Rules that give tags and classes: read from a file's text, applied to what is known. Pure."""

from shotlog.rules.applying import Given, apply_rules
from shotlog.rules.reading import Rules, read_rules
from shotlog.rules.subjects import ClipSubject, VideoSubject

__all__ = ["ClipSubject", "Given", "Rules", "VideoSubject", "apply_rules", "read_rules"]
