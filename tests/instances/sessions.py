"""The supervisor itself: its directory, its compositor's deaths and lies, its control socket, reload, and the end."""

import os
import re
import signal
import socket
import stat
import subprocess
import time

from supervisor import ASK, COFFERDAM, STATES, descendants, is_alive, run_tests, wait_until

PLAIN = "instance work {\n\tapp hello sh -c \"echo hello; sleep 1000\"\n}\n"
TWO = PLAIN + "instance other {\n}\n"


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    return client


# ---- the runtime directory ----


def test_layout_of_the_runtime_directory(make):
    supervisor = make(TWO)
    for path in ("", "shell", "instances", "instances/work", "instances/other"):
        assert stat.S_IMODE(os.stat(supervisor.path(path)).st_mode) == 0o700, path
    for path in ("control", "shell/wayland-0", "instances/work/wayland-0", "instances/other/wayland-0"):
        status = os.stat(supervisor.path(path))
        assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600, path
    # Every instance's socket listens whether it runs or not, before the compositor has taken anybody in.
    connect(supervisor.path("instances/work/wayland-0")).close()
    connect(supervisor.path("shell/wayland-0")).close()
    assert supervisor.ask("socket", "work").check().text == supervisor.path("instances/work/wayland-0")
    assert supervisor.ask("socket").check().text == supervisor.path("shell/wayland-0")


def test_compositor_is_told_everything(make):
    supervisor = make(TWO)
    assert supervisor.compositor.expect("config").endswith("whole")
    supervisor.compositor.expect("listen - socket")
    supervisor.compositor.expect("listen work socket")
    supervisor.compositor.expect_state("work", "stopped")
    supervisor.compositor.expect("listen other socket")
    supervisor.compositor.expect_state("other", "stopped")


def test_second_session_is_refused(make):
    supervisor = make(PLAIN)
    second = subprocess.run([COFFERDAM, "-c", supervisor.config], env=supervisor.environment, capture_output=True,
        text=True, timeout=20)
    assert second.returncode == 1 and "another cofferdam is running" in second.stderr, second.stderr
    assert len(second.stderr.splitlines()) == 1, second.stderr
    supervisor.run("work", "true").check()


def test_leftovers_of_a_crash(make):
    """After SIGKILL nothing of the session runs on, and the next one finds its way clear."""
    supervisor = make(TWO)
    supervisor.run("work", "hello").check()
    family = descendants(supervisor.process.pid)
    supervisor.process.kill()
    supervisor.process.wait()
    for pid in family:
        wait_until(lambda: not is_alive(pid), f"process {pid} outlived the supervisor")
    assert os.path.exists(supervisor.path("control"))
    supervisor.start()
    supervisor.run("work", "hello").check()
    assert supervisor.ps()["work"]["state"] == "running"


def test_places_that_are_not_fit(make):
    supervisor = make(PLAIN, start=False)

    def fail(**environment):
        process = subprocess.run([COFFERDAM, "-c", supervisor.config], env={**supervisor.environment, **environment},
            capture_output=True, text=True, timeout=20)
        assert process.returncode == 1 and len(process.stderr.splitlines()) == 1, process.stderr
        return process.stderr

    assert "XDG_RUNTIME_DIR is not set" in fail(XDG_RUNTIME_DIR="")
    assert "No such file" in fail(XDG_RUNTIME_DIR=supervisor.path("nowhere"))
    for in_the_way in (lambda: os.close(os.open(supervisor.path(), os.O_CREAT)), lambda: os.symlink("/tmp", supervisor.path())):
        in_the_way()
        assert f"{supervisor.path()}: is in the way" in fail()
        os.unlink(supervisor.path())
    os.chmod(supervisor.runtime, 0o777)
    assert "only you can write to" in fail()


def test_bad_config_at_the_start(make):
    supervisor = make("instance work {\n\tcolour red\n}\ninstance Work {\n}\n", start=False)
    process = subprocess.run([COFFERDAM, "-c", supervisor.config], env=supervisor.environment, capture_output=True,
        text=True, timeout=20)
    assert process.returncode == 5, process.returncode
    lines = process.stderr.splitlines()
    assert len(lines) == 2 and lines[0].startswith(f"{supervisor.config}:2: "), process.stderr
    assert lines[1].startswith(f"{supervisor.config}:4: "), process.stderr
    assert not os.path.exists(supervisor.path())


