"""What a team has decided: its configuration, its exceptions, and which findings they silence."""
