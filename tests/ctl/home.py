"""coffer in a home of its own, without a session. For scripts whose first argument is coffer; they end by `sys.exit(verdict())`."""

import os
import re
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

    def check_order(self, *words):
        """What it has written is on the disk before it gets its name, and the name before coffer ends well. Returns how many
        names there were."""
        trace = self.path / "trace"
        data = ("write", "pwrite64", "ftruncate", "symlinkat", "linkat", "fsetxattr", "copy_file_range")
        names, syncs = ("rename", "renameat", "renameat2"), ("fsync", "fdatasync", "syncfs", "sync")
        done = self.start(*words, before=["strace", "-o", trace, "-e", "trace=" + ",".join(data + names + syncs)],
                          environment={"ASAN_OPTIONS": "detect_leaks=0"})
        check(done.returncode == 0, f"coffer {words} under strace: {done.stderr}")
        calls = [re.match(r"(\w+)\((\d*).* = 0|(\w+)\((\d*).* = \d+$", line) for line in trace.read_text().splitlines()
                 if '"erase-' not in line]  # names that are on their way out
        calls = [(found[1] or found[3], found[2] or found[4]) for found in calls if found]
        unsynced, unnamed, named = None, None, 0
        for number, (call, fd) in enumerate(calls):
            if call in syncs:
                unsynced = unnamed = None
            elif call in data and not (call == "write" and fd in ("1", "2")):
                unsynced = call
            elif call in names:
                check(unsynced is None, f"coffer {words}: call {number}, {call}, after {unsynced} that is not on the disk: {calls}")
                unnamed, named = call, named + 1
        check(unnamed is None, f"coffer {words} ends with a {unnamed} that is not on the disk: {calls}")
        return named