# ---- the end ----


def check_ended(supervisor, family, code=0):
    assert supervisor.wait_end() == code
    assert [pid for pid in family if is_alive(pid)] == []
    assert os.listdir(supervisor.runtime) == []


def test_end_by_signal_and_by_request(make):
    for how in (signal.SIGTERM, signal.SIGINT, "quit"):
        supervisor = make('shell {\n\texec sleep 1000\n}\n' + PLAIN, ["-s", "sleep 1000"])
        supervisor.run("work", "hello").check()
        family = descendants(supervisor.process.pid)
        assert len(family) >= 6, family
        began = time.monotonic()
        if how == "quit":
            supervisor.ask("quit").check()  # answered when everything has ended
            assert [pid for pid in family if is_alive(pid)] == []
        else:
            supervisor.process.send_signal(how)
        check_ended(supervisor, family)
        assert time.monotonic() - began < 3


def test_end_of_those_that_do_not_want_to(make):
    """All at once, and still in 5 s: shell, instance, compositor, and what the shell left behind."""
    stubborn = ("trap '' TERM INT HUP; setsid -f sh -c \"trap '' TERM HUP; echo \\$\\$ > $HOME/stray; "
        "while :; do sleep 1; done\"; while :; do sleep 1; done")
    supervisor = make(f'shell {{\n\texec sh -c "exec sleep 1000"\n}}\ninstance work {{\n\tgrace 60\n}}\n', ["-s", stubborn])
    supervisor.run("work", "sh", "-c", stubborn).check()
    os.kill(supervisor.compositor.pid, signal.SIGSTOP)
    stray = os.path.join(supervisor.home, "stray")
    wait_until(lambda: len(descendants(supervisor.process.pid)) >= 10 and os.path.exists(stray) and os.stat(stray).st_size > 0,
        "all of them")
    with open(stray) as file:
        left_behind = int(file.read())
    family = descendants(supervisor.process.pid)
    assert left_behind in family, "what a program leaves behind comes to the supervisor"
    began = time.monotonic()
    supervisor.process.terminate()
    check_ended(supervisor, family)
    # Where leaks are searched for at a compositor's end, it is given longer: see instances/shutdown.c.
    limit = 15 if os.environ.get("TEST_LEAKS_ARE_SEARCHED") else 5
    assert time.monotonic() - began < limit


def test_end_that_its_own_command_asks_for(make):
    """With -x the command's end is the session's: asked for by the command, or while it ends, that hurries nobody."""
    ask = "touch $HOME/ready; while [ ! -e $HOME/now ]; do sleep 0.05; done; $TEST_ASK $XDG_RUNTIME_DIR/cofferdam/control quit"
    for how, command in (("quit", ask), ("SIGTERM", "touch $HOME/ready; exec sleep 1000")):
        supervisor = make("shell {\n\texec sleep 1000\n}\n" + PLAIN, ["-x", "-s", command])
        supervisor.run("work", "hello").check()
        wait_until(lambda: os.path.exists(os.path.join(supervisor.home, "ready")), "the command")
        family = descendants(supervisor.process.pid)
        if how == "quit":
            with open(os.path.join(supervisor.home, "now"), "w"):
                pass
        else:
            supervisor.process.terminate()
        check_ended(supervisor, family)
        assert "killed" not in supervisor.log(), supervisor.log()


def test_end_that_is_asked_for_twice(make):
    """Who asks again waits no longer for what is under way."""
    deaf = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    supervisor = make("instance work {\n\tgrace 60\n}\n")
    supervisor.run("work", "sh", "-c", deaf).check()
    wait_until(lambda: "ready\n" in supervisor.instance_log("work"), "the program")
    family = descendants(supervisor.process.pid)
    supervisor.process.terminate()
    supervisor.compositor.expect_state("work", "stopping")
    supervisor.process.terminate()
    check_ended(supervisor, family)
    assert "ending: instances: told again to end, so killed" in supervisor.log(), supervisor.log()


