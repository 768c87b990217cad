"""What the end-to-end tests share: a real cofferdam in a directory of its own, real programs in its sandboxes, hands
on it (wtype, wlrctl) and eyes (grim), and an end that leaves nothing behind.

A test file is a list of plain functions that take a Case; main() runs them in order and prints TAP. Nothing waits
for time to pass: wait_for() asks until a condition holds, and fails at a deadline.
"""

import base64
import collections
import ctypes
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

from picture import Picture

FACTOR = float(os.environ.get("TEST_TIMEOUT_FACTOR", "1"))
PATIENCE = 20 * FACTOR  # seconds for whatever has to happen
STOP_PATIENCE = 10 * FACTOR  # 5 are promised
PAUSE = 0.05

STRIP_HEIGHT = 28
BAND_HEIGHT = 24
BORDER = 3
POPUP_BORDER = 2

# Where somebody's own session could help or harm.
FOREIGN = (
    "WAYLAND_DISPLAY WAYLAND_SOCKET WAYLAND_DEBUG DISPLAY DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET XDG_SESSION_ID "
    "XDG_CURRENT_DESKTOP XDG_DATA_HOME XDG_CACHE_HOME XCURSOR_THEME XCURSOR_SIZE XKB_DEFAULT_LAYOUT LANGUAGE TZ"
).split()

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
libc = ctypes.CDLL(None, use_errno=True)

Result = collections.namedtuple("Result", "code out err")


class Failure(Exception):
    """Something does not hold: the message says what."""


class Skip(Exception):
    """This machine lacks what the case is about: the message says what."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_equal(value, expected, what):
    check(value == expected, f"{what}: expected {expected!r}, got {value!r}")


def check_in(part, whole, what):
    check(part in whole, f"{what}: expected {part!r} in {whole!r}")


def check_not_in(part, whole, what):
    check(part not in whole, f"{what}: did not expect {part!r} in {whole!r}")


def wait_for(what, condition, patience=PATIENCE):
    """Returns the first true value of condition(); fails, saying what was waited for, where none comes in time."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < deadline, f"not seen within {patience:.0f} s: {what}")
        time.sleep(PAUSE)


# ---- processes ----


