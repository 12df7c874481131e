"""Rules about one solution, or all of a repository."""
