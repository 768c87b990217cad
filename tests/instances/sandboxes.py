"""Real sandboxes: what an instance can see, reach and do, and that nothing of it stays."""

import os
import re
import shutil
import signal
import socket
import stat
import threading
import time

from supervisor import BACKEND, STATES, command_of, descendants, is_alive, run_tests, state_of, wait_until

PLAIN = "instance work {\n}\n"


def test_first_program_starts_the_sandbox_and_the_second_joins(make):
    supervisor = make(PLAIN + "instance other {\n}\n")
    assert supervisor.ps()["work"]["state"] == "stopped"
    supervisor.run("work", "sh", "-c", "echo one > /tmp/file").check()
    supervisor.compositor.expect("spawned work")
    supervisor.compositor.expect_state("work", "running")
    wait_until(lambda: supervisor.output_of("work", "cat /tmp/file") == "one\n", "the first program's file")
    assert "No such file" in supervisor.output_of("other", "cat /tmp/file")
    ids = [supervisor.output_of(name, "readlink /proc/self/ns/pid") for name in ("work", "work", "other")]
    assert ids[0] == ids[1] != ids[2]


def test_apps_go_by_their_names(make):
    supervisor = make('instance work {\n\tapp hello sh -c "echo hello from $0" app\n}\n')
    supervisor.run("work", "hello").check()
    wait_until(lambda: "hello from app\n" in supervisor.instance_log("work"), "the app's output")


def test_programs_that_cannot_start_say_why(make):
    supervisor = make(PLAIN)
    missing = supervisor.run("work", "no-such-program")
    assert missing.code == 11 and missing.text == "error: no-such-program: command not found in instance work", missing.text
    refused = supervisor.run("work", "/etc/passwd")
    assert refused.code == 11 and "Permission denied" in refused.text, refused.text
    too_long = supervisor.run("work", "echo", "x" * 24000)
    assert too_long.code == 0, too_long.text
    assert supervisor.ps()["work"]["state"] == "running"


def test_environment_is_built_from_nothing(make):
    supervisor = make("instance work {\n\tenv EDITOR=vim\n}\n", environment={
        "SECRET": "token", "LD_PRELOAD": "", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/host", "LANG": "C.UTF-8",
        "LC_TIME": "C", "TZ": "Etc/UTC", "TERM": "xterm", "SSH_AUTH_SOCK": "/run/agent"})
    names = {line.split("=")[0] for line in supervisor.output_of("work", "env").splitlines()}
    assert names == {
        "HOME", "USER", "LOGNAME", "SHELL", "PATH", "PWD", "XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE",
        "XDG_CURRENT_DESKTOP", "GDK_BACKEND", "QT_QPA_PLATFORM", "SDL_VIDEODRIVER", "MOZ_ENABLE_WAYLAND",
        "NO_AT_BRIDGE", "GTK_A11Y", "DBUS_SESSION_BUS_ADDRESS", "LANG", "LC_TIME", "TZ", "EDITOR"}, names
    output = supervisor.output_of("work", "pwd; id -un; id -u; id -g; hostname; umask; ls -A; date +%Z")
    assert output == "/home/user\nuser\n1000\n1000\nwork\n0022\nUTC\n", output


def test_identity_is_new_at_every_start(make):
    supervisor = make(PLAIN + "instance other {\n}\n")
    ids = [supervisor.output_of(name, "cat /etc/machine-id") for name in ("work", "other")]
    supervisor.ask("stop", "work").check()
    ids.append(supervisor.output_of("work", "cat /etc/machine-id"))
    assert len(set(ids)) == 3 and all(re.fullmatch("[0-9a-f]{32}\n", id) for id in ids), ids
    passwd = supervisor.output_of("work", "cut -d: -f1 /etc/passwd").split()
    assert passwd == ["root", "user", "nobody"], passwd


