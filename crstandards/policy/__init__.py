"""What a team has decided: its configuration, its exceptions, and which findings they silence."""

# Here, where reading them costs nothing: most commits need no more of the configuration.
CONFIG_FILE = "crstandards.toml"
PYPROJECT_FILE = "pyproject.toml"
CONFIG_FILES = (CONFIG_FILE, PYPROJECT_FILE)
BASELINE_FILE = "crstandards-baseline.json"
"""The baseline, where the configuration names no other."""
ALWAYS_ERROR = "CR901"
"""The rule for source that cannot be read: what can't be seen can't be judged, so it is never off."""
