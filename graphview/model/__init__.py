"""Plain data: graphs, runs, recordings. Imports nothing of torch."""