def test_order_of_the_end(make):
    supervisor = make("instance work {\n}\n", ["-s", "trap 'echo shell >> $HOME/order; exit' TERM; while :; do sleep 0.05; done"])
    order = os.path.join(supervisor.home, "order")
    supervisor.write_config(f"instance work {{\n\tfiles {supervisor.home}/out rw\n}}\n")
    os.mkdir(os.path.join(supervisor.home, "out"))
    supervisor.ask("reload").check()
    supervisor.run("work", "sh", "-c", "trap 'echo > out/work; exit' TERM; echo ready; while :; do sleep 0.05; done").check()
    wait_until(lambda: "ready\n" in supervisor.instance_log("work"), "the program")
    supervisor.process.terminate()
    # The compositor is there until the instances are gone, and sees them go.
    supervisor.compositor.expect_state("work", "stopping")
    assert os.path.exists(order), "the shell ends first"
    supervisor.compositor.expect_state("work", "stopped")
    assert os.path.exists(os.path.join(supervisor.home, "out", "work"))
    supervisor.compositor.expect("closed")
    assert supervisor.wait_end() == 0


def test_service_manager_is_told(make):
    path = f"/tmp/cofferdam-notify-{os.getpid()}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.settimeout(20)
    try:
        supervisor = make(PLAIN, environment={"NOTIFY_SOCKET": path, "DOUBLE_ANSWERS": "1"})
        serial = supervisor.compositor.expect("config").split()[1]
        listener.setblocking(False)
        try:
            raise AssertionError(f"told {listener.recv(100)} before the desktop was ready")
        except BlockingIOError:
            listener.settimeout(20)
        supervisor.compositor.tell(f"ready {serial} 1")
        assert listener.recv(100) == b"READY=1"
        supervisor.process.terminate()
        assert listener.recv(100) == b"STOPPING=1"
        supervisor.wait_end()
    finally:
        listener.close()
        os.unlink(path)


# ---- shell programs ----


def test_command(make):
    supervisor = make(PLAIN, ["-s", "env > $HOME/env; exit 3"], environment={"DISPLAY": ":9", "NOTIFY_SOCKET": "/nowhere"})
    path = os.path.join(supervisor.home, "env")
    wait_until(lambda: os.path.exists(path) and os.stat(path).st_size > 0, "the command")
    with open(path) as file:
        environment = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
    assert environment["WAYLAND_DISPLAY"] == supervisor.path("shell/wayland-0")
    assert environment["XDG_CURRENT_DESKTOP"] == "cofferdam" and environment["XDG_SESSION_TYPE"] == "wayland"
    assert "DISPLAY" not in environment and "NOTIFY_SOCKET" not in environment
    supervisor.ps()  # the session goes on


def test_exit_with_command(make):
    supervisor = make(PLAIN, ["-x", "-s", "exit 42"])
    assert supervisor.wait_end() == 42
    supervisor = make(PLAIN, ["-x", "-s", "kill -KILL $$"])
    assert supervisor.wait_end() == 128 + 9
    process = subprocess.run([COFFERDAM, "-x"], capture_output=True, text=True, timeout=20)
    assert process.returncode == 2 and "-s COMMAND" in process.stderr


def test_command_line(make):
    for options, code, text in ((["-h"], 0, "Usage: cofferdam"), (["-V"], 0, "cofferdam "), (["-q"], 2, ""), (["x"], 2, "")):
        process = subprocess.run([COFFERDAM, *options], capture_output=True, text=True, timeout=20)
        assert process.returncode == code and text in process.stdout, process


