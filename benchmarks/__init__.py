"""How fast crstandards is, beside tools that people already run: `python -m benchmarks`."""
