"""Nix with a store, a state and a config of its own, in a temporary directory: no daemon, no network, no sandbox."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PATIENCE = 120
BASH = "/bin/bash-static"  # for roots that have a shell: it needs nothing else


def require(bash=False):
    """Ends the test as skipped where there is no Nix, or, where the test says that it needs it, no BASH."""
    if shutil.which("nix-instantiate") is None:
        print("1..0 # SKIP Nix is not installed (Debian: nix-bin)")
        sys.exit(0)
    if bash and not os.path.exists(BASH):
        print(f"1..0 # SKIP there is no {BASH} (Debian: bash-static)")
        sys.exit(0)


def make():
    """A Nix in a directory that is removed when the script ends."""
    top = tempfile.mkdtemp(prefix="cofferdam-nix-", dir="/tmp")
    atexit.register(remove, top)
    return Nix(top)


def remove(top):
    subprocess.run(["chmod", "-R", "u+w", top], check=False)  # a store is read-only
    shutil.rmtree(top, ignore_errors=True)


class Nix:
    def __init__(self, top):
        self.top = top = Path(top).resolve()
        self.store = top / "nix/store"
        self.home = top / "home"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "NIX_STORE_DIR": str(self.store),
            "NIX_LOCALSTATE_DIR": str(top / "nix/var"),
            "NIX_STATE_DIR": str(top / "nix/var/nix"),
            "NIX_LOG_DIR": str(top / "nix/log"),
            "NIX_CONF_DIR": str(top / "nix/etc"),
            "NIX_REMOTE": "",
            "NIX_PATH": "",
        }
        for path in (self.store, self.home, top / "nix/etc"):
            path.mkdir(parents=True, exist_ok=True)
        (top / "nix/etc/nix.conf").write_text(
            "sandbox = false\nbuild-users-group =\nsubstitute = false\nsubstituters =\nfilter-syscalls = false\n"
            "experimental-features = nix-command flakes\n")

    def run(self, *words, code=0, more=None, patience=PATIENCE):
        """What it wrote to stdout; fails with what it said where it does not end as expected."""
        done = subprocess.run(words, env={**self.environment, **(more or {})}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=patience)
        if done.returncode != code:
            raise RuntimeError(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def evaluate(self, expression, code=0, **arguments):
        """The value, as JSON text; where it shall fail (code 1), what it says."""
        words = [word for name, value in arguments.items() for word in ("--argstr", name, str(value))]
        return self.run("nix-instantiate", "--eval", "--strict", "--json", *words, "--expr", expression, code=code)

    def build(self, expression, *options):
        """The output's path."""
        drv = self.run("nix-instantiate", "--expr", expression, "--add-root", str(self.home / "drv")).strip()
        return self.run("nix-store", "--realise", drv, *options).strip()

    def build_root(self, attribute, version="1"):
        """One of the roots of closure.nix, for tests that are told of our programs by their environment."""
        source, show = os.environ["TEST_SOURCE"], os.environ["TEST_STATIC"]
        return self.build(f"(import {source}/tests/nix/closure.nix {{ source = {source}; bash = {BASH}; show = {show};"
                          f' version = "{version}"; }}).{attribute}')
