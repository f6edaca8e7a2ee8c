"""A dataset for FiftyOne."""
