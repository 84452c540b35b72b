"""What the installed torch says of its operators, read from its files: torch is not imported."""
