"""What the fixes of one round have in common: looked at once, however many findings there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from crstandards.findings import Finding
from crstandards.fixes.overlay import Overlay
from crstandards.model import Flow, Solution, World
from crstandards.rules.settings_files import files_of_solutions
from crstandards.rules.usage import User, by_key, lost_connectors, missed_connectors, users, users_of


class Round:
    """A world before some fixes, and the bytes of its files.

    `unused` is the rule under which references that nothing uses any more are removed in the same run, "" for
    none. With `keep_declarations`, no reference is removed.
    """

    def __init__(
        self, world: World, tree: Overlay, unused: str = "", *, keep_declarations: bool = False
    ) -> None:
        self.world = world
        self.tree = tree
        self.unused = unused
        self.keep_declarations = keep_declarations
        self._scenes: dict[str, Scene] = {}

    def scene(self, solution: Solution) -> Scene:
        """The scene of a solution's fixes."""
        return self._scenes.setdefault(solution.folder, Scene(self, solution))

    @cached_property
    def owners(self) -> dict[str, tuple[Solution, Flow | None]]:
        """The solution that each file belongs to in which findings of one solution are placed, with the flow
        that the file is, if it is one.
        """
        found: dict[str, tuple[Solution, Flow | None]] = {}
        for environment in self.world.environments:
            belonging = files_of_solutions(self.world, environment)
            owners = {owned.file.path: name for name, files in belonging.items() for owned in files}
            for file in environment.settings():
                known = self.world.called(owners.get(file.path, ""))
                found.update(
                    (file.path, (solution, None)) for solution in (known or environment.solutions)[:1]
                )
        for solution in reversed(self.world.solutions):
            found.update((reference.place.path, (solution, None)) for reference in solution.references)
            found |= {solution.customizations: (solution, None), solution.manifest: (solution, None)}
            found.update((flow.path, (solution, flow)) for flow in solution.flows)
        return found

    @cached_property
    def needing(self) -> Mapping[str, Sequence[int]]:
        """Who needs a reference that it does not declare itself: positions among the world's solutions."""
        found: dict[str, list[int]] = {}
        for number, solution in enumerate(self.world.solutions):
            keys = {user.key for user in users(solution)} - solution.declared().keys()
            for key in keys | {dependency.key for dependency in solution.missing}:
                found.setdefault(key, []).append(number)
        return found


class Scene:
    """A solution in a round of fixes: who uses its references, and what other fixes take out of it."""

    def __init__(self, around: Round, solution: Solution) -> None:
        self.round = around
        self.world = around.world
        self.tree = around.tree
        self.solution = solution
        self.removed: set[str] = set()

    def flow_of(self, finding: Finding) -> Flow:
        """The flow that a finding is about."""
        _, flow = self.round.owners[finding.place.path]
        assert flow is not None
        return flow

    @cached_property
    def users(self) -> Mapping[str, Sequence[User]]:
        """Who uses references inside of the solution, by key."""
        return by_key(users(self.solution))

    @cached_property
    def used(self) -> Mapping[str, Sequence[User]]:
        """Who uses the references that the solution declares, by key: in other solutions too."""
        return users_of(self.solution, self.world)

    @cached_property
    def lost(self) -> set[str]:
        """The connectors of which an entry got lost."""
        return lost_connectors(self.solution)

    @cached_property
    def missed(self) -> set[str]:
        """The connectors for which something goes through no reference, and should."""
        return missed_connectors(self.solution)
