"""Coverage-guided fuzzing of everything that reads what strangers write; see docs/development/testing.md."""
