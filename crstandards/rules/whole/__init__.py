"""Rules that only a check of everything can answer: what nothing uses, and what has no effect."""