def test_no_rights(make):
    """S4: no capability, no new privileges, the filter on, from the first process on."""
    supervisor = make(PLAIN)
    for status in ("/proc/1/status", "/proc/self/status"):
        output = supervisor.output_of("work", f"grep -E '^(Cap|NoNewPrivs|Seccomp:)' {status}")
        values = dict(re.findall(r"(\w+):\s+(\w+)", output))
        assert len(values) == 7, output
        assert all(int(value, 16) == 0 for name, value in values.items() if name.startswith("Cap")), output
        assert values["NoNewPrivs"] == "1" and values["Seccomp"] == "2", output
    for command in ("unshare -U true", "unshare -Ur true", "unshare -n true", "unshare -m true",
            "mount -t tmpfs none /tmp", "chroot / true", "bwrap --dev-bind / / true"):
        output = supervisor.output_of("work", f"{command} && echo worked")
        assert output != "" and "worked" not in output, output
    limits = supervisor.output_of("work", "grep -E 'processes|core' /proc/self/limits")
    assert re.search(r"processes +4096 +4096", limits) and re.search(r"core file size +0 +0", limits), limits


def test_system_is_read_only(make):
    supervisor = make(PLAIN)
    for path in ("/x", "/usr/x", "/usr/bin/x", "/etc/x", "/etc/passwd", "/dev/x", "/opt/x", "/proc/sys/kernel/core_pattern",
            "/run/coffer-init", "/run/user/1000/wayland-0"):
        output = supervisor.output_of("work", f"(: >> {path}) && echo worked")
        assert "worked" not in output, f"{path}: {output}"
    for path in ("/tmp/x", "/home/user/x", "/run/user/1000/x", "/dev/shm/x", "/var/tmp/x"):
        output = supervisor.output_of("work", f"(: >> {path}) && echo worked")
        assert output == "worked\n", f"{path}: {output}"
    # What can be written to is bounded.
    for path in ("/tmp", "/home/user", "/run", "/dev/shm"):
        size = supervisor.output_of("work", f"findmnt -nbo SIZE -M {path} || df -B1 --output=size {path}").split()[-1]
        with open("/proc/meminfo") as file:
            total = int(file.readline().split()[1]) * 1024
        assert 0 < int(size) <= total / 4 + 4096, f"{path}: {size}"


