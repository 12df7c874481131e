"""What a team has decided: its configuration, its exceptions, and which findings they silence."""

from __future__ import annotations

from typing import Final

# Here, where reading them costs nothing: most commits need no more of the configuration.
CONFIG_FILE: Final = "crstandards.toml"
PYPROJECT_FILE: Final = "pyproject.toml"
CONFIG_FILES: Final = (CONFIG_FILE, PYPROJECT_FILE)
