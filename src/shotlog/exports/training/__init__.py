"""Clips with their texts, as those who train video models take them."""
