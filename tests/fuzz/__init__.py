"""Coverage-guided fuzzing of everything that reads what strangers write; see `docs/contributing.md`."""
