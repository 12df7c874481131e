"""How the cost grows as a repository grows: measured, and drawn for docs/performance.md.

    python -m benchmarks.growth            print the seconds
    python -m benchmarks.growth --write    and write table and picture (docs/images/growth.svg)

Seconds are those of the processor, crstandards and its git together. Of several runs the least counts.
"""

from __future__ import annotations

import math
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import generate
from benchmarks.measure import CRSTANDARDS, Work, once, write_table
from benchmarks.works import HOOK, fresh, staged, stopped, three_flows

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
PICTURE = PAGE.parent / "images" / "growth.svg"
_COMMITS = 100
_COLORS = {  # of each work: on light paper, and on dark
    f"replay of {_COMMITS} commits": ("#8250df", "#d2a8ff"),
    "check": ("#0969da", "#79c0ff"),
    "push": ("#1a7f37", "#7ee787"),
    "stopped commit": ("#cf222e", "#ff7b72"),
    "commit": ("#9a6700", "#e3b341"),
}
_LEFT, _TOP, _WIDTH, _HEIGHT, _RIGHT, _BELOW = 60, 16, 460, 300, 220, 44

Costs = Mapping[str, Mapping[int, float]]
"""Seconds of each work, by the number of flows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return 0."""
    parser = ArgumentParser(
        prog="python -m benchmarks.growth", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--flows", type=int, nargs="+", default=[10, 100, 1000, 10000], help="sizes to measure"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each work; default: 3")
    parser.add_argument("--folder", type=Path, help="where the repositories are kept; default: made anew")
    parser.add_argument("--write", action="store_true", help="write table and picture")
    options = parser.parse_args(arguments)
    costs: dict[str, dict[int, float]] = {name: {} for name in _COLORS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for flows in options.flows:
            for name, work in _works(folder, flows):
                costs[name][flows] = min(once(work).processor for _ in range(options.runs))
    lines = [
        f"| flows | {' | '.join(f'{flows:,}' for flows in options.flows)} |",
        f"|---|{'---|' * len(options.flows)}",
        *(f"| {name} | {' | '.join(f'{it:.2f} s' for it in of.values())} |" for name, of in costs.items()),
    ]
    print("\n".join(lines))
    if options.write:
        write_table(PAGE, lines, "python -m benchmarks.growth --write", "growth")
        PICTURE.write_text(drawn(costs), "utf-8")
    return 0


def _works(folder: Path, flows: int) -> Iterator[tuple[str, Work]]:
    root = fresh(folder, flows, _COMMITS)
    with staged(root, {path: content + b"\n" for path, content in three_flows(root).items()}):
        yield "commit", Work((CRSTANDARDS, *HOOK), root)
    with stopped(root):
        yield "stopped commit", Work((CRSTANDARDS, *HOOK), root, status=1)
    yield "check", Work((CRSTANDARDS, "check"), root)
    yield f"replay of {_COMMITS} commits", Work((CRSTANDARDS, "replay", f"HEAD~{_COMMITS}..HEAD"), root)
    pushed = folder / f"pushed-{flows}"
    old, new = (generate.git(root, "rev-parse", name).strip() for name in ("HEAD~1", "HEAD"))
    pushed.write_text(f"{old} {new} refs/heads/main\n")
    policy = folder / "policy.toml"
    policy.write_text("[server]\ndeadline = 60\n")
    generate.git(root, "config", "crstandards.config", str(policy))
    where = {"GIT_DIR": str(root / ".git")}
    yield "push", Work((CRSTANDARDS, "hook", "pre-receive"), root, where, stdin=pushed)


def drawn(costs: Costs) -> str:
    """The seconds over the flows, both by powers of ten, as a picture."""
    sizes = sorted({flows for of in costs.values() for flows in of})
    seconds = [it for of in costs.values() for it in of.values()]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def across(flows: int) -> float:
        return _LEFT + _WIDTH * (math.log10(flows) - first) / (last - first)

    def down(value: float) -> float:
        return _TOP + _HEIGHT * (high - math.log10(value)) / (high - low)

    lines: list[str] = []
    for flows in sizes:
        lines.append(_line(across(flows), _TOP, across(flows), _TOP + _HEIGHT))
        lines.append(_text(across(flows), _TOP + _HEIGHT + 18, "middle", f"{flows:,}"))
    for power in range(low, high + 1):
        lines.append(_line(_LEFT, down(10**power), _LEFT + _WIDTH, down(10**power)))
        lines.append(_text(_LEFT - 8, down(10**power) + 4, "end", f"{10.0**power:g} s"))
    lines.append(_text(_LEFT + _WIDTH / 2, _TOP + _HEIGHT + 36, "middle", "flows"))
    below = math.inf
    for number, (name, of) in enumerate(sorted(costs.items(), key=lambda item: item[1][sizes[-1]])):
        points = " ".join(f"{across(flows):.1f},{down(value):.1f}" for flows, value in sorted(of.items()))
        lines.append(f'<polyline class="work{number}" points="{points}"/>')
        # The least one first, and none in another's line.
        below = min(down(of[sizes[-1]]) + 4, below - 17)
        lines.append(_text(_LEFT + _WIDTH + 8, below, "start", f"{name}, {of[sizes[-1]]:.2f} s", number))
    names = [name for name, _ in sorted(costs.items(), key=lambda item: item[1][sizes[-1]])]
    light, dark = (_style([_COLORS[name][at] for name in names]) for at in (0, 1))
    width, height = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BELOW
    body = "\n".join(lines)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<title>Seconds of the processor over the number of flows, both by powers of ten</title>
<style>
text {{ font: 13px system-ui, sans-serif; fill: #1f2328 }} line {{ stroke: #d0d7de }} rect {{ fill: #ffffff }}
polyline {{ fill: none; stroke-width: 2 }}
{light}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3 }} line {{ stroke: #30363d }} rect {{ fill: #0d1117 }}
{dark}
}}
</style>
<rect width="100%" height="100%"/>
{body}
</svg>
"""


def _line(left: float, top: float, right: float, bottom: float) -> str:
    return f'<line x1="{left:.1f}" y1="{top:.1f}" x2="{right:.1f}" y2="{bottom:.1f}"/>'


def _text(left: float, top: float, anchor: str, said: str, number: int | None = None) -> str:
    kind = "" if number is None else f' class="work{number}"'
    return f'<text{kind} x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}">{said}</text>'


def _style(colors: Sequence[str]) -> str:
    return "\n".join(
        f"polyline.work{number} {{ stroke: {color} }} text.work{number} {{ fill: {color} }}"
        for number, color in enumerate(colors)
    )


if __name__ == "__main__":
    sys.exit(main())
