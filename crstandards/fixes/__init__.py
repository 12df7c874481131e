"""Mending the source: plans made of byte edits, their verification, and writing them all or none."""
