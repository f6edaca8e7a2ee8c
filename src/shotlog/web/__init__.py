"""The library as web pages and a JSON API, for people who would rather look than read."""