def test_shell_programs_have_nothing_of_ours(make):
    supervisor = make(PLAIN, ["-s", "ls /proc/self/fd | wc -l > $HOME/fds; grep -E '^(Sig(Blk|Ign)|Cap)' /proc/self/status > $HOME/status"])
    wait_until(lambda: os.path.exists(os.path.join(supervisor.home, "status")) and
        os.stat(os.path.join(supervisor.home, "status")).st_size > 0, "the command")
    with open(os.path.join(supervisor.home, "fds")) as file:
        assert file.read().strip() == "4"
    with open(os.path.join(supervisor.home, "status")) as file:
        values = dict(line.split() for line in file)
    assert int(values["SigBlk:"], 16) == 0 and int(values["SigIgn:"], 16) == 0, values


def test_shell_programs_that_end(make):
    """One that fails is started again, one that wanted to end or was told to is not."""
    script = "echo {0} >> $HOME/said; test -e $HOME/{0} && exec sleep 1000; touch $HOME/{0}; {1}"
    supervisor = make("shell {{\n{}}}\n".format("".join(
        f'\texec sh -c "{script.format(name, end)}"\n'
        for name, end in (("fails", "exit 3"), ("ends", "exit 0"), ("told", "kill -TERM $$"), ("dies", "kill -SEGV $$")))) + PLAIN)
    said = os.path.join(supervisor.home, "said")
    wait_until(lambda: os.path.exists(said) and open(said).read().count("\n") >= 6, "four programs, and two of them again")
    assert sorted(open(said).read().split()) == ["dies", "dies", "ends", "fails", "fails", "told"], open(said).read()


def test_autostart(make):
    supervisor = make("instance work {\n\tapp hello sh -c \"echo hello\"\n\tstart hello\n}\n")
    wait_until(lambda: "hello\n" in supervisor.instance_log("work"), "the app")


# ---- the compositor's deaths ----


def test_compositor_is_started_again(make):
    """S5: with the same sockets and states; instances go on, shell programs are started anew."""
    supervisor = make("shell {\n\texec sh -c \"echo started >> $HOME/shell; exec sleep 1000\"\n}\n" + TWO)
    supervisor.run("work", "hello").check()
    pid = supervisor.output_of("work", "readlink /proc/self/ns/pid")
    sockets = [os.stat(supervisor.path("instances", name, "wayland-0")).st_ino for name in ("work", "other")]
    waiting = connect(supervisor.path("instances/work/wayland-0"))
    waiting.sendall(b"kept in the queue of the socket")
    shell = os.path.join(supervisor.home, "shell")
    wait_until(lambda: os.path.exists(shell), "the shell program")
    first = supervisor.compositor
    config = first.expect("config")
    first.tell("crash")
    second = supervisor.next_compositor()
    assert second.pid != first.pid
    assert second.expect("config") == config
    for line in ("listen - socket", "listen work socket", f"state work {STATES['running']} ", "listen other socket",
            f"state other {STATES['stopped']} "):
        second.expect(line)
    assert sockets == [os.stat(supervisor.path("instances", name, "wayland-0")).st_ino for name in ("work", "other")]
    assert supervisor.output_of("work", "readlink /proc/self/ns/pid") == pid
    wait_until(lambda: open(shell).read() == "started\nstarted\n", "the shell program's second start")
    waiting.close()


def test_three_deaths_are_enough(make):
    supervisor = make(PLAIN)
    supervisor.run("work", "hello").check()
    family = descendants(supervisor.process.pid)
    for _ in range(2):
        supervisor.compositor.tell("crash")
        supervisor.next_compositor()
    supervisor.compositor.tell("crash")
    check_ended(supervisor, family, 1)
    assert "the compositor died 3 times in 10 seconds" in supervisor.log()


def test_compositor_that_cannot_start(make):
    supervisor = make(PLAIN, environment={"DOUBLE_ANSWERS": "1"})
    supervisor.compositor.tell("exit 1")
    check_ended(supervisor, [], 1)
    assert "the compositor could not start (exit code 1)" in supervisor.log()


def test_compositor_that_refuses_the_config(make):
    supervisor = make(PLAIN, environment={"DOUBLE_ANSWERS": "1"})
    serial = supervisor.compositor.expect("config").split()[1]
    supervisor.compositor.tell(f"ready {serial} 0 the keyboard layout cannot be used")
    check_ended(supervisor, [], 5)
    assert "the keyboard layout cannot be used" in supervisor.log()


