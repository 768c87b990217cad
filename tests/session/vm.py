"""Instances with a kernel of their own: `backend vm`, all of it emulated, which takes many seconds to start."""

import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import struct
import sys

import network
from checks import FACTOR, PATIENCE, check, check_equal, check_in, check_not_in, program, wait_for
from harness import main
from processes import descendants, name_of

BOOT = 200 * FACTOR  # what the supervisor allows, on a machine that has other things to do
GUEST = "backend vm\n\tacceleration none\n\tmemory 1G\n\tgrace 0\n"


def guest(more=""):
    # A key that is held while the guest is busy would repeat.
    return f"input keyboard {{\n\trepeat-rate 0\n}}\n\ninstance guest {{\n\t{GUEST}\t{more}\n}}\n"


def run(session, *command):
    """coffer run, however long the guest takes to boot."""
    result = session.coffer("run", "guest", *command, timeout=BOOT + PATIENCE)
    check_equal((result.code, result.err), (0, ""), f"the end of coffer run guest {' '.join(command)}")


def inside(session, script):
    return session.inside_ok("guest", script, BOOT)


def processes_of(session, name):
    return [pid for pid in descendants(session.pid) if name_of(pid) == name[:15]]


def use_a_guest_as_any_other_instance(case):
    shared = case.home / "shared"
    shared.mkdir()
    (shared / "hello").write_text("from outside\n")
    session = case.session(guest("persist notes\n\tpersist-file .config/settings\n\tfiles ~/shared"))
    run(session, "foot", "--title", "in a guest")
    wait_for("a window of the guest", lambda: session.windows("guest"), BOOT)
    window = session.wait_window("guest", "in a guest")
    check_equal(window["app_id"], "foot", "the app id of the window")

    # Who and where it is: nothing of the host, nor of the guest's own kernel, is in its hands. Asked in one go.
    hidden = " ".join(shlex.quote(str(path)) for path in (
        case.runtime, case.state, "/run/vm", "/instance", "/root", "/boot", "/etc/shadow", "/sys"))
    said = inside(session, "id -u; id -un; id -g; echo ~; hostname; cat /proc/1/comm /proc/cmdline; ls -A /; "
                  f"for path in {hidden}; do test ! -e $path || echo seen $path; done; "
                  "for path in /usr /etc shared; do ! echo x 2>/dev/null >$path/new || echo written $path; done; "
                  "cat shared/hello /proc/self/status")
    check_equal(said.split()[:6], ["1000", "user", "1000", "/home/user", "guest", "coffer-init"], "who and where it is")
    check_in(" -- guest ", said, "the command line of the guest's kernel")
    for word in ("seen", "written"):
        check_not_in(word, said, "what it should neither see nor write")
    check_in("from outside\n", said, "what the guest was given to read")
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        check_in(line, said, "the status of a program in the guest")

    # What a person types arrives, and what is kept is the person's.
    session.focus("guest", "in a guest")
    session.type("echo typed >notes/a; echo set >.config/settings; echo lost >elsewhere\n")
    kept = case.state / "cofferdam/guest/home"
    wait_for("what was typed", lambda: (kept / "notes/a").exists() and (kept / "notes/a").read_text() == "typed\n", BOOT)
    wait_for("all that was typed", lambda: session.inside("guest", "test -s elsewhere", BOOT)[0] == 0, BOOT)
    check_equal((kept / ".config/settings").read_text(), "set\n", "what the guest has kept in a file")
    check_equal(((kept / "notes/a").stat().st_uid, (kept / "notes/a").stat().st_gid), (os.getuid(), os.getgid()), "whose it is")
    difference = session.ok("state", "diff", "guest")
    check_in("elsewhere", difference, "what the guest would lose")
    check_not_in("notes/a", difference, "what the guest would lose")

    # It stands still for a backup, and goes on.
    result = session.coffer("backup", "--to", str(case.directory / "backup"))
    check_equal((result.code, result.err), (0, ""), "the end of coffer backup")
    check_equal((case.directory / "backup/store/guest/home/notes/a").read_text(), "typed\n", "what is in the backup")
    check_equal(inside(session, "cat notes/a"), "typed\n", "what the guest has after the backup")

    session.ok("stop", "guest")
    check_equal(session.state("guest"), "stopped", "the state of the guest")
    check_equal(session.ps("guest")["reason"], "", "and why")
    check(not session.windows("guest"), "its window is gone")
    check(not processes_of(session, "qemu-system-x86_64"), "its machine is gone")

    # The same state under the other backend, and back.
    case.write_config("instance guest {\n\tpersist notes\n}\n")
    session.ok("reload")
    check_equal(session.inside_ok("guest", "cat notes/a; echo back >notes/b; ls -ln notes | sed 1d | cut -d' ' -f3,4").split(),
                ["typed", "1000", "1000", "1000", "1000"], "what a guest left, in a sandbox")
    session.ok("stop", "guest")
    case.write_config(guest("persist notes"))
    session.ok("reload")
    run(session, "sh", "-c", "cat notes/b; echo more >>notes/b; ls -ln notes")
    wait_for("what a sandbox left", lambda: (kept / "notes/b").read_text() == "back\nmore\n", BOOT)
    # A session that ends takes its guest with it, and all that it had written is kept.
    session.stop()
    check_equal((kept / "notes/b").read_text(), "back\nmore\n", "what outlasts the session")


