"""The check along a history: who introduced what, what was mended, what remains; and what a push adds.

Trees are checked, never diffs: a diff only says which solutions of a tree must be looked at again.
"""