def test_compositor_that_does_not_read(make):
    """A compositor that hangs is one that died: the queue to it has an end."""
    supervisor = make(PLAIN)
    first = supervisor.compositor
    first.tell("deaf")
    wait_until(lambda: supervisor.ask("clipboard-clear").code == 0 and not is_alive(first.pid), "the end of the deaf one", 60)
    supervisor.next_compositor().expect("listen work socket")
    supervisor.run("work", "true").check()


def test_compositor_that_talks_nonsense(make):
    """S7: refused, logged, nothing changes."""
    supervisor = make(TWO)
    supervisor.run("work", "sleep", "1000").check()
    before = supervisor.ps()["work"]["pids"]
    for line in ("bind 999 0", "bind 1 999", "order nobody 3", "windows nobody 3 4", "window 77 work title", "clipboard 9",
            "end 4", "ready 4711 0 lies", "ready 4711 1"):
        supervisor.compositor.tell(line)
    supervisor.compositor.tell("garbage")
    # The last packet of it cannot be a message at all: such a compositor is given up, and nothing else.
    second = supervisor.next_compositor()
    second.expect(f"state work {STATES['running']}")
    assert supervisor.ps()["work"]["pids"] == before
    assert supervisor.log().count("a malformed message from the compositor is refused") >= 3, supervisor.log()


# ---- what the compositor asks for ----

BINDS = """
bind Super+Return run work hello
bind Super+A run work -- sh -c "echo by words"
bind Super+E exec sh -c "echo executed > $HOME/executed"
bind Super+D menu
bind Super+R reload
bind Super+Q quit
bind Super+C close
shell {
	menu sh -c "cat > $HOME/choices; head -1 $HOME/choices"
}
instance work {
	app hello sh -c "echo hello; sleep 1000"
	app other sh -c "echo other"
}
"""


def test_chords(make):
    supervisor = make(BINDS)
    serial = supervisor.compositor.expect("config").split()[1]
    supervisor.compositor.tell(f"bind {serial} 0")
    supervisor.compositor.expect("spawned work")
    supervisor.compositor.tell(f"bind {serial} 1")
    wait_until(lambda: {"hello\n", "by words\n"} <= set(supervisor.instance_log("work").splitlines(keepends=True)), "both programs")
    supervisor.compositor.tell(f"bind {serial} 2")
    wait_until(lambda: os.path.exists(os.path.join(supervisor.home, "executed")), "the shell program")
    supervisor.compositor.tell(f"bind {serial} 3")
    wait_until(lambda: supervisor.instance_log("work").count("hello\n") == 2, "the choice of the menu")
    with open(os.path.join(supervisor.home, "choices")) as file:
        assert file.read() == "work hello\nwork other\n"
    supervisor.compositor.tell(f"bind {serial} 6")  # the compositor's own: ignored
    supervisor.compositor.tell(f"bind {serial} 4")
    serial = supervisor.compositor.expect("config").split()[1]
    supervisor.compositor.expect("notice 0 - the config is reloaded")
    supervisor.compositor.tell(f"bind {int(serial) - 1} 0")  # of the config before
    supervisor.compositor.tell(f"bind {serial} 5")
    assert supervisor.wait_end() == 0
    assert "a chord of a config that is not in effect is ignored" in supervisor.log()


def test_chord_that_cannot_be_carried_out(make):
    supervisor = make("bind Super+A run work -- no-such-program\nbind Super+B exec /no/such/program\ninstance work {\n}\n")
    serial = supervisor.compositor.expect("config").split()[1]
    supervisor.compositor.tell(f"bind {serial} 0")
    assert "command not found" in supervisor.compositor.expect("notice 1")
    supervisor.compositor.tell(f"bind {serial} 1")
    assert "cannot be executed" in supervisor.compositor.expect("notice 1")


def test_orders(make):
    supervisor = make("instance work {\n\tgrace 1\n}\n")
    for order, state in ((3, "stopped"), (4, "stopped")):
        supervisor.run("work", "sleep", "1000").check()
        supervisor.compositor.expect_state("work", "running")
        supervisor.compositor.tell(f"order work {order}")
        supervisor.compositor.expect_state("work", state)