def say_why_a_guest_has_ended(case):
    missing = network.what_is_missing()
    session = case.session(guest("" if missing else "network nat"))
    with socket.create_server(("", 0)) as everywhere:
        run(session, "sleep", "1000")
        if not missing:
            addresses = json.loads(inside(session, f"python3 -c {shlex.quote(network.LOOK)}"))
            check_equal(sorted(addresses), ["eth0", "lo"], "the interfaces of the guest")
            check(addresses["eth0"], "it has an address")
            port = everywhere.getsockname()[1]
            targets = [(host, port) for host in ("127.0.0.1", "10.0.2.2", network.gateway(), network.own_address())]
            inside(session, f"python3 -c {shlex.quote(network.CONNECT)} {shlex.quote(json.dumps(targets))}")
            check_equal(network.accepted(everywhere), 0, f"connections from the guest, which tried {targets}")
    for name in ("virtiofsd", "qemu-system-x86_64"):
        run(session, "sleep", "1000")
        os.kill(processes_of(session, name)[0], signal.SIGKILL)
        wait_for("the guest to have failed", lambda: session.state("guest") == "failed")
        check_in("ended by itself", session.ps("guest")["reason"], f"the reason after {name} was killed")
        check_in(f"coffer-vm: {name} was ended by signal 9", session.instance_log("guest"), "the log of the guest")
        wait_for("the rest to go", lambda: not processes_of(session, "coffer-vm"))

    # One that is booting can be ended at once.
    words = [program("coffer"), "run", "guest", "true"]
    starting = case.helper(*words, environment=session.environment)
    wait_for("its machine", lambda: processes_of(session, "qemu-system-x86_64"))
    session.ok("kill", "guest")
    check_equal(session.state("guest"), "stopped", "the state of the guest")
    check_equal(starting.wait(PATIENCE), 1, "the end of who has asked for a program")


def outlast_the_compositor_and_not_the_supervisor(case):
    session = case.session(guest())
    run(session, "foot", "--title", "before")
    wait_for("a window of the guest", lambda: session.windows("guest"), BOOT)
    machine, = processes_of(session, "qemu-system-x86_64")
    old = session.compositor()
    os.kill(old, signal.SIGKILL)
    wait_for("another compositor", lambda: session.compositor() not in (0, old))
    wait_for("an answer from the new compositor", lambda: session.coffer("windows").code == 0)
    # As in a sandbox: the program has gone with its connection, and the next one gets a window.
    run(session, "foot", "--title", "after")
    wait_for("a window of the same guest", lambda: session.windows("guest"), BOOT)
    check_equal([window["title"] for window in session.windows("guest")], ["after"], "its windows")
    check_equal(processes_of(session, "qemu-system-x86_64"), [machine], "its machine")

    session.process.kill()
    session.expected_code = -signal.SIGKILL
    check_equal(session.wait_end(), -signal.SIGKILL, "the end of the supervisor")
    wait_for("the guest and all around it to follow the supervisor", lambda: not case.left())
    check_equal(case.session(guest()).state("guest"), "stopped", "the state of the guest in the next session")


