"""Two graphs side by side: what is the same, and what changed."""
