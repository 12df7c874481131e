"""Runs of crstandards, each a process of its own: a fork of one that has loaded all of the program.

To load Python and the program would take ten times as long as most runs.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from threading import get_ident

# A child leaves the loop, takes the streams that it was sent, and is from there on what `-m crstandards` is.
_SERVER = """
import gc, json, os, pkgutil, runpy, socket, sys
import crstandards
for module in pkgutil.walk_packages(crstandards.__path__, "crstandards."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
gc.freeze()
asking = socket.socket(fileno=int(sys.argv[1]))
while True:
    told, streams, _, _ = socket.recv_fds(asking, 65536, 3)
    while told and not told.endswith(b"\\n"):
        told += asking.recv(65536)
    if not told:
        os._exit(0)
    pid = os.fork()
    if not pid:
        break
    for stream in streams:
        os.close(stream)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    asking.sendall(f"{status}\\n".encode())
asking.close()
for number, stream in enumerate(streams):
    os.dup2(stream, number)
    os.close(stream)
folder, environment, arguments = (
    [os.fsdecode(word.encode("latin-1")) for word in words] for words in json.loads(told)
)
os.chdir(*folder)
os.environ.clear()
os.environ.update(zip(environment[::2], environment[1::2]))
sys.argv = ["crstandards", *arguments]
runpy.run_module("crstandards", run_name="__main__", alter_sys=True)
"""


def run_forked(
    arguments: Sequence[str],
    folder: str,
    environment: Mapping[str, str],
    stdin: bytes = b"",
    timeout: float = 120,
) -> tuple[int, bytes, bytes]:
    """Run crstandards as `python -m crstandards` would; returns its status and what it says."""
    # What Python itself looks at when it starts.
    of_python = tuple(item for item in sorted(environment.items()) if item[0].startswith(_OF_PYTHON))
    asking = _started(of_python, get_ident())
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        words = [folder], chain.from_iterable(environment.items()), arguments
        # Whatever encoding the other one takes its bytes for.
        told = json.dumps([[os.fsencode(word).decode("latin-1") for word in part] for part in words])
        socket.send_fds(asking, [f"{told}\n".encode()], [given.fileno(), out_end, err_end])
    os.close(out_end), os.close(err_end)
    said = _all_of(out, err, timeout)
    return int(asking.recv(64)), *said


_OF_PYTHON = ("PYTHON", "LC_", "LANG", "COVERAGE")


def _all_of(out: int, err: int, timeout: float) -> tuple[bytes, bytes]:
    """What comes out of pipes until all who could write into them are gone."""
    said = {out: b"", err: b""}
    with selectors.DefaultSelector() as waiting:
        for pipe in said:
            waiting.register(pipe, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(timeout)
            assert ready, f"nothing was said for {timeout} seconds: {said}"
            for key, _ in ready:
                piece = os.read(key.fd, 65536)
                said[key.fd] += piece
                if not piece:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
    return said[out], said[err]


@cache
def _started(environment: tuple[tuple[str, str], ...], thread: int) -> socket.socket:
    """The process that forks for a thread, with what Python looks at when it starts."""
    ours, theirs = socket.socketpair()
    others = {name: value for name, value in os.environ.items() if not name.startswith(_OF_PYTHON)}
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _SERVER, str(theirs.fileno())],
        env=others | dict(environment),
        pass_fds=[theirs.fileno()],
        # Pipes, as its children have: what Python makes of its streams depends on what they are.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.communicate()

    atexit.register(end)
    return ours
