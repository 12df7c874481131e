"""CR902: what the configuration says to no effect.

Its findings are made where the configuration is known and all other findings are: in the check.
"""

from crstandards.findings import Rule

RULE = Rule(
    id="CR902",
    name="stale-exception",
    severity="warning",
    since="0.1.0",
    summary="an exception, a baseline entry or a pattern of the configuration that has no effect",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    decision="Is it still needed?",
    data=("setting",),
)
