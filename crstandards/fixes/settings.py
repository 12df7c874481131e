"""Fixes of deployment settings: an entry that is missing is added, one that nothing declares goes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from crstandards.findings import Finding, Step
from crstandards.fixes.changes import Change, Drop, Plan, Put, text_of
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.scene import Scene
from crstandards.fixes.settings_edit import REFERENCES, addition, length
from crstandards.fixes.verify import JsonChange
from crstandards.model import Environment, World
from crstandards.ownership import SettingsFile
from crstandards.rules.settings_files import token_like
from crstandards.rules.wording import listed


def bind(finding: Finding, scene: Scene) -> Plan:
    """Add the entries that settings lack, where the tokens of the others tell what stands in them.

    Raises CannotEdit where nothing tells: an empty id would bind nothing.
    """
    steps = [step for step in finding.steps if step.do == "bind"]
    if not steps:
        raise CannotEdit("nothing tells in which file: 'crstandards settings' makes one")
    return Plan(
        finding,
        f"{listed([step.path for step in steps])}: an entry for {steps[0].reference}",
        tuple(_added(step, scene) for step in steps),
        safe=True,
    )


def _added(step: Step, scene: Scene) -> Change:
    environment, file = _file(step, scene.world)
    reference = environment.declared[step.reference.lower()]
    token = token_like(file.entries, reference.logical_name)
    if not token:
        raise CannotEdit(
            "nothing here tells its connection; 'crstandards settings --environment "
            f"{environment.name}' looks for one in the inventory"
        )
    entry = {
        "LogicalName": reference.logical_name,
        "ConnectionId": token,
        "ConnectorId": reference.connector_id,
    }
    text = text_of(scene.tree, file.path)
    edit = addition(text, REFERENCES, [entry])
    # In the order in which it is written, which is that of the entry before it.
    written = json.loads(edit.new[edit.new.index("{") : edit.new.rindex("}") + 1])
    return Put(file.path, edit, JsonChange((REFERENCES, str(length(text, REFERENCES))), written))


def unbind(finding: Finding, scene: Scene) -> Plan:
    """Take out the entries for a reference that nothing declares. Raises CannotEdit where one is declared."""
    name = finding.subject.reference or ""
    if any(name.lower() in solution.declared() for solution in scene.world.solutions):
        raise CannotEdit("which of its entries is right only a person knows")
    steps = [step for step in finding.steps if step.do == "drop"]
    paths = list(dict.fromkeys(step.path for step in steps))
    changes = tuple(change for step in steps for change in _dropped(step, scene.world))
    return Plan(finding, f"{listed(paths)}: no entry for {name}", changes, safe=True)


def _dropped(step: Step, world: World) -> Iterator[Drop]:
    _, file = _file(step, world)
    alike = [entry for entry in file.entries if entry.key == step.reference.lower()]
    for number, entry in enumerate(alike, 1):
        if step.number in (0, number):
            yield Drop(file.path, entry.route[:-1], entry.route[-1])


def _file(step: Step, world: World) -> tuple[Environment, SettingsFile]:
    for environment in world.environments:
        for file in environment.settings():
            if file.path == step.path:
                return environment, file
    raise CannotEdit(f"{step.path} is not there")
