"""A graph as a tree: modules as they were called, and what repeats found and folded."""