# ---- requests ----


def test_queries(make):
    supervisor = make(TWO)
    for request, what, answers, output in (
            ("windows", 1, ["window {} work a title", "window {} other second", "end {}"], ["window work a title", "window other second"]),
            ("clipboard-status", 2, ["clipboard {}", "end {}"], ["clipboard 1 work 5"])):
        process = subprocess.Popen([ASK, supervisor.path("control"), request], stdout=subprocess.PIPE, text=True)
        query = supervisor.compositor.expect("query").split()
        assert query[2] == str(what)
        supervisor.compositor.tell("window 9999 work not asked for")
        for answer in answers:
            supervisor.compositor.tell(answer.format(query[1]))
        text, _ = process.communicate(timeout=20)
        assert process.returncode == 0 and text.splitlines() == output, text
    silent = supervisor.ask("windows")  # nobody answers
    assert silent.code == 11 and "did not answer in time" in silent.text, silent.text
    supervisor.compositor.tell("windows work 3 2")
    wait_until(lambda: supervisor.ps()["work"]["windows"] == "3", "the count of windows")
    supervisor.ask("clipboard-clear").check()
    supervisor.compositor.expect("clipboard-clear")
    process = subprocess.Popen([ASK, supervisor.path("control"), "windows"], stdout=subprocess.PIPE, text=True)
    supervisor.compositor.expect("query")
    supervisor.compositor.tell("crash")
    text, _ = process.communicate(timeout=20)
    assert process.returncode == 11 and "started again" in text, text
    supervisor.next_compositor()


def test_requests_that_make_no_sense(make):
    supervisor = make(PLAIN)
    for request in (("run", "nobody", "true"), ("stop", "nobody"), ("kill", "nobody"), ("socket", "nobody"), ("logs", "nobody")):
        answer = supervisor.ask(*request)
        assert answer.code == 14 and "no instance is called nobody" in answer.text, answer.text
    assert supervisor.ask("garbage").code == 9
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    raw.connect(supervisor.path("control"))
    raw.send(b"x")
    raw.settimeout(20)
    assert raw.recv(100) == b""
    supervisor.ask("stop", "work").check()  # what does not run has stopped
    assert supervisor.ps()["work"]["state"] == "stopped"
    # Many that connect and say nothing do not keep others out for ever, and cost no more than their number.
    idle = []
    for _ in range(40):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.connect(supervisor.path("control"))
        idle.append(client)
    wait_until(lambda: supervisor.ask("ps").code == 0, "patience with the silent ones ends")
    for client in idle:
        client.close()


def test_client_that_goes_away(make):
    supervisor = make("instance work {\n\tgrace 1\n}\n")
    supervisor.run("work", "sh", "-c", "trap '' TERM; while :; do sleep 1; done").check()
    process = subprocess.Popen([ASK, supervisor.path("control"), "stop", "work"])
    supervisor.compositor.expect_state("work", "stopping")
    process.kill()
    process.wait()
    supervisor.compositor.expect_state("work", "stopped")
    supervisor.run("work", "true").check()


# ---- reload ----


def test_reload(make):
    supervisor = make(TWO)
    supervisor.run("work", "hello").check()
    supervisor.run("other", "sleep", "1000").check()
    pids = {name: supervisor.output_of(name, "readlink /proc/self/ns/pid") for name in ("work", "other")}
    supervisor.compositor.expect("config")
    supervisor.write_config(PLAIN.replace("app hello", "network nat\n\tapp hello") + "instance fresh {\n}\n")
    supervisor.ask("reload").check()
    supervisor.compositor.expect("config")
    supervisor.compositor.expect("listen fresh socket")
    supervisor.compositor.expect_state("fresh", "stopped")
    connect(supervisor.path("instances/fresh/wayland-0")).close()
    # What runs is untouched, and goes by its old config until it stops.
    assert supervisor.output_of("work", "readlink /proc/self/ns/pid") == pids["work"]
    assert supervisor.ps()["work"]["network"] == "none"
    # What left the config runs on, is not to be used any more, and goes when it has stopped.
    assert supervisor.run("other", "true").code == 14
    assert supervisor.ps()["other"]["state"] == "running"
    supervisor.ask("stop", "other").check()
    supervisor.compositor.expect("forget other")
    assert "other" not in supervisor.ps() and not os.path.exists(supervisor.path("instances/other"))
    supervisor.ask("stop", "work").check()
    assert supervisor.ps()["work"]["network"] == "nat"
    # Idle ones go at once, and may come back.
    supervisor.write_config(TWO)
    supervisor.ask("reload").check()
    supervisor.compositor.expect("listen other socket")
    supervisor.compositor.expect("forget fresh")
    supervisor.run("other", "true").check()


