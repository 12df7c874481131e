"""Runs the benchmark."""

from tests.accuracy.measure import main

if __name__ == "__main__":
    raise SystemExit(main())
