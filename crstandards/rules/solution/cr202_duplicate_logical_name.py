"""CR202: one logical name declared more than once in a solution."""

from crstandards.findings import Finding, Findings, Related, Rule, Solution, Subject, World

RULE = Rule(
    id="CR202",
    name="duplicate-logical-name",
    severity="error",
    since="0.1.0",
    summary="a solution declares one logical name more than once",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="duplicate",
    is_proved=True,
    sees="own",
    cure="repetition",
    is_fixable=True,
    data=("reference",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each name, placed at its second declaration."""
    for key in solution.declared():
        first, *others = solution.declarations(key)
        if not others:
            continue
        are_equal = len({(item.content, item.connector_id) for item in (first, *others)}) == 1
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=others[0].place,
            message=(
                f"Solution {solution.unique_name} declares the connection reference {first.logical_name} "
                f"{len(others) + 1} times" + ("." if are_equal else ", and the declarations differ.")
            ),
            identity=(solution.base_name, key),
            subject=Subject(reference=first.logical_name),
            related=(
                Related(first.place, "first declared here"),
                *(Related(other.place, "and here") for other in others[1:]),
            ),
        )