def processes():
    """Every process there is: pid → (parent, state)."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name, in parentheses, may hold anything.
                fields = pathlib.Path(f"/proc/{entry}/stat").read_bytes().rpartition(b")")[2].split()
                found[int(entry)] = (int(fields[1]), fields[0].decode())
            except (OSError, IndexError):
                continue
    return found


def descendants(ancestor):
    """Those that descend from a process and are not zombies."""
    every = processes()
    found, queue = [], [ancestor]
    while queue:
        parent = queue.pop()
        children = [pid for pid, (its_parent, _) in every.items() if its_parent == parent]
        queue += children
        found += [pid for pid in children if every[pid][1] not in "ZX"]
    return found


def is_alive(pid):
    return processes().get(pid, (0, "X"))[1] not in "ZX"


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "(gone)"


def _die_with_us():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


# ---- the session ----


class Session:
    """One run of cofferdam, in the directories of its case."""

    def __init__(self, case, config, arguments, environment, cofferdam):
        self.case = case
        number = len(case.sessions) + 1
        self.environment = {**case.environment, **environment}
        self.log_path = case.directory / f"log.{number}"
        self.config_path = case.write_config(config) if config is not None else None
        self.socket = case.runtime / "cofferdam/shell/wayland-0"
        self.expected_code = 0
        self.marks = itertools.count(1)
        self.notify = self._listen_for_ready()
        argv = [cofferdam, "-v"]
        if self.config_path:
            argv += ["-c", str(self.config_path)]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                argv + list(arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                cwd=case.home, start_new_session=True, preexec_fn=_die_with_us,
            )

    def _listen_for_ready(self):
        path = self.case.directory / "notify"
        path.unlink(missing_ok=True)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        notify.bind(str(path))
        self.environment["NOTIFY_SOCKET"] = str(path)
        return notify

    def is_ready(self):
        """True once, after it has said so: sd_notify(3)."""
        check(self.process.poll() is None, f"cofferdam ended before it was ready, with {self.process.poll()}")
        try:
            return b"READY=1" in self.notify.recv(4096).split(b"\n")
        except BlockingIOError:
            return False

    # -- looking --

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, text, patience=PATIENCE):
        wait_for(f"{text!r} in the session's log", lambda: text in self.log(), patience)

    @property
    def pid(self):
        return self.process.pid

    def compositor(self):
        """The pid of the compositor that runs now, or 0."""
        for pid, (parent, state) in processes().items():
            if parent == self.pid and state not in "ZX":
                try:
                    if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "cofferdam-compositor":
                        return pid
                except OSError:  # not dumpable, and we are not root
                    if name_of(pid) == "cofferdam-compositor"[:15]:
                        return pid
        return 0

    def coffer(self, *words, timeout=60 * FACTOR):
        return self.case.run(program("coffer"), *words, environment=self.environment, timeout=timeout)

    def ok(self, *words):
        """coffer, which has to succeed. Returns what it prints."""
        result = self.coffer(*words)
        check(result.code == 0, f"coffer {' '.join(words)} ended with {result.code}: {result.err.strip()}")
        return result.out

    def ps(self, name=None):
        instances = {one["name"]: one for one in json.loads(self.ok("ps", "--json"))}
        return instances[name] if name else instances

    def state(self, name):
        return self.ps(name)["state"]

    def windows(self, name=None):
        found = json.loads(self.ok("windows", "--json"))
        return [window for window in found if name in (None, window["instance"])]

    def wait_window(self, name, title=None):
        """The first window of an instance, of this title where one is given, once it is placed and visible."""
        def find():
            for window in self.windows(name):
                if title in (None, window["title"]) and window["visible"] and window["content"]["width"] > 1:
                    return window
            return None
        return wait_for(f"a window of {name}{f' called {title!r}' if title else ''}", find)

    def wait_still(self):
        """Until the windows stay where they are: programs have answered their last configure."""
        def still():
            before = self.windows()
            time.sleep(4 * PAUSE)
            return before == self.windows()
        wait_for("windows that have come to rest", still)

    def focused(self):
        for window in self.windows():
            if window["focused"]:
                return window["instance"]
        return None

    def clipboard(self):
        return json.loads(self.ok("clipboard", "status", "--json"))

    def instance_log(self, name):
        result = self.coffer("logs", name)
        return result.out if result.code == 0 else ""

    def wait_instance_log(self, name, text):
        wait_for(f"{text!r} in the log of {name}", lambda: text in self.instance_log(name))

    def picture(self):
        return Picture.of_ppm(self.tool("grim", "-t", "ppm", "-", raw=True).out)

    # -- acting --

    def tool(self, *argv, raw=False):
        """A program of the trusted shell, which has to succeed."""
        environment = {**self.environment, "WAYLAND_DISPLAY": str(self.socket)}
        result = self.case.run(*argv, environment=environment, raw=raw, timeout=PATIENCE)
        check(result.code == 0, f"{' '.join(argv)} ended with {result.code}: {result.err!r}")
        return result

    def type(self, text):
        self.tool("wtype", "--", text)

    def press(self, chord):
        """A chord such as logo+c, ctrl+shift+v, Return."""
        *modifiers, key = chord.split("+")
        words = []
        for modifier in modifiers:
            words += ["-M", modifier]
        words += ["-k", key]
        for modifier in reversed(modifiers):
            words += ["-m", modifier]
        self.tool("wtype", *words)

    def point(self, x, y):
        # wlrctl only knows how far to go: the upper left corner is where everything begins.
        self.tool("wlrctl", "pointer", "move", "-30000", "-30000")
        self.tool("wlrctl", "pointer", "move", str(x), str(y))

    def click(self, x, y, times=1, button="left"):
        self.point(x, y)
        for _ in range(times):
            self.tool("wlrctl", "pointer", "click", button)

    def focus(self, name, title=None):
        """By a click on the right end of the window's band, where no client draws."""
        window = self.wait_window(name, title)
        self.click(window["x"] + window["width"] - 2 * BORDER - 2, window["y"] + BORDER + BAND_HEIGHT // 2)
        def is_focused():
            return any(one["id"] == window["id"] and one["focused"] for one in self.windows(name))
        wait_for(f"the focus on {name} after a click on its band", is_focused)
        return window

    def start(self, name, *command, title=None):
        """Starts a program with a window in an instance, and returns the window."""
        before = {window["id"] for window in self.windows(name)}
        self.ok("run", name, *command)
        def find():
            for window in self.windows(name):
                if window["id"] not in before and title in (None, window["title"]) and window["visible"]:
                    return window
            return None
        return wait_for(f"a window of {command[0]} in {name}", find)

    def inside(self, name, script, timeout=PATIENCE):
        """Runs a shell script in an instance. Returns its exit code and what it printed, read from the log."""
        mark = f"mark-{os.getpid()}-{next(self.marks)}-"
        # In short lines, since others write to the log too; a line below 4096 bytes stays whole in a pipe.
        wrapper = (
            'out=$(mktemp); (eval "$2") >"$out" 2>&1 </dev/null; code=$?; '
            'base64 -w 900 "$out" | sed -u "s/^/$1/"; echo "${1}ended $code"; rm -f "$out"'
        )
        self.ok("run", name, "sh", "-c", wrapper, "sh", mark, script)
        def ended():
            log = self.instance_log(name)
            return log if f"{mark}ended " in log else None
        log = wait_for(f"the end of {script!r} in {name}", ended, timeout)
        lines = [line[len(mark):] for line in log.splitlines() if line.startswith(mark)]
        code = int(lines[-1].removeprefix("ended "))
        return code, base64.b64decode("".join(lines[:-1])).decode(errors="replace")

    def inside_ok(self, name, script, timeout=PATIENCE):
        code, out = self.inside(name, script, timeout)
        check(code == 0, f"in {name}, {script!r} ended with {code}: {out.strip()}")
        return out

    def pasted(self, name, *options):
        """What programs of an instance see on its clipboard; None where nothing is there."""
        code, out = self.inside(name, f"timeout {10 * FACTOR:.0f} wl-paste --no-newline {' '.join(options)}")
        check(code in (0, 1), f"wl-paste in {name} ended with {code}: {out.strip()}")
        return out if code == 0 else None

    # -- ending --

    def wait_end(self, patience=STOP_PATIENCE):
        """Waits until cofferdam has ended, and returns how."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Failure(f"cofferdam has not ended within {patience:.0f} s") from None

    def stop(self):
        """Ends the session by SIGTERM where it has not ended, and checks that it ended well and left nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.wait_end()
        check_equal(code, self.expected_code, "the exit status of cofferdam")
        self.check_sanitizers()
        if all(session.process.poll() is not None for session in self.case.sessions):
            self.case.check_nothing_left()

    def check_sanitizers(self):
        for word in ("AddressSanitizer", "LeakSanitizer", "UndefinedBehaviorSanitizer", "runtime error:"):
            check_not_in(word, self.log(), "the session's log")

    def destroy(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.notify.close()

    def save(self, directory):
        """What helps to see why a case has failed."""
        if self.process.poll() is None:
            for name, words in (("ps", ["ps"]), ("windows", ["windows", "--json"])):
                try:
                    result = self.coffer(*words, timeout=10)
                    (directory / f"{self.log_path.name}.{name}").write_text(result.out + result.err)
                except (Failure, OSError):
                    pass
            try:
                self.tool("grim", str(directory / f"{self.log_path.name}.png"))
            except (Failure, OSError):
                pass
        shutil.copy(self.log_path, directory)
        for log in self.case.runtime.glob("cofferdam/instances/*/log*"):
            shutil.copy(log, directory / f"{log.parent.name}.{log.name}")


# ---- the case ----


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
        path.write_text(text)
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
                                   env=environment or self.environment, preexec_fn=_die_with_us)
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


def variable(name):
    """What the build calls a file's path by."""
    return f"TEST_{name.upper().replace('-', '_')}"


def program(name):
    """The program under test: that which the build names, else the one in PATH."""
    return os.environ.get(variable(name)) or name


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
    except Skip as reason:
        print(f"ok {title} # SKIP {reason}", flush=True)
        return True
    except Exception as error:  # pylint: disable=broad-except
        print(f"not ok {title}", flush=True)
        if isinstance(error, Failure):
            # Of the way there, what the test itself says is enough.
            places = [one for one in traceback.extract_tb(error.__traceback__) if one.filename != __file__]
            lines = [str(error)] + [f"  at {pathlib.Path(one.filename).name}:{one.lineno}: {one.line}" for one in places]
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
    # So that what a session leaves behind becomes ours, and is seen.
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("terminated"))
    wanted = [one for one in functions if not sys.argv[1:] or one.__name__ in sys.argv[1:]]
    print(f"1..{len(wanted)}", flush=True)
    # A list: all of them are run, whatever comes of the first.
    results = [_run_case(number, function) for number, function in enumerate(wanted, 1)]
    sys.exit(0 if all(results) and results else 1)
