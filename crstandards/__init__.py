"""Check Power Platform solution source against the connection reference standard."""

__version__ = "0.1.0"
REPOSITORY = "https://github.com/crstandards/crstandards"
PAGES = f"{REPOSITORY}/blob/v{__version__}/docs/"
"""The documentation of this version."""
