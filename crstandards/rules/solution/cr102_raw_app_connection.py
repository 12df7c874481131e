"""CR102: an app shares a connection, not a connection reference."""

from crstandards.findings import Finding, Findings, Rule, Solution, Subject, World
from crstandards.rules.wording import shown_connector, shown_reference

RULE = Rule(
    id="CR102",
    name="raw-app-connection",
    severity="warning",
    since="0.1.0",
    summary="a canvas or code app shares a connection, not a connection reference",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="raw",
    sees="own",
    decision="Which connection reference is the app to use?",
    data=("app", "connector"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each app and connector.

    Without a shared connection, the app's users bring their own; and canvas apps take no references
    to custom connectors, as code apps do.
    """
    apart = solution._replace(uses=())
    for use in solution.uses:
        is_canvas = use.kind == "canvas app"
        if use.kind == "agent" or use.reference or not use.shared or (use.custom and is_canvas):
            continue
        fitting = solution.for_connector(use.connector)
        named = (
            f"the connection reference {shown_reference(fitting[0])}" if fitting else "a connection reference"
        )
        # Its own word for the connector: looking through all apps at each would take too long.
        shown = f"{use.shown} ({use.connector})" if use.shown else shown_connector(use.connector, apart)
        first = "" if fitting else " Create one in the solution first (New > More > Connection Reference)."
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=use.place,
            message=(
                f'{use.kind.capitalize()} "{use.name}" shares its maker\'s own connection for '
                f"{shown}, not a connection reference."
            ),
            help=(
                "In Power Apps, open the app from its solution, remove the data source and add it again "
                f"through {named}; save, publish and export again.{first}"
                if is_canvas
                else f"Add the data source again through {named} (pac code add-data-source with -cr and the "
                f"reference's logical name), and publish the app again.{first}"
            ),
            identity=(solution.base_name, use.name, use.connector),
            subject=Subject(app=use.name, connector=use.connector),
        )
