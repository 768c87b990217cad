"""What is podman's own: what is around the container, what it leaves, what it lacks. The other tests with TEST_BACKEND
show that the rest is as with bubblewrap."""

import os
import pathlib
import signal
import subprocess

from supervisor import command_of, descendants, is_alive, run_tests, wait_until

PODMAN = "instance work {\n\tbackend podman\n\tpersist data\n}\n"


def find(supervisor, name):
    found = [pid for pid in descendants(supervisor.process.pid) if command_of(pid) == name]
    assert len(found) == 1, (name, found)
    return found[0]


def tree(directory):
    return sorted(str(path.relative_to(directory)) for path in pathlib.Path(directory).rglob("*"))


def test_container_has_one_user(make):
    supervisor = make(PODMAN)
    for file in ("uid_map", "gid_map"):
        assert supervisor.output_of("work", f"cat /proc/self/{file}").split() == ["1000", "0", "1"]
    # Its first process, not podman, is what is asked for, measured and looked into.
    status = pathlib.Path(f"/proc/{find(supervisor, 'coffer-init')}/status").read_text()
    assert f"Uid:\t{os.getuid()}\t" in status and "Seccomp:\t2" in status and "CapEff:\t0000000000000000" in status, status
    assert int(supervisor.ps()["work"]["pids"]) <= 3, supervisor.ps()


def test_user_namespaces_are_counted(make):
    """Were it not for the filter, there could be no more of them all the same: not even in the carrier."""
    for network in ("none", "nat"):
        if network == "nat" and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            continue
        supervisor = make(PODMAN.replace("persist", f"network {network}\n\tpersist"))
        supervisor.run("work", "sleep", "1000").check()
        for name in ("podman", "coffer-init"):
            enter = ["nsenter", "--preserve-credentials", "--user", "--target", str(find(supervisor, name))]
            assert subprocess.run([*enter, "true"], check=True)
            said = subprocess.run([*enter, "unshare", "--user", "true"], capture_output=True, text=True)
            assert said.returncode != 0 and "No space left" in said.stderr, (network, name, said)


