"""Clips as cuts of their source, for video editors."""
