"""Git servers for tests: a bare repository with our hook, reached by a path, git's own protocol or ssh."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.builders import Ran, References, Repo, write_solution

REFUSED = "pre-receive hook declined"


class Server:
    """A bare repository with our pre-receive hook, and clones that push to it."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *options: str) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._options = options
        self.bare = Repo.create(folder / "server.git", environment, "--bare", *options)
        self.url = str(self.bare.root)
        installed = self.bare.crstandards("hook", "install", "--pre-receive", str(self.bare.root))
        assert installed.status == 0, installed.text

    def clone(self, name: str = "work") -> Repo:
        """A repository whose `origin` is the server, with all that this has."""
        made = Repo.create(self.folder / name, self.environment, *self._options)
        made.git("remote", "add", "origin", self.url)
        made.git("fetch", "--quiet", "origin")
        if "refs/heads/main" in self.refs():
            made.git("reset", "--quiet", "--hard", "origin/main")
        return made

    def begun(self, policy: str = "", references: References = ("con_outlook",)) -> Repo:
        """A clone with a first commit, of a policy and one good solution, that nobody has pushed yet."""
        made = self.clone()
        if policy:
            made.write("crstandards.toml", policy)
        write_solution(made.root / "src/HR", "ContosoHR", references)
        made.commit("Begin")
        return made

    def refs(self) -> dict[str, str]:
        """What the server holds."""
        listed = self.bare.git("for-each-ref", "--format=%(refname) %(objectname)")
        return dict(line.split(" ") for line in listed.split("\n") if line)

    def objects(self) -> set[str]:
        """The ids of all objects that the server holds, whether anything needs them or not."""
        return set(self.bare.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split())

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """Take the hook away for a while, as it was before somebody installed it."""
        hook, aside = self.bare.root / "hooks/pre-receive", self.folder / "pre-receive.aside"
        hook.rename(aside)
        yield
        aside.rename(hook)

    def configure(self, text: str) -> None:
        """Give the server a policy of its own."""
        path = self.folder / "policy.toml"
        path.write_text(text, encoding="utf-8")
        self.bare.git("config", "crstandards.config", str(path))


def push(clone: Repo, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Push past all local hooks."""
    return clone.try_git("push", "--no-verify", "origin", *arguments, env=env)


@contextmanager
def git_daemon(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Serve the repositories in a folder over git's own protocol on this machine; gives the address."""
    port = _free_port()
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr", "--export-all"]
    command += ["--enable=receive-pack", f"--base-path={folder}", str(folder)]
    process = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process, "git daemon")
        yield f"git://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def sshd(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve over ssh on this machine; gives the address, and the environment that git needs for it."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or not shutil.which("ssh-keygen"):
        pytest.skip("needs openssh-server")
    folder.mkdir()
    for name in ("host", "user"):
        made = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
        subprocess.run(made, check=True)
    (folder / "authorized").write_bytes((folder / "user.pub").read_bytes())
    port = _free_port()
    settings = f"""
        Port {port}
        ListenAddress 127.0.0.1
        HostKey {folder}/host
        AuthorizedKeysFile {folder}/authorized
        PidFile none
        UsePAM no
        StrictModes no
        PasswordAuthentication no
        SetEnv {" ".join(f'{name}="{environment[name]}"' for name in ("PATH", "HOME", "GIT_CONFIG_GLOBAL"))}
    """
    (folder / "config").write_text(settings, encoding="utf-8")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = subprocess.Popen(
        [program, "-D", "-e", "-f", str(folder / "config")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process, "sshd")
        options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -F none"
        client = {"GIT_SSH_COMMAND": f"ssh -i {folder}/user -o IdentitiesOnly=yes {options}"}
        yield f"ssh://{getpass.getuser()}@127.0.0.1:{port}", client
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], name: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.skip(f"{name} does not start here")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"{name} does not answer")
