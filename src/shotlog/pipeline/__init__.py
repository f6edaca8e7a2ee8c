"""The road from a listing to a shot log, and what carries it."""
