"""One file for each command. None imports torch before it runs."""
