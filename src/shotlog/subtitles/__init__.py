"""Descriptions, words heard and chapters as cues, and cues as WebVTT and SubRip. Pure."""