def test_carrier_has_nothing_of_the_person(make):
    supervisor = make(PODMAN)
    supervisor.run("work", "sleep", "1000").check()
    podman = find(supervisor, "podman")
    root = pathlib.Path(f"/proc/{podman}/root")
    present = {entry.name for entry in root.iterdir()}
    assert present <= set("bin dev etc instance lib lib32 lib64 libx32 nix proc run sbin sys tmp usr var".split()), present
    assert {entry.name for entry in (root / "etc").iterdir()} <= {
        "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"}
    assert {entry.name for entry in (root / "run").iterdir()} <= {"covered", "crun", "podman", "seccomp.json", "user", "lock", "libpod"}
    assert not any((root / "run/covered").iterdir()) if (root / "run/covered").exists() else True
    for directory in (supervisor.home, supervisor.state, supervisor.runtime):
        assert not (root / directory[1:]).exists(), directory
    environment = pathlib.Path(f"/proc/{podman}/environ").read_text()
    names = {word.split("=")[0] for word in environment.split("\0") if word}
    assert names <= {"CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "HOME", "PWD", "XDG_RUNTIME_DIR"}, names
    interfaces = pathlib.Path(f"/proc/{podman}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"], interfaces


def test_podman_of_the_person_is_left_alone(make):
    """Settings that nobody could start with are not read, and nothing is written where podman would."""
    supervisor = make(PODMAN, start=False)
    settings = pathlib.Path(supervisor.home, ".config/containers")
    settings.mkdir(parents=True)
    for name in ("containers.conf", "storage.conf", "registries.conf", "policy.json"):
        (settings / name).write_text("this is [ no setting")
        supervisor.environment["CONTAINERS_" + name.split(".")[0].upper()] = str(settings / name)
    supervisor.environment["CONTAINERS_CONF"] = supervisor.environment["CONTAINERS_STORAGE_CONF"] = str(settings / "containers.conf")
    before = tree(supervisor.home)
    supervisor.start()
    for end in ("stop", "kill"):
        supervisor.run("work", "sleep", "1000").check()
        supervisor.ask(end, "work").check()
        assert supervisor.ps()["work"]["state"] == "stopped"
        assert tree(supervisor.home) == before
        assert os.listdir(supervisor.runtime) == ["cofferdam"], os.listdir(supervisor.runtime)
        assert sorted(os.listdir(supervisor.path("instances", "work"))) == ["log", "wayland-0"]
        assert descendants(supervisor.process.pid) == [supervisor.compositor.pid]


def test_what_is_kept_is_the_person_s(make):
    """Written in the one, read and written in the other, and back: whose it is does not change."""
    supervisor = make(PODMAN)
    kept = pathlib.Path(supervisor.state, "cofferdam/work/home/data")
    for number, backend in enumerate(("podman", "bubblewrap", "podman")):
        supervisor.write_config(PODMAN.replace("podman", backend))
        supervisor.ask("reload").check()
        output = supervisor.output_of("work", f"cat data/*; echo {backend} > data/{number}; mkdir -m 700 data/d{number}; "
                                      f": > data/d{number}/x; ls -ln data data/d*")
        assert supervisor.ps()["work"]["backend"] == backend
        assert output.startswith("podman\nbubblewrap\n" if number == 2 else "podman\n" if number == 1 else "cat: "), output
        owners = {tuple(line.split()[2:4]) for line in output.splitlines() if line.startswith(("-r", "dr"))}
        assert owners == {("1000", "1000")}, output
        supervisor.ask("stop", "work").check()
    for path in (kept, *kept.rglob("*")):
        assert (path.stat().st_uid, path.stat().st_gid) == (os.getuid(), os.getgid()), path
    assert (kept / "2").read_text() == "podman\n"


def test_nothing_outlives_the_supervisor(make):
    supervisor = make(PODMAN)
    supervisor.run("work", "sh", "-c", "setsid sleep 1000 & sleep 1000").check()
    wait_until(lambda: [command_of(pid) for pid in descendants(supervisor.process.pid)].count("sleep") == 2, "both programs")
    family = descendants(supervisor.process.pid)
    assert {"bwrap", "podman", "conmon", "coffer-init"} <= {command_of(pid) for pid in family}
    supervisor.process.send_signal(signal.SIGKILL)
    supervisor.process.wait()
    for pid in family:
        wait_until(lambda: not is_alive(pid), f"the end of {command_of(pid)}")
    # The next one starts it as if nothing had been.
    supervisor.start()
    assert supervisor.output_of("work", "echo again") == "again\n"


def test_what_is_missing_is_said(make):
    supervisor = make(PODMAN + "instance other {\n}\n", start=False)
    tools = os.path.join(supervisor.directory, "bin")
    os.mkdir(tools)
    supervisor.environment["PATH"] = tools
    os.symlink("/usr/bin/bwrap", os.path.join(tools, "bwrap"))
    supervisor.start()
    for name in ("podman", "crun"):
        answer = supervisor.run("work", "true")
        assert answer.code == 11 and f"backend podman needs {name} (package {name})" in answer.text, answer.text
        os.symlink(f"/usr/bin/{name}", os.path.join(tools, name))
    # One of the person's own is none: it would not be in the carrier.
    os.unlink(os.path.join(tools, "crun"))
    with open(os.path.join(tools, "crun"), "w") as file:
        file.write("#!/bin/sh\n")
    os.chmod(os.path.join(tools, "crun"), 0o755)
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "is not part of the system: backend podman needs one in /usr" in answer.text, answer.text
    assert descendants(supervisor.process.pid) == [supervisor.compositor.pid]
    assert supervisor.run("other", "true").check()


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
