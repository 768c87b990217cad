"""What instances may use of the compositor and of the machine: asked for, told, and kept by the kernel.

The kernel keeps its part by cgroup v2 alone. Where this machine has none that may be divided (see usable_base()), those
tests are skipped and say why.
"""

import os
import shutil
import subprocess
import threading

from supervisor import PATIENCE, Skip, descendants, run_tests, wait_until

TWO = "instance work {\n\tlimit clients 12\n}\ninstance other {\n}\n"
SYSTEMD = next((path for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd") if os.path.exists(path)), None)


# ---- what the compositor counts ----


def answer_limits(supervisor, *lines):
    """Plays the compositor's part of one request."""
    query = supervisor.compositor.expect("query").split()
    assert query[2] == "3", query
    for line in lines:
        supervisor.compositor.tell(line.format(query[1]))
    supervisor.compositor.tell(f"end {query[1]}")


def ask_limits(supervisor, *words, lines=()):
    """The answers to `limits`, while the double answers with these lines."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(supervisor.ask("limits", *words)))
    thread.start()
    answer_limits(supervisor, *lines)
    thread.join()
    return answers[0].check()


def sandbox_of(supervisor, name):
    """The supervisor's part by resource: {"memory": {"used": 1, ...}, "pids": {...}}, and how it is limited."""
    found = {}
    for line in ask_limits(supervisor, name).lines:
        words = line.split(" ")
        assert words[:2] == ["sandbox", name], line
        values = dict(word.split("=", 1) for word in words[3:9])
        found[words[2]] = {key: int(value) for key, value in values.items() if key != "how"}
        found["how"], found["why"] = values["how"], " ".join(words[9:])
    return found


def test_limits_of_one_and_of_all(make):
    supervisor = make(TWO)
    both = ("limits {} work 3 0", "limits {} other 4 0")
    one = ask_limits(supervisor, "work", lines=both).lines
    assert one[0] == "limits work used=3 most=3 limit=64 met=0", one
    assert len(one) == 3 and all(line.startswith("sandbox work ") for line in one[1:]), one
    everything = ask_limits(supervisor, lines=both).lines
    assert [line.split(" ")[:2] for line in everything] == [
        ["limits", "work"], ["limits", "other"]] + [["sandbox", "work"]] * 2 + [["sandbox", "other"]] * 2, everything
    unknown = supervisor.ask("limits", "nobody")
    assert unknown.code == 14, unknown.text


def test_answers_that_nobody_asked_for_change_nothing(make):
    supervisor = make(TWO)
    supervisor.compositor.tell("limits 77 work 3 5")
    supervisor.compositor.tell("limits 0 nobody 3 5")
    assert supervisor.ps()["work"]["met"] == "", supervisor.ps()


def test_limits_of_a_compositor_that_dies(make):
    supervisor = make(TWO)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(supervisor.ask("limits")))
    thread.start()
    supervisor.compositor.expect("query")
    supervisor.compositor.tell("crash")
    supervisor.next_compositor()
    thread.join()
    assert answers[0].code == 11 and "try again" in answers[0].text, answers[0].text


def test_ps_says_what_was_met_until_the_next_start(make):
    supervisor = make(TWO)
    supervisor.run("work", "true").check()
    supervisor.compositor.tell("limits 0 work 3 2")
    wait_until(lambda: supervisor.ps()["work"]["met"] == "clients", "the limit that was met")
    assert supervisor.ps()["other"]["met"] == ""
    supervisor.ask("stop", "work").check()
    assert supervisor.ps()["work"]["met"] == "clients", "what ended is still to be read"
    supervisor.run("work", "true").check()
    assert supervisor.ps()["work"]["met"] == "", "of its life before"


# ---- what the kernel keeps ----


def own_cgroup():
    """The directory of this process in cgroup v2, or None."""
    point = None
    with open("/proc/self/mountinfo") as file:
        for line in file:
            if " - cgroup2 " in line:
                point, root = line.split(" ")[4], line.split(" ")[3]
    with open("/proc/self/cgroup") as file:
        path = next((line[3:].strip() for line in file if line.startswith("0::")), None)
    return None if point is None or path is None or root != "/" else os.path.normpath(point + path)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def read(path):
    with open(path) as file:
        return file.read()


def usable_base():
    """A directory in which cgroups with memory, pids and cpu can be made; skips the test where there is none."""
    base = own_cgroup()
    if base is None:
        raise Skip("no cgroup v2 on this machine")
    if not {"memory", "pids", "cpu"} <= set(read(f"{base}/cgroup.controllers").split()):
        raise Skip("cgroup v2 has no memory, pids and cpu here")
    try:
        write(f"{base}/cgroup.subtree_control", "+memory +pids +cpu")
    except OSError as error:
        raise Skip(f"this user may not divide its cgroup: {error.strerror}") from None
    return base


class Cgroup:
    """One of the test's own, for the session to be started in, as a service with Delegate=yes would be."""

    def __init__(self, name):
        self.path = f"{usable_base()}/cofferdam-test-{name}-{os.getpid()}"
        os.mkdir(self.path)

    def enter(self):
        write(f"{self.path}/cgroup.procs", "0")

    def children(self):
        return sorted(entry.name for entry in os.scandir(self.path) if entry.is_dir())

    def remove(self):
        for path, _, _ in os.walk(self.path, topdown=False):
            os.rmdir(path)


def make_in_cgroup(make, config):
    """A supervisor alone in a cgroup."""
    cgroup = Cgroup("session")
    supervisor = make(config, start=False)
    supervisor.preexec = cgroup.enter
    supervisor.start()
    return supervisor, cgroup


def eat(mib):
    return f"python3 -c 'x = bytearray({mib} << 20); print(\"ate\", len(x))'"


def test_without_cgroups_that_is_said(make):
    supervisor = make(TWO)
    sandbox = sandbox_of(supervisor, "work")
    if sandbox["how"] != "":
        raise Skip("sandboxes are limited here")
    assert sandbox["why"] != "" and sandbox["memory"]["limit"] == 2**64 - 1, sandbox
    assert supervisor.log().count("are not limited: ") == 1, supervisor.log()


def check_memory(supervisor, how):
    """Whoever eats more than there is is ended, and nobody else; it is said in every place; the instance lives on."""
    supervisor.run("other", "sleep", "1000").check()
    assert "ate" in supervisor.output_of("work", eat(10))
    sandbox = sandbox_of(supervisor, "work")
    assert sandbox["how"] == how and sandbox["memory"]["limit"] == 128 << 20, sandbox
    assert sandbox["memory"]["met"] == 0 and 0 < sandbox["memory"]["used"] < 128 << 20, sandbox
    assert supervisor.ps()["work"]["met"] == ""
    output = supervisor.output_of("work", eat(1000) + "; echo ended with $?")
    assert "ended with 137" in output and "ate" not in output, output
    notice = supervisor.compositor.expect("notice 1 work ")
    assert "over its memory limit of 128 MiB" in notice, notice
    assert "instance work: over its memory limit of 128 MiB" in supervisor.log()
    assert "over its memory limit" in supervisor.instance_log("work")
    sandbox = sandbox_of(supervisor, "work")
    assert sandbox["memory"]["met"] >= 1 and sandbox["memory"]["most"] > 100 << 20, sandbox
    entries = supervisor.ps()
    assert entries["work"]["met"] == "memory" and entries["work"]["state"] == "running", entries
    assert entries["other"]["met"] == "" and entries["other"]["state"] == "running", entries
    assert supervisor.output_of("work", "echo alive") == "alive\n"


def check_fork_bomb(supervisor):
    """It stops at the limit, the session lives on, and the instance can be ended."""
    mark = supervisor.compositor.seen
    supervisor.run("bomb", "sh", "-c", "b() { b | b & b; }; b").check()
    wait_until(lambda: sandbox_of(supervisor, "bomb")["pids"]["met"] > 0, "the bomb at its limit")
    for _ in range(5):
        sandbox = sandbox_of(supervisor, "bomb")
        assert 0 < sandbox["pids"]["used"] <= sandbox["pids"]["limit"] == 64, sandbox
    # It may have come between two of the questions.
    notice = supervisor.compositor.expect_since(mark, "notice 1 bomb ")
    assert "at its limit of 64 processes" in notice, notice
    assert supervisor.output_of("other", "echo alive") == "alive\n"
    supervisor.ask("kill", "bomb").check()
    assert supervisor.ps()["bomb"]["state"] == "stopped"


LIMITED = ("instance work {\n\tmemory 128M\n\tcpu-weight 20\n}\ninstance other {\n}\n"
           "instance bomb {\n\tpids 64\n}\n")


def test_memory_and_processes_in_cgroups_of_our_own(make):
    supervisor, cgroup = make_in_cgroup(make, LIMITED)
    # It has gone one down, since nothing that has processes can be divided.
    assert read(f"{cgroup.path}/cgroup.procs") == "" and len(cgroup.children()) == 1, cgroup.children()
    check_memory(supervisor, "cgroup")
    check_fork_bomb(supervisor)
    mine = [name for name in cgroup.children() if "-work-" in name]
    assert len(mine) == 1 and read(f"{cgroup.path}/{mine[0]}/cpu.weight") == "20\n", cgroup.children()
    assert read(f"{cgroup.path}/{mine[0]}/memory.swap.max") in (f"{32 << 20}\n",), mine
    # Everything of the sandbox is in it, and nothing else.
    inside = {int(pid) for pid in read(f"{cgroup.path}/{mine[0]}/cgroup.procs").split()}
    assert inside and inside <= set(descendants(supervisor.process.pid))
    supervisor.ask("stop", "work").check()
    assert not [name for name in cgroup.children() if "-work-" in name], cgroup.children()
    supervisor.ask("quit").check()
    assert supervisor.wait_end() == 0
    assert cgroup.children() == [], cgroup.children()
    cgroup.remove()


def test_an_instance_without_room_for_its_cgroup(make):
    """It fails and says why; the supervisor has lost nothing by it, and goes on."""
    supervisor, cgroup = make_in_cgroup(make, TWO)
    standard = {fd: os.readlink(f"/proc/{supervisor.process.pid}/fd/{fd}") for fd in range(3)}
    write(f"{cgroup.path}/cgroup.max.descendants", str(len(cgroup.children())))
    for _ in range(2):
        failed = supervisor.run("work", "true")
        assert failed.code == 11 and "its cgroup " in failed.text and " cannot be made: " in failed.text, failed.text
        assert {fd: os.readlink(f"/proc/{supervisor.process.pid}/fd/{fd}") for fd in standard} == standard
    write(f"{cgroup.path}/cgroup.max.descendants", "max")
    assert supervisor.output_of("work", "echo alive") == "alive\n"
    supervisor.ask("quit").check()
    assert supervisor.wait_end() == 0 and cgroup.children() == [], cgroup.children()
    cgroup.remove()


def test_an_instance_that_dies_of_it_says_so(make):
    supervisor, cgroup = make_in_cgroup(make, "instance work {\n\tmemory 64M\n}\ninstance other {\n}\n")
    supervisor.run("work", "true").check()
    # Files in memory stay when whoever wrote them is ended: in the end nothing is left to end but the sandbox itself.
    def fill():
        supervisor.run("work", "sh", "-c", "cat /dev/zero >>/tmp/$$")
        return supervisor.ps()["work"]["state"] == "failed"
    wait_until(fill, "the end of the instance", PATIENCE * 2)
    entry = supervisor.ps()["work"]
    assert entry["reason"].startswith("over its memory limit of 64 MiB: "), entry
    wait_until(lambda: not [name for name in cgroup.children() if "-work-" in name], "the end of its cgroup")
    assert supervisor.output_of("other", "echo alive") == "alive\n"
    supervisor.ask("quit").check()
    assert supervisor.wait_end() == 0 and cgroup.children() == [], cgroup.children()
    cgroup.remove()


def test_others_in_the_session_s_cgroup_are_left_alone(make):
    cgroup = Cgroup("shared")
    sleeper = subprocess.Popen(["sleep", "1000"], preexec_fn=cgroup.enter)
    supervisor = make(TWO, start=False)
    supervisor.preexec = cgroup.enter
    supervisor.start()
    sandbox = sandbox_of(supervisor, "work")
    assert sandbox["how"] == "" and "others are in the session's cgroup" in sandbox["why"], sandbox
    assert read(f"{cgroup.path}/cgroup.subtree_control").strip() == "" and cgroup.children() == []
    assert supervisor.output_of("work", "echo alive") == "alive\n"
    supervisor.ask("quit").check()
    supervisor.wait_end()
    sleeper.kill()
    sleeper.wait()
    cgroup.remove()


def start_systemd(supervisor, cgroup):
    """The user's own, in a cgroup of its own, with its socket in the session's runtime directory."""
    if SYSTEMD is None or shutil.which("systemd-run") is None:
        raise Skip("systemd is not installed")
    environment = {"XDG_RUNTIME_DIR": supervisor.runtime, "HOME": supervisor.home, "PATH": os.environ["PATH"]}
    log = open(os.path.join(supervisor.directory, "systemd.log"), "w")
    process = subprocess.Popen([SYSTEMD, "--user", "--unit=basic.target"], env=environment, stdin=subprocess.DEVNULL,
        stdout=log, stderr=log, preexec_fn=cgroup.enter)
    socket_path = os.path.join(supervisor.runtime, "systemd", "private")
    wait_until(lambda: os.path.exists(socket_path) or process.poll() is not None, "the user's systemd")
    if process.poll() is not None:
        raise Skip(f"systemd does not run as the user's here: {read(log.name).strip()[-200:]}")
    return process


def test_memory_and_processes_in_scopes_of_the_user_s_systemd(make):
    cgroup = Cgroup("systemd")
    supervisor = make(LIMITED, start=False)
    systemd = start_systemd(supervisor, cgroup)
    try:
        supervisor.start()
        check_memory(supervisor, "systemd")
        check_fork_bomb(supervisor)
        scopes = [path for path, _, _ in os.walk(cgroup.path) if "-work-" in path]
        assert len(scopes) == 1 and "/cofferdam.slice/" in scopes[0] and scopes[0].endswith(".scope"), scopes
        assert read(f"{scopes[0]}/cpu.weight") == "20\n"
        # bwrap itself is the child that is watched: systemd-run has become it.
        inside = {int(pid) for pid in read(f"{scopes[0]}/cgroup.procs").split()}
        assert inside and inside <= set(descendants(supervisor.process.pid)), inside
        supervisor.ask("stop", "work").check()
        wait_until(lambda: not os.path.exists(scopes[0]), "the end of the scope")
        supervisor.ask("quit").check()
        assert supervisor.wait_end() == 0
        wait_until(lambda: not [path for path, _, _ in os.walk(cgroup.path) if path.endswith(".scope") and
            "cofferdam-" in os.path.basename(path)], "the end of all scopes")
    finally:
        systemd.terminate()
        systemd.wait()
    wait_until(lambda: "populated 0" in read(f"{cgroup.path}/cgroup.events"), "the end of the user's systemd")
    cgroup.remove()


def test_network_beside_a_scope(make):
    """The backend's process is in namespaces of its own before systemd-run speaks to systemd."""
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise Skip("this user may not open /dev/net/tun")
    cgroup = Cgroup("network")
    supervisor = make("instance work {\n\tnetwork nat\n}\n", start=False)
    systemd = start_systemd(supervisor, cgroup)
    try:
        supervisor.start()
        assert supervisor.output_of("work", "echo alive") == "alive\n"
        assert sandbox_of(supervisor, "work")["how"] == "systemd"
        assert len([path for path, _, _ in os.walk(cgroup.path) if "-work-" in path]) == 1
        supervisor.ask("quit").check()
        assert supervisor.wait_end() == 0
    finally:
        systemd.terminate()
        systemd.wait()
    wait_until(lambda: "populated 0" in read(f"{cgroup.path}/cgroup.events"), "the end of the user's systemd")
    cgroup.remove()


run_tests([test for name, test in list(globals().items()) if name.startswith("test_")])
