"""The page that shows a library by itself."""