def test_reload_of_a_bad_file(make):
    supervisor = make(TWO)
    supervisor.write_config("instance work {\n\tcolour red\n}\nnonsense\n")
    for how in ("request", "signal"):
        if how == "request":
            answer = supervisor.ask("reload")
            assert answer.code == 15, answer.text
            assert answer.lines[0].startswith(f"{supervisor.config}:2: ") and answer.lines[1].startswith(f"{supervisor.config}:4: ")
            assert answer.lines[2] == "error: the config has errors: the old one stays in effect", answer.text
        else:
            supervisor.process.send_signal(signal.SIGHUP)
        assert supervisor.compositor.expect("notice 1 - ").startswith("notice 1 - config line 2: ")
    supervisor.run("other", "true").check()
    os.unlink(supervisor.config)
    answer = supervisor.ask("reload")
    assert answer.code == 15 and "cannot be opened" in answer.text, answer.text
    supervisor.write_config(PLAIN)
    supervisor.process.send_signal(signal.SIGHUP)
    supervisor.compositor.expect("notice 0 - the config is reloaded")


def test_reload_that_the_compositor_refuses(make):
    supervisor = make(TWO, environment={"DOUBLE_ANSWERS": "1"})
    serial = supervisor.compositor.expect("config").split()[1]
    supervisor.compositor.tell(f"ready {serial} 1")
    for end, text in (("ready {} 0 no such layout", "no such layout"), ("crash", "the compositor died")):
        supervisor.write_config(PLAIN + "instance fresh {\n}\n")
        process = subprocess.Popen([ASK, supervisor.path("control"), "reload"], stdout=subprocess.PIPE, text=True)
        serial = supervisor.compositor.expect("config").split()[1]
        supervisor.compositor.tell(end.format(serial))
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 11 and text in output, output
        assert set(supervisor.ps()) == {"work", "other"}
        if end == "crash":
            supervisor.next_compositor().expect("listen other socket")


def test_reload_without_an_answer(make):
    """The old config stays in effect, on both sides, and the next reload is a new one."""
    supervisor = make(TWO, environment={"DOUBLE_ANSWERS": "1"})
    old = supervisor.compositor.expect("config").split()[1]
    supervisor.compositor.tell(f"ready {old} 1")
    supervisor.write_config(PLAIN + "instance fresh {\n}\n")
    process = subprocess.Popen([ASK, supervisor.path("control"), "reload"], stdout=subprocess.PIPE, text=True)
    new = supervisor.compositor.expect("config").split()[1]
    assert new != old
    output, _ = process.communicate(timeout=40)
    assert process.returncode == 11 and "did not answer in time" in output, output
    assert supervisor.compositor.expect("config").split()[1] == old, "it is told the old one again"
    # The late answers to both change nothing.
    supervisor.compositor.tell(f"ready {new} 1")
    supervisor.compositor.tell(f"ready {old} 1")
    assert set(supervisor.ps()) == {"work", "other"}
    process = subprocess.Popen([ASK, supervisor.path("control"), "reload"], stdout=subprocess.PIPE, text=True)
    supervisor.compositor.tell(f"ready {supervisor.compositor.expect('config').split()[1]} 1")
    process.communicate(timeout=20)
    assert process.returncode == 0 and "fresh" in supervisor.ps()


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
