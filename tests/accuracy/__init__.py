"""How often each rule is right: violations planted into clean solutions, and changes that break nothing.

`python -m tests.accuracy` runs all cases and writes the table into `docs/accuracy.md`.
"""
