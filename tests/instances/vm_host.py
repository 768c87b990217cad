"""coffer-vm, real and pid 1 of a sandbox, between a supervisor and a guest that are both this test: so the guest may
be as slow, as silent or as hostile as one can be whose kernel was taken over. The machine is a process that sleeps."""

import contextlib
import errno
import os
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time

from supervisor import PATIENCE, command_of, descendants, is_alive, run_tests, state_of, wait_until

COFFER_VM = os.environ["TEST_COFFER_VM"]
START, TERMINATE, FREEZE, THAW, HELLO, STARTED, FAILED, EXITED, FROZEN, THAWED = range(1, 11)
VM_INIT, VM_CLOCK, VM_SYNC, VM_SYNCED, VM_BYE = range(1, 6)
HEADER = struct.Struct("=IIiII")  # struct init_header
FRAME = struct.Struct("=IIq")  # struct vm_header
HELPER = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(3600)"


class Host:
    """A coffer-vm, with the two ends that this test holds."""

    def __init__(self, directory, machine=("sleep", "3600"), helper=("python3", "-c", HELPER)):
        self.directory = directory
        self.supervisor, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.supervisor.settimeout(PATIENCE)
        self.helper_socket = f"{directory}/helper"
        self.process = subprocess.Popen([
            "bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--as-pid-1", "--die-with-parent",
            "--dev-bind", "/", "/", "--proc", "/proc", "--", COFFER_VM, str(inner.fileno()), f"{directory}/vsock", "--", "--wait",
            self.helper_socket, *helper, self.helper_socket, "--", *machine],
            pass_fds=[inner.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        inner.close()
        self.control = None
        self.pids = []

    # ---- as the supervisor ----

    def order(self, kind, number=0, argv=(), environment=(), fds=()):
        words = b"".join(word.encode() + b"\0" for word in (*argv, *environment))
        packet = HEADER.pack(kind, number, 0, len(argv), len(environment)) + words
        socket.send_fds(self.supervisor, [packet], fds)

    def answer(self):
        packet = self.supervisor.recv(65536)
        assert len(packet) == HEADER.size, f"the supervisor was told {packet!r}"
        return HEADER.unpack(packet)[:3]

    def no_answer_within(self, seconds):
        return not select.select([self.supervisor], [], [], seconds)[0]

    # ---- as the guest ----

    def connect(self, port):
        wait_until(lambda: os.path.exists(f"{self.directory}/vsock_{port}"), f"port {port}")
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(f"{self.directory}/vsock_{port}")
        return connection

    def boot(self):
        wait_until(lambda: any(command_of(pid) == "sleep" for pid in descendants(self.process.pid)), "the machine")
        self.pids = descendants(self.process.pid)
        self.control = self.connect(1)
        kind, _, value = self.frame()[:3]
        assert kind == VM_CLOCK and abs(value / 1e9 - time.time()) < 5, (kind, value)
        self.say(HELLO, 0, 1)
        assert self.answer() == (HELLO, 0, 1)
        return self

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.control.recv(size - len(data))
            assert more, "coffer-vm has closed the control connection"
            data += more
        return data

    def frame(self):
        """Type, struct init_header where it is VM_INIT, value, words."""
        kind, size, value = FRAME.unpack(self.read(FRAME.size))
        body = self.read(size)
        return kind, HEADER.unpack(body[:HEADER.size]) if size else None, value, body[HEADER.size:]

    def send(self, kind, value=0, body=b""):
        self.control.sendall(FRAME.pack(kind, len(body), value) + body)

    def say(self, kind, number, value):
        self.send(VM_INIT, 0, HEADER.pack(kind, number, value, 0, 0))

    def output(self, number, which):
        connection = self.connect(2)
        connection.sendall(struct.pack("=II", number, which))
        return connection

    # ---- the end ----

    def end(self):
        """Its status and the last line that it said; nothing of it is left."""
        output, _ = self.process.communicate(timeout=PATIENCE)
        wait_until(lambda: not any(is_alive(pid) for pid in self.pids), "the end of all processes")
        lines = output.decode().splitlines()
        return self.process.returncode, lines[-1] if lines else ""

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.supervisor.close()
        if self.control:
            self.control.close()


@contextlib.contextmanager
def host(**options):
    with tempfile.TemporaryDirectory(prefix="vm-") as directory:
        made = Host(directory, **options)
        try:
            yield made
        finally:
            made.close()


def pipe_for(vm, number):
    """A program that the guest was asked for, with one pipe for both outputs: the end to read."""
    reader, writer = os.pipe()
    vm.order(START, number, ["foot", "-e", "top"], ["A=1"], [writer, writer])
    os.close(writer)
    kind, header, value, words = vm.frame()
    assert kind == VM_INIT and header == (START, number, 0, 3, 1), (kind, header)
    assert value == 1, "one pipe is one output"
    assert words == b"foot\0-e\0top\0A=1\0", words
    return open(reader, "rb", buffering=0)


def test_passes_on_programs_and_answers(_):
    with host() as vm:
        vm.boot()
        with pipe_for(vm, 7) as reader:
            output = vm.output(7, 0)
            vm.say(STARTED, 7, 42)
            assert vm.answer() == (STARTED, 7, 42)
            output.sendall(b"hello")
            assert reader.read(100) == b"hello"
            output.close()
            assert reader.read(100) == b"", "the pipe ends with the output"
        vm.say(EXITED, 7, 256)
        assert vm.answer() == (EXITED, 7, 256)


def test_two_pipes_are_two_outputs_that_end_alone(_):
    with host() as vm:
        vm.boot()
        (out, out_writer), (err, err_writer) = os.pipe(), os.pipe()
        vm.order(START, 8, ["x"], [], [out_writer, err_writer])
        os.close(out_writer)
        os.close(err_writer)
        assert vm.frame()[2] == 2
        first, second = vm.output(8, 0), vm.output(8, 1)
        first.close()
        assert os.read(out, 100) == b""
        second.sendall(b"still here")
        assert os.read(err, 100) == b"still here"
        second.close()
        assert os.read(err, 100) == b""
        os.close(out)
        os.close(err)


def test_refuses_outputs_that_are_sockets(_):
    with host() as vm:
        vm.boot()
        ends = socket.socketpair()
        vm.order(START, 9, ["x"], [], [ends[0].fileno(), ends[1].fileno()])
        kind, number, error = vm.answer()
        assert (kind, number) == (FAILED, 9) and error > 0


def test_what_nobody_reads_holds_up_nothing_else(_):
    with host() as vm:
        vm.boot()
        with pipe_for(vm, 1) as unread, pipe_for(vm, 2) as reader:
            outputs = [vm.output(1, 0), vm.output(2, 0)]
            outputs[0].settimeout(0.5)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 100 << 20:
                    sent += outputs[0].send(b"x" * 65536)
            assert sent < 4 << 20, "it keeps all that the guest writes"
            vm.say(STARTED, 2, 3)
            assert vm.answer() == (STARTED, 2, 3)
            outputs[1].sendall(b"second")
            assert reader.read(100) == b"second"
            outputs[0].close()
            received = 0
            while data := unread.read(65536):
                received += len(data)
            assert received == sent, (received, sent)


def test_a_guest_that_says_anything_many_times_is_heard_once(_):
    with host() as vm:
        vm.boot()
        with pipe_for(vm, 5):
            for _ in range(5000):
                vm.say(STARTED, 5, 6)
            for kind in (STARTED, FAILED, EXITED, FROZEN, THAWED):
                vm.say(kind, 4, 0)
            vm.say(HELLO, 0, 1)
            vm.say(FAILED, 5, 13)
            for _ in range(5000):
                vm.say(EXITED, 5, 0)
            assert [vm.answer(), vm.answer()] == [(STARTED, 5, 6), (EXITED, 5, 0)]
        with pipe_for(vm, 8):
            vm.say(STARTED, 8, 7)
            assert vm.answer() == (STARTED, 8, 7)


def test_nonsense_ends_it(_):
    for what in (b"\0" * 64, FRAME.pack(VM_INIT, 0xffffffff, 0), FRAME.pack(VM_CLOCK, 0, 1),
            FRAME.pack(VM_INIT, HEADER.size, 0) + HEADER.pack(TERMINATE, 0, 0, 0, 0)):
        with host() as vm:
            vm.boot()
            vm.control.sendall(what)
            assert vm.end() == (1, "coffer-vm: the guest has ended, or makes no sense")


def test_only_the_first_connection_is_heard(_):
    with host() as vm:
        vm.boot()
        with socket.socket(socket.AF_UNIX) as second:
            refused = second.connect_ex(f"{vm.directory}/vsock_1") != 0
        assert refused


def states(vm):
    inside = [pid for pid in vm.pids if command_of(pid) in ("sleep", "python3")]
    assert len(inside) == 2, [command_of(pid) for pid in vm.pids]
    return {state_of(pid) for pid in inside}


def test_freezes_when_the_guest_has_written_all(_):
    with host() as vm:
        vm.boot()
        vm.order(FREEZE)
        assert vm.frame()[0] == VM_SYNC
        assert vm.no_answer_within(0.2)
        vm.send(VM_SYNCED)
        assert vm.answer() == (FROZEN, 0, 0)
        wait_until(lambda: states(vm) == {"T"}, "all to be stopped")
        vm.order(THAW)
        assert vm.answer() == (THAWED, 0, 0)
        assert vm.frame()[0] == VM_CLOCK, "a guest that was stopped is told the time"
        wait_until(lambda: "T" not in states(vm), "the machine to go on")


def test_nothing_that_it_has_said_makes_a_frozen_guest_go_on(_):
    with host() as vm:
        vm.boot()
        vm.order(FREEZE)
        assert vm.frame()[0] == VM_SYNC
        synced, goodbye = FRAME.pack(VM_SYNCED, 0, 0), FRAME.pack(VM_BYE, 0, 0)
        vm.control.sendall(synced + goodbye)
        assert vm.answer() == (FROZEN, 0, 0)
        wait_until(lambda: states(vm) == {"T"}, "all to be stopped")
        vm.order(FREEZE)
        assert vm.answer() == (FROZEN, 0, 0)
        vm.order(THAW)
        assert vm.answer() == (THAWED, 0, 0)
        assert vm.end() == (0, ""), "now its goodbye is heard"


def test_freezes_a_guest_that_does_not_answer(_):
    with host() as vm:
        vm.boot()
        vm.order(FREEZE)
        assert vm.answer() == (FROZEN, 0, 1), "it has not said that all is written"
        wait_until(lambda: states(vm) == {"T"}, "all to be stopped")
        vm.order(FREEZE)
        assert vm.answer() == (FROZEN, 0, 1), "asked again, it says so again"


def test_a_guest_that_does_not_read_can_be_frozen(_):
    with host() as vm:
        vm.boot()
        reader, writer = os.pipe()
        refused = None
        for number in range(1, 500):
            vm.order(START, number, ["true"], ["A=" + "x" * 40000], [writer, writer])
            if not vm.no_answer_within(0.02):
                refused = vm.answer()
                break
        assert refused is not None and refused[0] == FAILED and refused[2] == errno.EAGAIN, refused
        vm.order(FREEZE)
        while (answer := vm.answer())[0] == FAILED:
            pass
        assert answer == (FROZEN, 0, 1), answer
        wait_until(lambda: states(vm) == {"T"}, "all to be stopped")
        os.close(reader)
        os.close(writer)


def test_what_wakes_is_stopped_again(_):
    with host() as vm:
        vm.boot()
        vm.order(FREEZE)
        assert vm.frame()[0] == VM_SYNC
        vm.send(VM_SYNCED)
        assert vm.answer() == (FROZEN, 0, 0)
        os.kill(next(pid for pid in vm.pids if command_of(pid) == "sleep"), signal.SIGCONT)
        wait_until(lambda: states(vm) == {"T"}, "it to be stopped again")


def test_a_thaw_overtakes_a_freeze(_):
    with host() as vm:
        vm.boot()
        vm.order(FREEZE)
        vm.order(THAW)
        assert [vm.answer(), vm.answer()] == [(THAWED, 0, 0), (THAWED, 0, 0)]
        assert "T" not in states(vm)


def test_terminate_goes_through_also_to_a_frozen_guest(_):
    with host() as vm:
        vm.boot()
        vm.order(FREEZE)
        assert vm.frame()[0] == VM_SYNC
        vm.send(VM_SYNCED)
        vm.answer()
        vm.order(TERMINATE)
        assert vm.frame()[0] == VM_CLOCK
        kind, header, _, _ = vm.frame()
        assert (kind, header[0]) == (VM_INIT, TERMINATE)
        vm.send(VM_BYE, 0)
        assert vm.end() == (0, "")


def test_terminate_while_it_boots_ends_it(_):
    with host() as vm:
        vm.order(TERMINATE)
        assert vm.end() == (0, "")
    with host() as vm:
        connection = vm.connect(1)
        vm.order(TERMINATE)
        assert vm.end() == (0, "")
        connection.close()


def test_goodbye_waits_for_the_last_words(_):
    with host() as vm:
        vm.boot()
        with pipe_for(vm, 3) as reader:
            output = vm.output(3, 0)
            output.sendall(b"last words")
            vm.send(VM_BYE, 0)
            time.sleep(0.1)  # the other order too: the end of the output comes late
            output.close()
            assert vm.end() == (0, "")
            assert reader.read(100) == b"last words"


def test_goodbye_does_not_wait_for_ever(_):
    with host() as vm:
        vm.boot()
        with pipe_for(vm, 3):
            output = vm.output(3, 0)
            vm.send(VM_BYE, 0)
            assert vm.end() == (0, "")
            output.close()


def test_says_who_ended_in_the_guest(_):
    for value, name in ((1, "coffer-init"), (2, "waypipe")):
        with host() as vm:
            vm.boot()
            vm.send(VM_BYE, value)
            assert vm.end() == (1, f"coffer-vm: {name} has ended in the guest")
    with host() as vm:
        vm.control = vm.connect(1)
        vm.send(VM_BYE, 2)
        assert vm.end() == (1, "coffer-vm: waypipe does not start in the guest: is it in the instance's root?")


def test_says_that_the_guest_gave_up(_):
    with host(machine=("true",)) as vm:
        assert vm.end() == (1, "coffer-vm: the guest has switched itself off: its last words are in the instance's log")


def test_says_who_ended_around_it(_):
    with host() as vm:
        vm.boot()
        os.kill(next(pid for pid in vm.pids if command_of(pid) == "python3"), signal.SIGKILL)
        assert vm.end() == (1, "coffer-vm: python3 was ended by signal 9 (Killed)")
    with host() as vm:
        vm.boot()
        os.kill(next(pid for pid in vm.pids if command_of(pid) == "sleep"), signal.SIGKILL)
        assert vm.end() == (1, "coffer-vm: sleep was ended by signal 9 (Killed)")


def test_a_helper_is_to_blame_when_the_guest_is_lost_with_it(_):
    with host() as vm:
        vm.boot()
        helper = next(pid for pid in vm.pids if command_of(pid) == "python3")
        vm.control.shutdown(socket.SHUT_RDWR)
        os.kill(helper, signal.SIGTERM)
        assert vm.end() == (1, "coffer-vm: python3 was ended by signal 15 (Terminated)")


def test_a_missing_program_is_named(_):
    with host(machine=("/nonexistent/qemu",)) as vm:
        assert vm.end() == (1, "coffer-vm: /nonexistent/qemu cannot be started: No such file or directory")
    with host(helper=("/nonexistent/virtiofsd",)) as vm:
        assert vm.end() == (1, "coffer-vm: /nonexistent/virtiofsd cannot be started: No such file or directory")


def test_a_helper_that_never_listens_is_named(_):
    with host(helper=("sleep", "3600")) as vm:
        status, line = vm.end()
    # It is given the socket as a second time to sleep for, and ends at once.
    assert (status, line) == (1, "coffer-vm: sleep has ended, with 1"), (status, line)
    with host(helper=("sh", "-c", "sleep 3600")) as vm:
        assert vm.end() == (1, f"coffer-vm: sh does not listen on {vm.helper_socket}")


def test_ends_with_the_supervisor(_):
    with host() as vm:
        vm.boot()
        vm.supervisor.close()
        assert vm.end() == (1, "coffer-vm: the supervisor is gone")


def test_runs_as_pid_1_alone(_):
    ended = subprocess.run([COFFER_VM, "3", "/tmp/vsock", "--", "true"], capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 2 and "not by hand" in ended.stderr, ended


run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
