"""A recording -> what the page shows -> one HTML file. Imports no torch."""
