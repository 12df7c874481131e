"""Running tests on a mistake, in a process of its own.

A mistake in a function is put into the function that is loaded, with the tests collected once. One in what
runs at the import needs all to be imported anew.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest

from tests.mutation.contexts import test_of
from tests.mutation.inject import into_function, into_imports
from tests.mutation.mutants import ROOT, Mutant
from tests.mutation.selection import Selection

Report = Callable[[Mutant, str], None]
KILLED, HUNG, SURVIVED = "killed", "hung", "survived"
_IMPOSSIBLE = "impossible"
"""What a function is that cannot be changed where it is loaded."""
_OPTIONS = [
    *("-s", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={ROOT}"),
    # What is loaded before is no plugin's own.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
]
_ENOUGH = 30.0
"""Seconds of processor time after which a mistake that no test has noticed counts as one that none does.

A test that refuses early runs few lines of a module, and so comes late.
"""
_HANGS = 30.0
"""The same for a single test: it waits for what never comes."""
_WALL = 240.0
_ENDS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""How pytest ends when it could begin."""
_LIBRARIES = ("lxml.etree", "yaml", "jsonschema", "git", "xml.parsers.expat")


class Outcome(NamedTuple):
    """How a run of tests ended, and with which one."""

    verdict: str
    test: str = ""


def judge(chosen: Iterable[Mutant], selection: Selection, report: Report) -> None:
    """Report for each mutant whether a test notices it. What is loaded must not hold crstandards yet."""
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )
    hypothesis.settings.load_profile("mutation")
    for library in _LIBRARIES:
        importlib.import_module(library)
    court = _Court(report)
    within: list[Mutant] = []
    anew: list[Mutant] = []
    for mutant in chosen:
        (within if mutant.function and not selection.at_import(mutant) else anew).append(mutant)
    if within:
        loop = _Loop(court, within, selection)
        pytest.main([*_OPTIONS, *selection.files(within)], plugins=[loop])
        if loop.error is not None:
            raise loop.error
    for mutant in anew:
        court.hear(mutant, selection.of_import(mutant), _run_anew)


Run = Callable[[Mutant, Sequence[str], frozenset[str], bool], Outcome]
"""Runs tests, but for some, on a mutant or on what it was made of."""


class _Court:
    """What is known of tests while mutants are judged: some fail without any mistake, where it is run."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._sound: dict[tuple[str, str], bool] = {}

    def hear(self, mutant: Mutant, tests: Sequence[str], run: Run) -> None:
        while True:
            avoided = frozenset(
                test for (module, test), sound in self._sound.items() if module == mutant.module and not sound
            )
            outcome = run(mutant, tests, avoided, True)
            if outcome.verdict == SURVIVED or self._is_sound(mutant, outcome.test, tests, run):
                self._report(mutant, outcome.verdict)
                return

    def _is_sound(self, mutant: Mutant, test: str, tests: Sequence[str], run: Run) -> bool:
        key = mutant.module, test
        if key not in self._sound:
            only = [test] if test else tests
            self._sound[key] = run(mutant, only, frozenset(), False).verdict == SURVIVED
            if not self._sound[key] and not test:
                raise RuntimeError(f"the tests of {mutant.module} cannot be collected: {tests[:9]}")
        return self._sound[key]


class _Loop:
    """In place of pytest's own loop: the tests that are collected are run on each mistake."""

    def __init__(self, court: _Court, chosen: Sequence[Mutant], selection: Selection) -> None:
        self._court = court
        self._chosen = chosen
        self._selection = selection
        self._items: dict[str, list[pytest.Item]] = {}
        self.error: BaseException | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            self._items.setdefault(test_of(item.nodeid), []).append(item)
        # What is frozen is not copied for each process.
        gc.collect()
        gc.freeze()
        try:
            for mutant in self._chosen:
                self._court.hear(mutant, self._selection.of_line(mutant), self._run)
        except BaseException as error:
            self.error = error
        return True

    def _run(self, mutant: Mutant, tests: Sequence[str], avoided: frozenset[str], wrong: bool) -> Outcome:
        items = [item for test in tests if test not in avoided for item in self._items.get(test, ())]

        def work(folder: Path, watch: _Watch) -> None:
            source = mutant.source(wrong)
            into_imports(mutant.module, source, folder)
            if not into_function(mutant.module, mutant.function, source):
                watch.say(_IMPOSSIBLE)
                return
            if not items:
                return
            config = items[0].config
            config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
            config.pluginmanager.register(watch)
            for item, following in zip(items, [*items[1:], None], strict=True):
                config.hook.pytest_runtest_protocol(item=item, nextitem=following)

        outcome = _apart(work)
        if outcome.verdict == _IMPOSSIBLE:
            return _run_anew(mutant, self._selection.of_import(mutant), avoided, wrong)
        return outcome


def _run_anew(mutant: Mutant, tests: Sequence[str], avoided: frozenset[str], wrong: bool) -> Outcome:
    def work(folder: Path, watch: _Watch) -> None:
        into_imports(mutant.module, mutant.source(wrong), folder)
        for name in list(sys.modules):
            if name.split(".")[0] in ("crstandards", "tests") and not name.startswith("tests.mutation"):
                del sys.modules[name]
        without = [f"--deselect={test}" for test in sorted(avoided)]
        status = pytest.main([*_OPTIONS, f"--basetemp={folder}/tests", *without, *tests], plugins=[watch])
        if status not in _ENDS:
            watch.say(KILLED)

    return _apart(work)


class _Watch:
    """Tells the other process what happens, and ends this one when that is decided."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self.running = ""

    def say(self, verdict: str, test: str = "") -> None:
        os.write(self._pipe, f"{verdict}\t{test}\n".encode())

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        used = sum(os.times()[:4])
        if used > _ENOUGH:
            os._exit(0)
        self.running = test_of(nodeid)
        self.say(HUNG, self.running)
        signal.setitimer(signal.ITIMER_PROF, _HANGS)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.say(KILLED, test_of(report.nodeid))
            os._exit(0)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.say(SURVIVED)


def _apart(work: Callable[[Path, _Watch], None]) -> Outcome:
    """Run in a process of its own; its last word counts."""
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _child(work, folder, reading, writing)
    os.close(writing)
    said = b""
    try:
        with _alarm(child), open(reading, "rb") as stream:
            said = stream.read()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        shutil.rmtree(folder, ignore_errors=True)
    last = said.decode().splitlines()[-1:] or [f"{SURVIVED}\t"]
    verdict, _, test = last[0].partition("\t")
    return Outcome(verdict, test)


def _child(work: Callable[[Path, _Watch], None], folder: Path, reading: int, writing: int) -> None:
    watch = _Watch(writing)
    try:
        os.close(reading)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        work(folder, watch)
    except BaseException:
        watch.say(KILLED, watch.running)
    finally:
        os._exit(0)


@contextlib.contextmanager
def _alarm(child: int) -> Iterator[None]:
    """Kill what takes too long even when it only waits."""

    def kill(*_: object) -> None:
        os.killpg(child, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, _WALL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
