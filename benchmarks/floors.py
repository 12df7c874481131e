"""What git and a parser alone need for the same bytes, and what a step of our replay does without them.

python -m benchmarks.floors json LIST       parse each file of a list
python -m benchmarks.floors history LIST    log a range, read objects by one `cat-file --batch`, parse each
python -m benchmarks.floors yaml FILE       go once over the events of a file, by PyYAML's C reader
python -m benchmarks.floors steps RANGE     print the seconds of the processor that each commit takes in a
                                            replay in the current folder of which all is read already
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from xml.parsers import expat

_BOM = b"\xef\xbb\xbf"


def bare_json(listed: str) -> None:
    """Parse each file of a list."""
    import orjson

    for path in Path(listed).read_text("utf-8").splitlines():
        orjson.loads(Path(path).read_bytes().removeprefix(_BOM))


def history(listed: str) -> None:
    """List a range of commits, and read and parse objects: a list has the range first, then their ids."""
    import orjson

    commits, *ids = Path(listed).read_text("ascii").splitlines()
    log = ("git", "log", "--raw", "-z", "--no-renames", "--no-abbrev", commits)
    subprocess.run(log, stdout=subprocess.PIPE, check=True)
    with open(f"{listed}.ids", "w+b") as asked:
        asked.write("\n".join([*ids, ""]).encode("ascii"))
        asked.seek(0)
        command = ("git", "cat-file", "--batch", "--buffer")
        with subprocess.Popen(command, stdin=asked, stdout=subprocess.PIPE) as process:
            assert process.stdout
            while header := process.stdout.readline():
                data = process.stdout.read(int(header.split()[2]) + 1)[:-1]
                if data.removeprefix(_BOM)[:1] == b"<":
                    expat.ParserCreate().Parse(data, True)
                else:
                    orjson.loads(data.removeprefix(_BOM))


def yaml_events(path: str) -> None:
    """Go once over the events of a YAML file."""
    import yaml

    for _ in yaml.parse(Path(path).read_bytes(), yaml.CSafeLoader):
        pass


def objects(root: Path, commits: str) -> Iterable[str]:
    """The ids of the sources that a range of commits begins with and brings, each once."""
    base = commits.partition("..")[0]
    listed = _git(root, "ls-tree", "-r", base) + _git(root, "rev-list", "--objects", commits)
    parts = (line.replace("\t", " ").split(" ") for line in listed.splitlines())
    return dict.fromkeys(it[-2] for it in parts if it[-1].endswith((".json", ".xml")))


def _git(root: Path, *arguments: str) -> str:
    return subprocess.check_output(("git", *arguments), cwd=root, text=True)


def steps(commits: str) -> None:
    """Walk along a range twice, and print what a step costs the second time."""
    from crstandards.git.ranges import RangeGit
    from crstandards.history.checks import Terms
    from crstandards.history.log import read_range
    from crstandards.history.walk import Walk
    from crstandards.rules import RULES
    from crstandards.source.facts import Facts

    git, facts = RangeGit(Path()), Facts()
    base, head = (git.commit(name)[0] for name in commits.split(".."))
    found = read_range(git, base, head)
    times: list[float] = []
    for _ in range(2):
        times.clear()
        Walk(git, Terms(RULES), facts).to_head(found, lambda done, count: times.append(time.process_time()))
    print((times[-1] - times[0]) / (len(times) - 1))


if __name__ == "__main__":
    {"json": bare_json, "history": history, "yaml": yaml_events, "steps": steps}[sys.argv[1]](sys.argv[2])
