"""A real supervisor in a fresh runtime directory, with double.c as its compositor; and a TAP runner for the tests.

Nothing here waits for a time: every wait is for an event, and gives up with an error when it does not come.
"""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

COFFERDAM = os.environ["TEST_COFFERDAM_WITH_DOUBLE"]
ASK = os.environ["TEST_ASK"]
BACKEND = os.environ.get("TEST_BACKEND", "")
FACTOR = float(os.environ.get("TEST_TIMEOUT_FACTOR", "1"))
PATIENCE = 20 * FACTOR
SANITIZERS = ("AddressSanitizer", "LeakSanitizer", "UndefinedBehaviorSanitizer", ": runtime error:")

STATES = {name: str(number) for number, name in enumerate(
    ["stopped", "preparing", "starting", "running", "stopping", "failed"])}


def with_backend(config):
    """A config in which every instance has the backend that is under test, where it is not the default."""
    return re.sub(r"(?m)^(instance [^\n{]*\{)$", rf"\1\nbackend {BACKEND}", config) if BACKEND else config


class Skip(Exception):
    """This machine lacks what the test needs; said as such, and not counted as passed."""


class Late(AssertionError):
    """What a test waited for did not come."""


def wait_until(condition, what, patience=PATIENCE, pause=0.02):
    """Polls a condition that has no event of its own, such as the end of a process that is not our child."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise Late(what)
        time.sleep(pause)


def is_alive(pid):
    return state_of(pid) not in ("", "Z", "X")


def command_of(pid):
    """The name of the process's program, "" where it has ended."""
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def state_of(pid):
    """The letter of the process's state: proc_pid_stat(5); "" where it has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descendants(root):
    """All processes that descend from root, without it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parents[int(entry)] = int(file.read().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                pass
    found, queue = [], [root]
    while queue:
        parent = queue.pop()
        children = [pid for pid, its_parent in parents.items() if its_parent == parent]
        found += children
        queue += children
    return found


class Compositor:
    """One life of the double: what it was told, and what it is to do."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        self.lines = []
        self.seen = 0  # lines that expect() has passed
        self.pid = int(self.expect("born").split()[1])

    def read_line(self, deadline):
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.connection], [], [], left)[0]:
                return None
            data = self.connection.recv(65536)
            if not data:
                return None
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def expect(self, start, patience=PATIENCE):
        """The next line that begins so; those before it are passed over."""
        deadline = time.monotonic() + patience
        while True:
            while self.seen < len(self.lines):
                line = self.lines[self.seen]
                self.seen += 1
                if line.startswith(start):
                    return line
            line = self.read_line(deadline)
            if line is None:
                raise Late(f"the compositor was not told {start!r}; it was told {self.lines}")
            self.lines.append(line)

    def expect_since(self, mark, start):
        """A line that begins so among those after the first `mark`, passed over or still to come."""
        return next((line for line in self.lines[mark:self.seen] if line.startswith(start)), None) or self.expect(start)

    def expect_state(self, name, state):
        return self.expect(f"state {name} {STATES[state]} ")

    def tell(self, line):
        self.connection.sendall(line.encode() + b"\n")


class Answer:
    def __init__(self, process):
        self.code = process.returncode
        self.lines = process.stdout.splitlines()
        self.text = process.stdout.strip()

    def check(self):
        assert self.code == 0, f"exit code {self.code}: {self.text}"
        return self


class Supervisor:
    def __init__(self, config, options=(), environment=None):
        self.directory = tempfile.mkdtemp(prefix="cofferdam-test-", dir="/tmp")
        self.home = os.path.join(self.directory, "home")
        self.runtime = os.path.join(self.directory, "run")
        self.state = os.path.join(self.directory, "state")
        self.config = os.path.join(self.directory, "config")
        os.mkdir(self.home, 0o700)
        os.mkdir(self.runtime, 0o700)
        self.write_config(config)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.directory, "double"))
        self.listener.listen()
        self.environment = dict(os.environ, HOME=self.home, XDG_RUNTIME_DIR=self.runtime, XDG_STATE_HOME=self.state,
            DOUBLE_SOCKET=os.path.join(self.directory, "double"), **(environment or {}))
        self.options = list(options)
        self.preexec = None  # called in the supervisor's process before it is executed
        self.log_path = os.path.join(self.directory, "supervisor.log")
        self.process = None
        self.compositor = None

    def write_config(self, text):
        with open(self.config, "w") as file:
            file.write(with_backend(text))

    def start(self):
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen([COFFERDAM, "-v", "-v", "-c", self.config, *self.options],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                preexec_fn=self.preexec)
        self.next_compositor()

    def next_compositor(self, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not select.select([self.listener], [], [], 0.1)[0]:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise Late("no compositor was started")
        self.compositor = Compositor(self.listener.accept()[0])
        return self.compositor

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def path(self, *names):
        return os.path.join(self.runtime, "cofferdam", *names)

    def instance_log(self, name):
        with open(self.path("instances", name, "log")) as file:
            return file.read()

    def ask(self, *words, patience=30 * FACTOR):
        process = subprocess.run([ASK, self.path("control"), *words], capture_output=True, text=True, timeout=patience)
        return Answer(process)

    def ps(self):
        """The instances as dictionaries by name."""
        found = {}
        for line in self.ask("ps").check().lines:
            words = line.split(" ")
            entry = {"state": words[2], "reason": " ".join(words[11:])}
            entry.update(word.split("=", 1) for word in words[3:11])
            found[words[1]] = entry
        return found

    def run(self, name, *words):
        return self.ask("run", name, *words)

    def output_of(self, name, command, patience=PATIENCE):
        """Runs a shell command in the instance and returns what it printed, by way of the instance's log."""
        mark = f"mark-{time.monotonic_ns()}"
        self.run(name, "sh", "-c", f"echo begin-$0; {{ {command}\n}} 2>&1; echo end-$0", mark).check()
        wait_until(lambda: f"end-{mark}\n" in self.instance_log(name), f"{command!r} did not end", patience)
        output = self.instance_log(name).split(f"begin-{mark}\n")[1].split(f"end-{mark}\n")[0]
        # The supervisor's own notes stand among the programs' lines.
        return "".join(line for line in output.splitlines(keepends=True) if not line.startswith("-- "))

    def wait_end(self, patience=PATIENCE):
        return self.process.wait(patience)

    def finish(self):
        """Ends everything. Returns what is wrong with the end: what is left, and what a sanitizer has found."""
        leftovers = []
        if self.process is not None:
            family = descendants(self.process.pid)
            if self.process.poll() is None:
                self.process.terminate()
                try:
                    if self.process.wait(10 * FACTOR) != 0:
                        leftovers.append(f"the supervisor ended with {self.process.returncode}")
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
                    leftovers.append(f"the supervisor did not end within {10 * FACTOR:.0f} s")
            for pid in family:
                try:
                    wait_until(lambda: not is_alive(pid), "", 3 * FACTOR)
                except Late:
                    leftovers.append(f"process {pid}")
                    os.kill(pid, signal.SIGKILL)
        self.listener.close()
        with open("/proc/self/mountinfo") as file:
            leftovers += [line for line in file if self.directory in line]
        if self.process is not None:
            leftovers += [line for line in self.log().splitlines() if any(word in line for word in SANITIZERS)]
        return leftovers

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def run_tests(tests):
    """Runs (name, function) pairs, each with a function to make supervisors; prints TAP."""
    only = sys.argv[1:]
    tests = [test for test in tests if not only or test.__name__ in only]
    print(f"1..{len(tests)}")
    failed = 0
    for number, test in enumerate(tests, 1):
        made = []

        def make(*arguments, **options):
            start = options.pop("start", True)
            supervisor = Supervisor(*arguments, **options)
            made.append(supervisor)
            if start:
                supervisor.start()
            return supervisor

        error = skipped = None
        try:
            test(make)
        except Skip as reason:
            skipped = reason
        except Exception:  # every kind of failure is a failure of the test
            error = traceback.format_exc()
        for supervisor in made:
            leftovers = supervisor.finish()
            if leftovers and error is None:
                error = f"at the end: {leftovers}\n"
        if error is not None:
            failed += 1
            for supervisor in made:
                error += f"--- log of the supervisor in {supervisor.directory}\n{supervisor.log()}"
                for name in os.listdir(supervisor.path("instances")) if os.path.isdir(supervisor.path("instances")) else []:
                    error += f"--- log of {name}\n{supervisor.instance_log(name)}"
        for supervisor in made:
            supervisor.remove()
        label = test.__name__.removeprefix("test_").replace("_", " ")
        print(f"{'not ok' if error else 'ok'} {number} - {label}{f' # SKIP {skipped}' if skipped else ''}", flush=True)
        if error:
            print("".join(f"# {line}\n" for line in error.splitlines()), end="", flush=True)
    sys.exit(1 if failed else 0)
