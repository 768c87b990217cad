"""One run of cofferdam: what it shows, hands on it (wtype, wlrctl), eyes (grim), programs inside, and its end."""

import base64
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from checks import (
    BAND_HEIGHT, BORDER, FACTOR, PATIENCE, PAUSE, STOP_PATIENCE, Failure, check, check_equal, check_not_in, program,
    wait_for,
)
from picture import Picture
from processes import die_with_us, name_of, processes


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
                cwd=case.home, start_new_session=True, preexec_fn=die_with_us,
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
                # Not /proc/PID/exe: it is not dumpable, and under memcheck that is another program.
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
        for word in ("AddressSanitizer", "LeakSanitizer", "UndefinedBehaviorSanitizer", ": runtime error:"):
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


def last_said(session, name, word):
    """What comes after a word at the beginning of a line in an instance's log; the last of them, or None."""
    found = [line.partition(" ")[2] for line in session.instance_log(name).splitlines() if line.startswith(word + " ")]
    return found[-1] if found else None
