"""The frame of an end-to-end test: a directory of its own for each case, sessions in it, and an end that leaves
nothing behind.

A test file is a list of plain functions that take a Case; main() runs them in order and prints TAP. Nothing waits
for time to pass: wait_for() asks until a condition holds, and fails at a deadline.
"""

import collections
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from checks import FACTOR, Failure, check, program, variable, wait_for, with_backend
from processes import adopt_orphans, descendants, die_with_us, name_of, processes
from session import Session

# Where somebody's own session could help or harm.
FOREIGN = (
    "WAYLAND_DISPLAY WAYLAND_SOCKET WAYLAND_DEBUG DISPLAY DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET XDG_SESSION_ID "
    "XDG_CURRENT_DESKTOP XDG_DATA_HOME XDG_CACHE_HOME XCURSOR_THEME XCURSOR_SIZE XKB_DEFAULT_LAYOUT LANGUAGE TZ"
).split()

Result = collections.namedtuple("Result", "code out err")


class Case:
    def __init__(self, name):
        self.name = name
        # Short: a socket's path has at most 107 bytes. $TMPDIR may be anything.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cd-", dir="/tmp")).resolve()
        self.runtime, self.home, self.state, self.config = (
            self._make(part) for part in ("r", "home", "state", "config"))
        self.sessions, self.helpers, self.open_files = [], [], []
        self.mounts = self._mounts()
        environment = {key: value for key, value in os.environ.items()
                       if key not in FOREIGN and not key.startswith(("LC_", "WLR_"))}
        self.environment = environment | {
            "XDG_RUNTIME_DIR": str(self.runtime), "HOME": str(self.home), "XDG_STATE_HOME": str(self.state),
            "XDG_CONFIG_HOME": str(self.config), "LANG": "C.UTF-8",
            "WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1",
        }

    def _make(self, name):
        path = self.directory / name
        path.mkdir(mode=0o700)
        return path

    def _mounts(self):
        lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        return {line.split(" ", 1)[1] for line in lines if str(self.directory) in line}

    def write_config(self, text):
        path = self.directory / "config.scfg"
        path.write_text(with_backend(text))
        return path

    def session(self, config, *arguments, environment=None, ready=True, installed=None):
        """Starts cofferdam with this config; it is stopped, and checked, at the end of the case."""
        session = Session(self, config, arguments, environment or {}, installed or program("cofferdam"))
        self.sessions.append(session)
        if ready:
            wait_for("READY=1 from cofferdam", session.is_ready)
        return session

    def install(self):
        """The programs as they are after an installation, anywhere. Returns the path of cofferdam."""
        prefix = self.directory / "prefix"
        for name, place in (("cofferdam", "bin/cofferdam"), ("coffer", "bin/coffer"),
                            ("cofferdam-compositor", "libexec/cofferdam-compositor"),
                            ("coffer-init", "libexec/coffer-init"),
                            ("default-config", "share/cofferdam/default.scfg")):
            (prefix / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.environ[variable(name)], prefix / place)
        return str(prefix / "bin/cofferdam")

    def run(self, *argv, environment=None, timeout=60 * FACTOR, raw=False):
        """Runs a program to its end."""
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                                  env=environment or self.environment, cwd=self.home, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(argv)} has not ended within {timeout:.0f} s") from None
        if raw:
            return Result(done.returncode, done.stdout, done.stderr)
        return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def helper(self, *argv, environment=None):
        """Starts a program that goes on, until the end of the case at most."""
        log = open(self.directory / f"helper.{len(self.helpers) + 1}", "wb")  # closed at the end of the case
        self.open_files.append(log)
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home,
                                   env=environment or self.environment, preexec_fn=die_with_us)
        self.helpers.append(process)
        return process

    def left(self):
        """Our descendants but helpers and sessions that are still meant to run. Orphans become our children."""
        ours = {one.pid for one in self.helpers if one.poll() is None}
        ours |= {one.pid for one in self.sessions if one.process.poll() is None}
        meant = set(ours)
        for pid in ours:
            meant |= set(descendants(pid))
        for pid, (parent, state) in processes().items():
            if parent == os.getpid() and state == "Z" and pid not in ours:
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    pass
        return [pid for pid in descendants(os.getpid()) if pid not in meant]

    def check_nothing_left(self):
        """No process, no mount, and of files in the runtime directory no more than the lock."""
        left = self.left()
        check(not left, f"processes were left behind: {[(pid, name_of(pid)) for pid in left]}")
        check(self._mounts() <= self.mounts, f"mounts were left behind: {self._mounts() - self.mounts}")
        files = {str(path.relative_to(self.runtime)) for path in self.runtime.rglob("*")}
        check(files <= {"cofferdam", "cofferdam/lock"}, f"files were left behind: {sorted(files)}")

    def keep(self):
        """Saves what helps to understand a failure, and returns where."""
        base = os.environ.get("TEST_PICTURES") or tempfile.gettempdir()
        directory = pathlib.Path(base) / f"{pathlib.Path(sys.argv[0]).stem}.{self.name}"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for session in self.sessions:
            session.save(directory)
        for path in [*self.directory.glob("helper.*"), *self.directory.glob("*.scfg"), *self.directory.glob("*.png")]:
            shutil.copy(path, directory)
        return directory

    def finish(self):
        for session in reversed(self.sessions):
            session.stop()

    def destroy(self):
        for session in self.sessions:
            session.destroy()
        for process in self.helpers:
            if process.poll() is None:
                process.kill()
            process.wait()
        for pid in self.left():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for file in self.open_files:
            file.close()
        shutil.rmtree(self.directory, ignore_errors=True)


# ---- running ----


def _run_case(number, function):
    name = function.__name__
    title = f"{number} - {name.replace('_', ' ')}"
    began = time.monotonic()
    case = Case(name)
    try:
        function(case)
        case.finish()
        print(f"ok {title}\n# {time.monotonic() - began:.1f} s", flush=True)
        return True
    except Exception as error:  # pylint: disable=broad-except
        print(f"not ok {title}", flush=True)
        if isinstance(error, Failure):
            # Of the way there, what the test itself says is enough.
            places = [(pathlib.Path(one.filename), one) for one in traceback.extract_tb(error.__traceback__)]
            lines = [str(error)] + [f"  at {path.name}:{one.lineno}: {one.line}" for path, one in places
                                    if path.stem not in ("harness", "session", "checks")]
        else:
            lines = traceback.format_exc().splitlines()
        for session in case.sessions:
            lines += ["the end of the session's log:"] + session.log().splitlines()[-40:]
        lines.append(f"kept in {case.keep()}")
        for line in lines:
            print(f"# {line}", flush=True)
        return False
    finally:
        case.destroy()


def main(*functions):
    """Runs the cases, or those whose names are the arguments. Exits 0 where all hold."""
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("terminated"))
    wanted = [one for one in functions if not sys.argv[1:] or one.__name__ in sys.argv[1:]]
    print(f"1..{len(wanted)}", flush=True)
    # A list: all of them are run, whatever comes of the first.
    results = [_run_case(number, function) for number, function in enumerate(wanted, 1)]
    sys.exit(0 if all(results) and results else 1)
