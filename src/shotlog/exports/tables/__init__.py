"""Rows and columns: CSV for spreadsheets, Parquet for programs."""
