"""coffer in a home of its own, without a session. For scripts whose first argument is coffer; they end by `sys.exit(verdict())`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

coffer = os.path.abspath(sys.argv[1])
# Where what is synced is not waited for.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print(what, file=sys.stderr)


def verdict():
    return 1 if failures else 0


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class Home:
    def __init__(self, path):
        self.path = Path(path).resolve()
        self.store = self.path / ".local/state/cofferdam"
        self.config = self.path / ".config/cofferdam/config"

    def start(self, *words, before=(), environment=None):
        """Runs it to its end; before: the words of a program that runs it."""
        return subprocess.run([*before, coffer, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, cwd=self.path,
                              env={"HOME": str(self.path), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], **(environment or {})})

    def run(self, *words, code=0, err=None, environment=None):
        """Its output. err: a part of what it says, "" where it is to say nothing, or None."""
        done = self.start(*words, environment=environment)
        said = done.stderr.decode()
        check(done.returncode == code, f"coffer {words}: exit code {done.returncode}, not {code}: {said}")
        check(err is None or (err in said and (err != "" or said == "")), f"coffer {words} says {said!r}, not {err!r}")
        return done.stdout.decode()

    def killed_at(self, call, number, *words):
        """Kills it at its Nth such call. Returns whether it came to that."""
        done = self.start(*words, before=["strace", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={number}"],
                          environment={"ASAN_OPTIONS": "detect_leaks=0"})  # which cannot be done under strace
        return done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
