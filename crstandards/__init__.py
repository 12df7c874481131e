"""Check Power Platform solution source against the connection reference standard."""

__version__ = "0.1.0"
REPOSITORY = "https://github.com/crstandards/crstandards"
PAGES = f"{REPOSITORY}/blob/v{__version__}/docs/"
"""The documentation of this version."""
SCHEMA = f"{REPOSITORY}/raw/v{__version__}/crstandards/data/config.schema.json"
"""The schema of the configuration, for editors."""
