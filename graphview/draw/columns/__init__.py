"""A tall scene in columns, side by side, for a page that is wide."""