def test_host_is_not_there(make):
    """S1: sockets, processes, abstract names, devices, the home and the state of others."""
    supervisor = make(PLAIN + "instance other {\n\tpersist data\n}\n")
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0cofferdam-test-{os.getpid()}")
    abstract.listen()
    local = socket.create_server(("127.0.0.1", 0))
    supervisor.run("other", "true").check()

    processes = supervisor.output_of("work", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    for name in ("cofferdam-with-double", "double-compositor", "python", "bwrap", "podman", "conmon"):
        assert name not in processes, processes
    for path in (supervisor.path(), supervisor.path("control"), supervisor.path("shell", "wayland-0"),
            supervisor.path("instances", "other", "wayland-0"), supervisor.home, supervisor.state, supervisor.config,
            "/run/dbus", "/tmp/.X11-unix", "/root", "/var/lib", "/etc/shadow", "/etc/ssl/private",
            "/etc/machine-id.orig", "/boot", "/srv", "/mnt") + (() if BACKEND == "podman" else ("/sys",)):
        output = supervisor.output_of("work", f"test -e {path} && echo there")
        assert output == "", f"{path}: {output}"
    if BACKEND == "podman":
        # A runtime wants the directories, and gets them empty.
        assert supervisor.output_of("work", "find /sys").split() == ["/sys", "/sys/fs", "/sys/fs/cgroup"]
    # The inode numbers of sockets are the same on both sides: nothing of ours is in its list.
    names = supervisor.output_of("work", "cat /proc/net/unix")
    assert "cofferdam-test" not in names and "X11" not in names, names
    assert os.listdir("/tmp") and supervisor.output_of("work", "ls -A /tmp") == ""

    script = "import socket; s = socket.socket(socket.{}); s.settimeout(5); s.connect({!r})"
    for family, address in (("AF_UNIX", f"\0cofferdam-test-{os.getpid()}"), ("AF_INET", local.getsockname())):
        output = supervisor.output_of("work", f"python3 -c '{script.format(family, address)}' && echo connected".replace(
            "'\\x00", '"\\x00').replace("')'", "\")'") if family == "AF_UNIX" else
            f"python3 -c \"{script.format(family, address)}\" && echo connected")
        assert "refused" in output and "connected" not in output, output
    devices = supervisor.output_of("work", "ls /dev").split()
    assert sorted(devices) == ["core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
        "tty", "urandom", "zero"], devices
    interfaces = supervisor.output_of("work", "tail -n +3 /proc/net/dev | cut -d: -f1").split()
    assert interfaces == ["lo"], interfaces
    # No descriptor of the supervisor or of bwrap has come along.
    fds = supervisor.output_of("work", "ls /proc/self/fd | wc -l")
    assert fds.strip() == "4", fds
    abstract.close()
    local.close()


def test_first_process_is_out_of_reach(make):
    supervisor = make(PLAIN)
    output = supervisor.output_of("work", "kill -9 1; kill -STOP 1; kill -TERM 1; cat /proc/1/environ; cat /proc/1/mem; "
        "readlink /proc/1/fd/3; echo done")
    assert output.count("Permission denied") >= 1 and output.endswith("done\n"), output
    supervisor.run("work", "true").check()


def test_bus_of_its_own(make):
    supervisor = make(PLAIN + "instance other {\n}\n")
    command = ("dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId "
        "| tr -d ' \\n'")
    ids = [supervisor.output_of(name, command) for name in ("work", "other")]
    assert len(set(ids)) == 2 and all(re.fullmatch("[0-9a-f]{32}", id) for id in ids), ids


def test_only_what_is_persistent_stays(make):
    supervisor = make("instance work {\n\tpersist .config/app data\n\tpersist-file .history\n}\n")
    supervisor.output_of("work", "echo 1 > .config/app/rc; echo 2 > data/x; echo 3 > .history; echo 4 > gone; "
        "echo 5 > .config/gone; mkfifo data/fifo; ln -s / data/root")
    supervisor.ask("stop", "work").check()
    store = os.path.join(supervisor.state, "cofferdam", "work", "home")
    found = sorted(os.path.relpath(os.path.join(directory, name), store)
        for directory, directories, files in os.walk(store) for name in directories + files)
    assert found == [".config", ".config/app", ".config/app/rc", ".history", "data", "data/fifo", "data/root", "data/x"], found
    assert stat.S_IMODE(os.stat(store).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(os.path.join(store, ".history")).st_mode) == 0o600
    output = supervisor.output_of("work", "cat .config/app/rc data/x .history; ls -A . .config")
    assert output.startswith("1\n2\n3\n") and "gone" not in output, output


def test_hostile_state_stops_the_start(make):
    """S3: what an instance leaves in its own state opens nothing at its next start."""
    supervisor = make("instance work {\n\tpersist data\n}\n")
    supervisor.run("work", "true").check()
    supervisor.ask("stop", "work").check()
    supervisor.write_config("instance work {\n\tpersist data/deep\n}\n")
    secret = os.path.join(supervisor.directory, "secret")
    os.mkdir(secret)
    os.symlink(secret, os.path.join(supervisor.state, "cofferdam", "work", "home", "data", "deep"))
    supervisor.ask("reload").check()
    answer = supervisor.run("work", "touch", "/home/user/data/deep/x")
    assert answer.code == 11 and "symbolic link" in answer.text, answer.text
    entry = supervisor.ps()["work"]
    assert entry["state"] == "failed" and "persist data/deep" in entry["reason"], entry
    line = supervisor.compositor.expect_state("work", "failed")
    assert "persist data/deep" in line, line
    assert "symbolic link" in supervisor.compositor.expect("notice 1 work")
    assert os.listdir(secret) == []
    os.unlink(os.path.join(supervisor.state, "cofferdam", "work", "home", "data", "deep"))
    supervisor.run("work", "true").check()


def test_files_of_the_person(make):
    supervisor = make(PLAIN)
    documents = os.path.join(supervisor.home, "Documents")
    os.mkdir(documents)
    with open(os.path.join(documents, "note"), "w") as file:
        file.write("text\n")
    elsewhere = os.path.join(supervisor.directory, "elsewhere")
    os.mkdir(elsewhere)
    supervisor.write_config(f"instance work {{\n\tfiles ~/Documents rw\n\tfiles {elsewhere}\n}}\n"
        "instance missing {\n\tfiles ~/Nowhere\n}\n"
        f"instance greedy {{\n\tfiles {supervisor.state}\n}}\n")
    os.mkdir(supervisor.state)
    supervisor.ask("reload").check()
    output = supervisor.output_of("work", f"cat Documents/note; echo new > Documents/new; touch {elsewhere}/x")
    assert output.startswith("text\n") and "Read-only" in output, output
    with open(os.path.join(documents, "new")) as file:
        assert file.read() == "new\n"
    answer = supervisor.run("missing", "true")
    assert answer.code == 11 and "Nowhere" in answer.text and "does not exist" in answer.text, answer.text
    answer = supervisor.run("greedy", "true")
    assert answer.code == 11 and "the state of other instances" in answer.text, answer.text


def test_root_without_a_system(make):
    supervisor = make("instance empty {\n\troot /srv\n}\n")
    answer = supervisor.run("empty", "true")
    assert answer.code == 11 and "no system in it" in answer.text, answer.text
    root = os.path.join(supervisor.directory, "root")
    os.makedirs(os.path.join(root, "etc"))
    os.symlink("/usr", os.path.join(root, "usr"))
    supervisor.write_config(f"instance empty {{\n\troot {root}\n}}\n")
    supervisor.ask("reload").check()
    answer = supervisor.run("empty", "true")
    assert answer.code == 11 and "no system in it" in answer.text, "a link out of the root was followed"


def test_root_of_its_own(make):
    supervisor = make(PLAIN)
    root = os.path.join(supervisor.directory, "root")
    os.makedirs(os.path.join(root, "etc"))
    os.makedirs(os.path.join(root, "usr", "bin"))
    with open(os.path.join(root, "etc", "os-release"), "w") as file:
        file.write("ID=other\n")
    os.symlink("/etc", os.path.join(root, "etc", "xdg"))
    # A system needs no more than a static program.
    shutil.copy(os.environ["TEST_STATIC"], os.path.join(root, "usr", "bin", "show"))
    supervisor.write_config(f"instance work {{\n\troot {root}\n}}\n")
    supervisor.ask("reload").check()
    supervisor.run("work", "show", "/etc/os-release", "/etc/xdg/passwd", "/usr/bin/sh").check()
    wait_until(lambda: "show has ended" in supervisor.instance_log("work"), "the program's end")
    log = supervisor.instance_log("work")
    assert "ID=other\n" in log and "/etc/xdg/passwd: No such file" in log and "/usr/bin/sh: No such file" in log, log


def test_stops_what_does_not_want_to(make):
    supervisor = make("instance work {\n\tgrace 1\n}\n")
    supervisor.run("work", "sh", "-c", "trap '' TERM; setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' & "
        "while :; do sleep 1; done").check()
    family = descendants(supervisor.process.pid)
    assert len(family) > 4, family
    began = time.monotonic()
    supervisor.ask("stop", "work").check()
    assert time.monotonic() - began > 0.9
    left = [pid for pid in family if is_alive(pid) and pid != supervisor.compositor.pid]
    assert left == [], left
    assert descendants(supervisor.process.pid) == [supervisor.compositor.pid]


def test_stops_politely_at_first(make):
    supervisor = make("instance work {\n\tgrace 20\n}\n")
    supervisor.run("work", "sh", "-c", "trap 'echo asked to end; exit' TERM; echo ready; while :; do sleep 0.1; done").check()
    wait_until(lambda: "ready\n" in supervisor.instance_log("work"), "the program")
    supervisor.ask("stop", "work").check()
    assert "asked to end\n" in supervisor.instance_log("work")
    assert supervisor.ps()["work"]["state"] == "stopped"


def test_kill_is_at_once(make):
    supervisor = make("instance work {\n\tgrace 20\n}\n")
    supervisor.run("work", "sh", "-c", "trap '' TERM; while :; do sleep 1; done").check()
    began = time.monotonic()
    supervisor.ask("kill", "work").check()
    assert time.monotonic() - began < 10
    assert supervisor.ps()["work"]["state"] == "stopped"


def test_death_of_the_sandbox_is_seen(make):
    """S6: whatever of it is killed, it is failed with a reason, leaves nothing, and can be started again."""
    supervisor = make(PLAIN)
    for victim in ("bwrap", "coffer-init"):
        supervisor.run("work", "sleep", "1000").check()
        victims = [pid for pid in descendants(supervisor.process.pid) if command_of(pid) == victim]
        assert len(victims) == 1, victims
        os.kill(victims[0], signal.SIGKILL)
        supervisor.compositor.expect_state("work", "failed")
        entry = supervisor.ps()["work"]
        assert entry["state"] == "failed" and "signal 9" in entry["reason"], entry
        wait_until(lambda: descendants(supervisor.process.pid) == [supervisor.compositor.pid], "the sandbox's end")
    supervisor.run("work", "true").check()
    assert supervisor.ps()["work"]["state"] == "running"


def test_freeze_and_thaw(make):
    supervisor = make(PLAIN)
    supervisor.run("work", "sh", "-c", "while :; do echo tick; sleep 0.05; done").check()
    wait_until(lambda: "tick" in supervisor.instance_log("work"), "the first tick")
    supervisor.compositor.tell("order work 1")
    line = supervisor.compositor.expect(f"state work {STATES['running']} frozen=1")
    assert line
    # All but coffer-init and what is around it. One that had just ended is not reaped; a shell whose child stopped between
    # vfork() and exec waits for it in the kernel (D).
    inside = [pid for pid in descendants(supervisor.process.pid)
        if command_of(pid) not in ("bwrap", "coffer-init", "conmon", "double-composit", "podman")]
    assert len(inside) >= 2, inside
    assert all(state_of(pid) in ("T", "D", "Z", "X", "") for pid in inside), "all are stopped"
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "frozen" in answer.text, answer.text
    length = len(supervisor.instance_log("work"))
    supervisor.compositor.tell("order work 2")
    supervisor.compositor.expect(f"state work {STATES['running']} frozen=0")
    wait_until(lambda: len(supervisor.instance_log("work")) > length + 10, "another tick")
    supervisor.compositor.tell("order work 1")
    supervisor.compositor.expect(f"state work {STATES['running']} frozen=1")
    supervisor.ask("stop", "work").check()
    assert supervisor.ps()["work"]["state"] == "stopped"


def test_log_is_bounded_and_clean(make):
    supervisor = make(PLAIN)
    supervisor.run("work", "sh", "-c", "yes 0123456789abcdef | head -c 1600000; printf '\\033[31mred\\007\\n'; echo over").check()
    wait_until(lambda: "over\n" in supervisor.instance_log("work"), "the end of the flood", 40)
    log, old = supervisor.path("instances", "work", "log"), supervisor.path("instances", "work", "log.1")
    assert os.stat(log).st_size <= 1 << 20 and os.stat(old).st_size <= 1 << 20
    assert stat.S_IMODE(os.stat(log).st_mode) == 0o600
    assert "\\x1b[31mred\\x07\n" in supervisor.instance_log("work")
    assert supervisor.ask("logs", "work").check().text == log


def test_many_at_once(make):
    """Programs asked for while the sandbox is being built all start in the one sandbox."""
    supervisor = make(PLAIN)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(supervisor.run("work", "readlink", "/proc/self/ns/pid")))
        for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.code for answer in answers] == [0] * 8, [answer.text for answer in answers]
    wait_until(lambda: supervisor.instance_log("work").count("pid:[") == 8, "eight answers")
    names = set(re.findall(r"pid:\[\d+\]", supervisor.instance_log("work")))
    assert len(names) == 1, names


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