def say_what_is_missing(case):
    tools = case.directory / "tools"
    tools.mkdir()
    for name in ("bwrap", "vhost-device-vsock"):
        (tools / name).symlink_to(shutil.which(name))
    session = case.session(guest("persist notes"), environment={"PATH": str(tools)})
    for wanted, said in (
        ("qemu-system-x86_64", "backend vm needs qemu-system-x86_64 (package qemu-system-x86 or qemu)"),
        ("waypipe", "backend vm needs waypipe (package waypipe)"),
    ):
        result = session.case.run(program("coffer"), "run", "guest", "true", environment=case.environment)
        check_equal(result.code, 1, "the end of coffer run")
        check_in(said, result.err, "what it says")
        (tools / wanted).symlink_to(shutil.which(wanted))
    for line, said in (
        (f"kernel {case.directory}/no-kernel", "no-kernel: No such file or directory"),
        (f"root {case.directory}/root", "there is no waypipe in its root"),
    ):
        (case.directory / "root/usr").mkdir(parents=True, exist_ok=True)
        case.write_config(guest(line))
        session.ok("reload")
        result = session.case.run(program("coffer"), "run", "guest", "true", environment=case.environment)
        check_equal(result.code, 1, "the end of coffer run")
        check_in(said, result.err, "what it says")


def libraries_of(path):
    """Of a program, its dynamic linker and libraries."""
    for line in os.popen(f"ldd {shlex.quote(path)}").read().splitlines():
        words = line.split()
        found = words[2] if "=>" in words else words[0]
        if found.startswith("/"):
            yield found


def copy_with_linker(real, to, linker):
    """A program whose dynamic linker is another: the program header of elf(5) that names it points behind the file's end."""
    elf = bytearray(pathlib.Path(real).read_bytes())
    headers, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    at, = (at for at in range(headers, headers + size * count, size) if struct.unpack_from("<I", elf, at)[0] == 3)
    name = str(linker).encode() + b"\0"
    struct.pack_into("<Q", elf, at + 8, len(elf))
    struct.pack_into("<Q", elf, at + 32, len(name))
    to.write_bytes(elf + name)
    to.chmod(0o755)


def see_its_closure_alone(case):
    # A store of our own: Nix's programs name their linker and libraries by their paths; these are made to.
    store = case.directory / "store"
    root = store / f"{'0' * 32}-coffer-guest"
    (root / "sw/bin").mkdir(parents=True)
    (root / "lib").mkdir()
    (root / "store-paths").write_text("")
    for name in ("waypipe", "wayland-info", "ls"):
        real = os.path.realpath(shutil.which(name))
        libraries = list(libraries_of(real))
        for library in libraries:
            shutil.copy(library, root / "lib")
        linker, = (os.path.basename(path) for path in libraries if os.path.basename(path).startswith("ld-linux"))
        copy_with_linker(real, root / f"sw/bin/{name}.real", root / "lib" / linker)
        shutil.copy(program("brings_its_own"), root / "sw/bin" / name)
    other = store / f"{'1' * 32}-secret"
    other.mkdir()
    session = case.session(guest(f"root closure {root}\n\tpersist notes"))
    run(session, "wayland-info")
    wait_for("what the guest's Wayland socket offers", lambda: "wl_compositor" in session.instance_log("guest"), BOOT)
    run(session, "ls", "-A", "/", "/usr", "/bin", str(store), "/home/user")
    wait_for("the end of ls", lambda: "ls has ended" in session.instance_log("guest"), BOOT)
    log = session.instance_log("guest")
    check_not_in("secret", log, "what the guest sees")
    check_in(f"{'0' * 32}-coffer-guest", log, "what the guest sees")
    check_in("notes", log, "what the guest sees")
    for path in ("/usr", "/bin"):
        check_in(f"{path}': No such file", log, "what the guest sees")
    session.ok("stop", "guest")
    check_equal(session.state("guest"), "stopped", "the state of the guest")


def what_is_missing():
    if os.uname().machine != "x86_64":
        return "backend vm is for x86_64"
    for name in ("qemu-system-x86_64", "vhost-device-vsock", "waypipe"):
        if shutil.which(name) is None:
            return f"{name} is not here"
    if not any(os.path.exists(f"{place}/virtiofsd") for place in ("/usr/libexec", "/usr/lib/qemu", "/usr/lib")):
        return "virtiofsd is not here"
    if not list(pathlib.Path("/usr/lib/modules").glob("*/modules.dep")):
        return "a kernel is not here"
    return None


if __name__ == "__main__":
    if what_is_missing():
        print(f"1..0 # SKIP {what_is_missing()}")
        sys.exit(0)
    main(use_a_guest_as_any_other_instance, say_why_a_guest_has_ended, outlast_the_compositor_and_not_the_supervisor,
         say_what_is_missing, see_its_closure_alone)
