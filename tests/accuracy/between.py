"""Violations that need something around them: other solutions, environments, a configuration."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from crstandards.policy import CONFIG_FILE
from tests.accuracy.editing import Editor, new_solution
from tests.accuracy.inside import UNKNOWN
from tests.accuracy.planting import Planted

Prepare = Callable[[Editor, Random], Any]
Planter = Callable[[Editor, Random, Any], Planted]

_COPY = "Copies/old"


def _configure(editor: Editor, text: str) -> None:
    editor.tree[CONFIG_FILE] = text.encode()


def _second(editor: Editor, random: Random, name: str = "ContosoSecond") -> Editor:
    """Another solution beside the base, clean, with a reference of its own that a flow uses."""
    folder = random.choice(["zz second", f"second/{name}/src", "Ä second"])
    other = new_solution(editor.tree, folder, name, random, flat=random.random() < 0.5)
    other.random = random
    other.declare("con_second_other", "shared_secondservice")
    other.referring("con_second_other", "shared_secondservice")
    return other


def _environment(editor: Editor, random: Random, more: str = "") -> None:
    names = random.choice(
        ["", f'solutions = ["{editor.unique_name}", "ContosoSec*"]\n', 'solutions = ["*"]\n']
    )
    _configure(editor, f'[[environments]]\nname = "prod"\n{names}{more}')


def _one_set(editor: Editor, random: Random) -> Editor:
    other = _second(editor, random)
    _environment(editor, random, random.choice(["", 'sharing = "one-set"\n']))
    return other


def duplicate_in_environment(editor: Editor, random: Random, other: Editor) -> Planted:
    form = random.choice(["two names", "a custom connector's hashes", "beside one that is there"])
    connectors = [f"{UNKNOWN}", UNKNOWN]
    if form == "a custom connector's hashes":
        connectors = ["shared_con-5fplanted-5f21dec655d73f3a8c", "shared_con-5fplanted-5f983b8802de813283"]
    declared = editor.shareable()
    if form == "beside one that is there" and declared:
        connectors = [random.choice(declared)[1]] * 2
    else:
        form = form if form != "beside one that is there" else "two names"
        name = editor.fresh("con_planted_a")
        editor.declare(name, connectors[0])
        editor.referring(name, connectors[0])
    name = other.fresh("con_planted_b")
    other.declare(name, connectors[1])
    if random.random() < 0.7:
        other.referring(name, connectors[1])
        return Planted(form, "", "")
    return Planted(form, "", "", ("CR504",))


def conflicting_declaration(editor: Editor, random: Random, other: Editor) -> Planted:
    name = editor.fresh()
    editor.declare(name, UNKNOWN)
    editor.referring(name, UNKNOWN)
    second = random.choice([name, name.upper()])
    other.declare(second, "shared_plantedother")
    other.referring(second, "shared_plantedother")
    return Planted("two connectors", "", "")


def _own_sets(editor: Editor, random: Random) -> Editor:
    other = _second(editor, random)
    _environment(editor, random, 'sharing = "set-per-solution"\n')
    return other


def shared_in_own_sets(editor: Editor, random: Random, other: Editor) -> Planted:
    form = random.choice(
        ["declared twice", "borrowed by a flow", "borrowed by an agent", "listed as missing"]
    )
    name = editor.fresh()
    if form == "listed as missing":
        other.need(name, "ContosoElsewhere (1.0.0.0)")
        other.referring(name, UNKNOWN)
        return Planted(form, "", name, ("CR506",))
    editor.declare(name, UNKNOWN)
    editor.referring(name, UNKNOWN)
    if form == "declared twice":
        other.declare(name, UNKNOWN)
        other.referring(name, UNKNOWN)
    elif form == "borrowed by a flow":
        other.referring(name, UNKNOWN)
    else:
        path = other.path("botcomponents", "con_bot.action.Mail", "data")
        other.tree[path] = f"action:\n  connectionReference: {name}\n".encode()
    return Planted(form, "", "")


def _held(editor: Editor, random: Random) -> Editor:
    """The base holds all references; the other solution declares none."""
    other = new_solution(editor.tree, "zz second", "ContosoSecond", random)
    _environment(editor, random, f'reference-solution = "{editor.unique_name}"\n')
    return other


def outside_reference_solution(editor: Editor, random: Random, other: Editor) -> Planted:
    name = other.fresh()
    other.declare(name, UNKNOWN)
    other.referring(name, UNKNOWN)
    return Planted("outside", other.customizations, name)


def _without_environment(editor: Editor, random: Random) -> Editor:
    return _second(editor, random)


def _core(editor: Editor, random: Random) -> Editor:
    core = _second(editor, random, "ContosoCore")
    core.declare("con_core_planted", UNKNOWN)
    core.referring("con_core_planted", UNKNOWN)
    _configure(editor, '[rules]\nCR305 = "off"\n')
    return core


def dependency_beside_own(editor: Editor, random: Random, core: Editor) -> Planted:
    own = editor.fresh()
    editor.declare(own, UNKNOWN)
    editor.referring(own, UNKNOWN)
    editor.need("con_core_planted", "ContosoCore (1.0.0.0)")
    path, _ = editor.referring("CON_core_planted" if random.random() < 0.3 else "con_core_planted", UNKNOWN)
    return Planted("a listed dependency", path, "")


def _named(editor: Editor, random: Random) -> None:
    pattern = '[names]\nlogical-name = "[a-z0-9]+_.*"\ndisplay-name = ".+"\n' if random.random() < 0.5 else ""
    _configure(editor, f'[rules]\nCR505 = "warning"\n{pattern}')


def bad_name(editor: Editor, random: Random, _: None) -> Planted:
    form = random.choice(["generated", "a foreign prefix", "equal display names"])
    name = editor.fresh(f"{editor.prefix}_planted")
    if form == "generated":
        name += f"_{random.randrange(16**5):05x}"
    elif form == "a foreign prefix":
        name = f"zzforeign_{name}"
    editor.declare(name, UNKNOWN, "Planted")
    editor.referring(name, UNKNOWN)
    if form == "equal display names":
        name = editor.fresh(f"{editor.prefix}_planted")
        editor.declare(name, "shared_plantedother", "planted")
        editor.referring(name, "shared_plantedother")
    return Planted(form, editor.customizations, "")


def _nothing(editor: Editor, random: Random) -> None:
    return None


_STALE = {
    "unused": '[[exceptions]]\nrule = "CR503"\nreason = "planted"\n',
    "expired": '[[exceptions]]\nrule = "CR201"\nreason = "planted"\nexpires = 2026-12-31\n',
    "locked": 'locked = ["CR101"]\n[[exceptions]]\nrule = "CR101"\nreason = "planted"\n',
    "exclude": '[source]\nexclude = ["planted/**"]\n',
    "vendored": '[source]\nvendored = ["planted/**"]\n',
    "external references": '[source]\nexternal-references = ["planted_*"]\n',
    "an environment's solutions": '[[environments]]\nname = "x"\nsolutions = ["Planted"]\n',
    "an environment's settings": '[[environments]]\nname = "x"\nsettings = ["planted/*.json"]\n',
}


def stale_exception(editor: Editor, random: Random, _: None) -> Planted:
    form = random.choice(list(_STALE))
    _configure(editor, _STALE[form])
    return Planted(form, CONFIG_FILE, "")


PREPARED: dict[str, tuple[Prepare, Planter]] = {
    "CR204": (_core, dependency_beside_own),
    "CR301": (_one_set, duplicate_in_environment),
    "CR302": (_one_set, conflicting_declaration),
    "CR303": (_own_sets, shared_in_own_sets),
    "CR304": (_held, outside_reference_solution),
    "CR305": (_without_environment, duplicate_in_environment),
    "CR505": (_named, bad_name),
    "CR902": (_nothing, stale_exception),
}
