"""coffer-init alone, spoken to as wire/init.h says: what it answers to a freeze, and what stands still then."""

import array
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from supervisor import PATIENCE, command_of, descendants, run_tests, state_of, wait_until

INIT = os.environ["TEST_INIT"]
HANGING = os.environ["TEST_HANGING"]

START, TERMINATE, FREEZE, THAW, HELLO, STARTED, FAILED, EXITED, FROZEN, THAWED = range(1, 11)
HEADER = struct.Struct("=IIiII")
WRITTEN_MIB = 128


class Init:
    """The first process of a pid namespace, with /proc of it, and a directory that is there outside too."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="cofferdam-test-", dir="/tmp")
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.line.settimeout(PATIENCE)
        self.output, self.their_output = os.pipe()
        # Of no rights, as in an instance.
        self.process = subprocess.Popen(["bwrap", "--unshare-user", "--unshare-pid", "--as-pid-1", "--cap-drop", "ALL", "--ro-bind", "/", "/",
            "--bind", self.directory, self.directory, "--proc", "/proc", "--dev", "/dev", INIT, str(theirs.fileno()), "65536"],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        assert self.hear() == (HELLO, 0, 1)

    def say(self, kind, words=(), fds=()):
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        body = b"".join(word.encode() + b"\0" for word in words)
        self.line.sendmsg([HEADER.pack(kind, 1, 0, len(words), 0) + body], ancillary)

    def hear(self):
        """The next that is not a program's end."""
        while True:
            message = HEADER.unpack(self.line.recv(4096))[:3]
            if message[0] != EXITED:
                return message

    def start(self, what, *words):
        """A program of hanging.c's; returns when it has begun."""
        self.say(START, [HANGING, what, *words], [self.their_output, self.their_output])
        assert self.hear()[0] == STARTED
        said = os.read(self.output, 4096)
        assert said == b"ready\n", said

    def start_until(self, what, *states):
        self.start(what)
        self.wait_for(*states)

    def wait_for(self, *states):
        wait_until(lambda: sorted(self.threads().values()) == list(states), f"threads in the states {states}")

    def freeze(self):
        """How many threads were not seen to stop."""
        self.say(FREEZE)
        kind, _, unstopped = self.hear()
        assert kind == FROZEN, kind
        return unstopped

    def thaw(self):
        self.say(THAW)
        assert self.hear() == (THAWED, 0, 0)

    def threads(self):
        """The states of all threads but coffer-init's, by their numbers."""
        found = {}
        for pid in descendants(self.process.pid):
            if command_of(pid) != "coffer-init":
                for thread in list_of(f"/proc/{pid}/task"):
                    found[int(thread)] = state_of(thread)
        return found

    def stands(self):
        return all(state in "TtZX" for state in self.threads().values())

    def end(self):
        self.line.close()  # it ends with its supervisor, and everything with it
        left = self.process.wait(PATIENCE) not in (0, 1)
        os.close(self.output)
        os.close(self.their_output)
        shutil.rmtree(self.directory)
        assert not left


def list_of(directory):
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


def with_init(test):
    def run(make):
        init = Init()
        try:
            test(init)
        finally:
            init.end()
    run.__name__ = test.__name__
    return run


@with_init
def test_what_sleeps_and_what_has_threads(init):
    assert init.freeze() == 0  # there is nothing else
    init.thaw()
    init.start_until("thread", "S", "Z")
    assert init.freeze() == 0
    states = sorted(init.threads().values())
    assert states == ["T", "Z"], states
    assert init.freeze() == 0  # and once more, which is answered as well
    init.thaw()
    init.wait_for("S", "Z")


@with_init
def test_long_write_is_waited_for(init):
    tried = 0
    for number in range(30):
        path = os.path.join(init.directory, str(number))
        init.start("write", path, str(WRITTEN_MIB))
        wait_until(lambda: os.stat(path).st_size > 0, "the first bytes", pause=0.0005)
        tried += os.stat(path).st_size < WRITTEN_MIB << 20
        unstopped = init.freeze()
        size = os.stat(path).st_size
        # On a disk that is slower than its patience it says that it has not seen the end.
        assert (size == WRITTEN_MIB << 20 and init.stands()) or unstopped > 0, (size, init.threads())
        os.unlink(path)
        init.thaw()
        if tried == 3:
            return
    raise AssertionError("every write was over before it was looked at")


@with_init
def test_what_waits_for_a_child_stands(init):
    init.start_until("vfork", "D", "S")
    assert init.freeze() == 0
    states = sorted(init.threads().values())
    assert states == ["D", "T"], states


@with_init
def test_what_never_stops_is_told(init):
    init.start_until("hidden", "D", "S")
    start = time.monotonic()
    assert init.freeze() == 1
    assert time.monotonic() - start >= 1.9
    assert sorted(init.threads().values()) == ["D", "T"]
    init.say(THAW)
    assert init.hear() == (THAWED, 0, 0)


@with_init
def test_thaw_overtakes(init):
    init.start_until("hidden", "D", "S")
    for kind in (FREEZE, FREEZE, THAW):
        init.say(kind)
    assert [init.hear() for _ in range(3)] == [(THAWED, 0, 0)] * 3
    # Nothing comes after that, and nothing is stopped again.
    init.start_until("thread", "D", "S", "S", "Z")


@with_init
def test_end_overtakes(init):
    init.start_until("hidden", "D", "S")
    init.say(FREEZE)
    init.say(TERMINATE)
    assert init.process.wait(PATIENCE) == 0


@with_init
def test_what_starts_others_stands(init):
    for _ in range(3):
        init.start("fork")
    for _ in range(5):
        assert init.freeze() == 0
        stood = init.threads()
        assert all(state in "TtZX" for state in stood.values()), stood
        # One whose end coffer-init had yet to hear of may be gone: of the others none, and none is new.
        later = init.threads()
        assert {key: state for key, state in stood.items() if state in "Tt"}.items() <= later.items() <= stood.items(), (stood, later)
        init.thaw()


@with_init
def test_what_wakes_others_stands(init):
    init.start("wake")
    wait_until(lambda: len(init.threads()) == 2, "both")
    for _ in range(5):
        assert init.freeze() == 0
        assert sorted(init.threads().values()) == ["T", "T"]
        init.thaw()


@with_init
def test_what_is_woken_later_is_stopped_again(init):
    init.start_until("thread", "S", "Z")
    assert init.freeze() == 0
    pid = next(pid for pid in descendants(init.process.pid) if command_of(pid) == "hanging")
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: sorted(init.threads().values()) == ["S", "Z"], "its waking", pause=0)
    init.wait_for("T", "Z")


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
