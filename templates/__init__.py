"""The page: its HTML, CSS and script."""
