"""Faults of what lies around: git, the disk, the streams, the clock, the system."""
