"""Contracts: what a graph must be, and whether it is."""
