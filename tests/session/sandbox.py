"""From inside an instance, by real programs: what must not be there, and what must. tests/attacks/s1_reach.c and s4_kernel.c
try harder."""

import json
import os
import pathlib
import shlex
import socket

from checks import check, check_equal, check_in, check_not_in, wait_for
from harness import main
from session import last_said

TWO = """
instance alpha {
	env "GREETING=hello there"
}

instance beta {
}
"""


def python(source):
    return f"python3 -c {shlex.quote(source)}"


def reach_nothing_of_the_host_or_of_others(case):
    session = case.session(TWO)
    session.start("beta", "foot")
    session.ok("run", "alpha", "sleep", "1000")

    for path in (case.runtime / "cofferdam/control", session.socket,
                 case.runtime / "cofferdam/instances/beta/wayland-0", case.home, case.state, "/run/dbus",
                 "/run/systemd", "/run/user/0", "/etc/shadow", "/root", "/boot", "/mnt", "/srv"):
        code, _ = session.inside("alpha", f"test -e {shlex.quote(str(path))}")
        check_equal(code, 1, f"whether alpha sees {path}")
    # wlr-randr's kind of question: what the instance's own socket offers holds nothing of the trusted shell's.
    offered = session.inside_ok("alpha", "wayland-info")
    check_in("xdg_wm_base", offered, "what alpha's socket offers")
    for name in ("layer_shell", "screencopy", "capture", "virtual_", "data_control", "foreign_toplevel", "input_method",
                 "session_lock", "gamma", "output_manage", "idle_notif", "security_context"):
        check_not_in(name, offered, "what alpha's socket offers")


def run_without_any_right(case):
    session = case.session(TWO)
    status = dict(line.split(":\t", 1) for line in
                  session.inside_ok("alpha", "cat /proc/self/status").splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        check_equal(int(status[name], 16), 0, f"{name} of a program in alpha")
    check_equal(status["NoNewPrivs"], "1", "NoNewPrivs of a program in alpha")
    check_equal(status["Seccomp"], "2", "Seccomp of a program in alpha")
    # An ordinary user cannot give groups up; those that are not the instance's own have no name inside.
    kept = {"1000", "65534"} if os.getuid() else set()
    check(set(status["Groups"].split()) <= kept, f"supplementary groups of a program in alpha: {status['Groups']}")
    devices = set(session.inside_ok("alpha", "ls /dev").split())
    check(devices <= {"console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
                      "stdout", "tty", "urandom", "zero"}, f"devices in alpha: {devices}")
    check_equal(session.state("alpha"), "running", "the state of alpha after all that")


def show_a_made_up_person_and_machine(case):
    session = case.session(TWO)
    check_equal(session.inside_ok("alpha", "id -u; id -un; id -g; echo ~; hostname 2>/dev/null || uname -n").split(),
                ["1000", "user", "1000", "/home/user", "alpha"], "who and where alpha is")
    passwd = [line.split(":")[0] for line in session.inside_ok("alpha", "cat /etc/passwd").splitlines()]
    check_equal(passwd, ["root", "user", "nobody"], "people in alpha")
    check_equal(session.inside_ok("alpha", 'stat -f -c %T "$HOME"; ls -A "$HOME" | wc -l').split(), ["tmpfs", "0"],
                "the home of alpha")
    top = set(session.inside_ok("alpha", "ls -A /").split())
    extra = top - set("bin dev etc home lib lib32 lib64 libx32 opt proc run sbin sys tmp usr var".split())
    check(not extra, f"in the root of alpha: {extra}")
    first = session.inside_ok("alpha", "cat /etc/machine-id").strip()
    check_equal(len(first), 32, "digits of the machine-id of alpha")
    host = pathlib.Path("/etc/machine-id")
    check(first != (host.read_text().strip() if host.exists() else ""), "its machine-id is not the machine's")
    check(first != session.inside_ok("beta", "cat /etc/machine-id").strip(), "beta has a machine-id of its own")
    session.ok("stop", "alpha")
    check(first != session.inside_ok("alpha", "cat /etc/machine-id").strip(), "and another at every start")
    code, _ = session.inside("alpha", "grep -rqs -e ^ssh- -e PRIVATE /etc")
    check(code != 0, "no private key in /etc")


def build_the_environment_from_nothing(case):
    session = case.session(TWO, environment={"TZ": "Europe/Berlin", "LC_TIME": "C", "SECRET": "of the host",
                                             "LD_PRELOAD_": "x", "SSH_AUTH_SOCK": "/tmp/agent"})
    # In one line, which comes whole.
    session.ok("run", "alpha", "python3", "-c", "import json, os; print('found', json.dumps(dict(os.environ)))")
    line = wait_for("the environment", lambda: last_said(session, "alpha", "found"))
    found = json.loads(line)
    expected = {
        "HOME": "/home/user", "USER": "user", "LOGNAME": "user", "PATH": "/usr/local/bin:/usr/bin:/bin",
        "XDG_RUNTIME_DIR": "/run/user/1000", "WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "wayland",
        "XDG_CURRENT_DESKTOP": "cofferdam", "GDK_BACKEND": "wayland", "QT_QPA_PLATFORM": "wayland",
        "SDL_VIDEODRIVER": "wayland", "MOZ_ENABLE_WAYLAND": "1", "NO_AT_BRIDGE": "1", "GTK_A11Y": "none",
        "SHELL": "/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus",
        "TZ": "Europe/Berlin", "LANG": "C.UTF-8", "LC_TIME": "C", "GREETING": "hello there",
    }
    check_equal(found, expected, "the environment in alpha")
    check_in(session.inside_ok("alpha", "date +%Z").strip(), ("CET", "CEST"), "the time zone in alpha")


def find_fonts_locale_and_certificates(case):
    session = case.session(TWO)
    fonts = session.inside_ok("alpha", "fc-list | wc -l; fc-match -f '%{file}' sans-serif").split()
    check(int(fonts[0]) > 0, "fonts are found in alpha")
    check_equal(session.inside("alpha", f"test -r {fonts[1]}")[0], 0, f"whether {fonts[1]} can be read in alpha")
    check_equal(session.inside_ok("alpha", "locale charmap").strip(), "UTF-8", "the character set in alpha")
    code, out = session.inside("alpha", python(
        "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"))
    check(code == 0 and int(out) > 0, f"certificates are found in alpha: {out}")
    code, out = session.inside("alpha", "cat /etc/localtime | head -c 4")
    check(code == 0 and out in ("TZif", "") or not os.path.exists("/etc/localtime"), f"/etc/localtime in alpha: {out}")
    check_equal(session.inside("alpha", "infocmp foot >/dev/null")[0], 0, "whether terminfo is found in alpha")


def keep_what_is_declared_and_nothing_else(case):
    shared = case.home / "shared"
    shared.mkdir()
    (shared / "read-only").mkdir()
    (shared / "read-only/hello").write_text("from outside\n")
    (shared / "both-ways").mkdir()
    (shared / "one-file").write_text("alone\n")
    (case.home / "secret").write_text("not declared\n")
    session = case.session("""
instance alpha {
	persist notes .local/share/deep
	persist-file .config/settings
	files ~/shared/read-only
	files ~/shared/both-ways rw
	files ~/shared/one-file ro
}
instance beta {
}
""")
    store = case.state / "cofferdam/alpha/home"
    session.inside_ok("alpha", "echo kept > notes/a; echo deep > .local/share/deep/b; echo set > .config/settings; "
                      "echo gone > elsewhere; echo gone > .config/other; echo gone > /tmp/x; echo gone > /dev/shm/x")
    check_equal(store.stat().st_mode & 0o777, 0o700, "the mode of the store")
    check_equal((store / "notes/a").read_text(), "kept\n", "what the store holds")
    check_equal((store / "notes/a").stat().st_uid, os.getuid(), "whose it is")
    check_equal((store / ".config/settings").read_text(), "set\n", "what the store holds")
    for how in ("stop", "kill"):
        session.ok(how, "alpha")
        check_equal(session.inside_ok("alpha", "cat notes/a .local/share/deep/b .config/settings").split(),
                    ["kept", "deep", "set"], f"what is there after coffer {how}")
        for path in ("elsewhere", ".config/other", "/tmp/x", "/dev/shm/x"):
            check_equal(session.inside("alpha", f"test -e {path}")[0], 1, f"whether {path} outlasts coffer {how}")
    left = {str(path.relative_to(store)) for path in store.rglob("*")}
    check_equal(left - {".config", ".local", ".local/share"},
                {"notes", "notes/a", ".local/share/deep", ".local/share/deep/b", ".config/settings"}, "all that the store holds")

    check_equal(session.inside_ok("alpha", "cat shared/read-only/hello shared/one-file").split("\n")[:2],
                ["from outside", "alone"], "what is shared")
    session.inside_ok("alpha", "echo from inside > shared/both-ways/reply")
    check_equal((shared / "both-ways/reply").read_text(), "from inside\n", "what was written to a shared directory")
    for path in ("shared/read-only/new", "shared/read-only/hello", "shared/one-file"):
        code, out = session.inside("alpha", f"echo x > {path}")
        check(code != 0 and "Read-only" in out, f"writing to {path}: {out}")
    for name in ("alpha", "beta"):
        check_equal(session.inside(name, "test -e secret")[0], 1, f"whether {name} sees what is not declared")
    check_equal(session.inside("beta", "test -e shared")[0], 1, "whether beta sees what alpha may")


def share_neither_the_store_nor_the_sockets(case):
    """What would hand one instance the keys to all others is refused when it starts, whatever the config says."""
    paths = [case.state, case.runtime, case.runtime / "cofferdam", case.runtime / "cofferdam/instances/beta",
             case.config / "cofferdam"]
    (case.config / "cofferdam").mkdir()
    session = case.session("".join(
        f"instance i{number} {{\n\tfiles {path} rw\n}}\n" for number, path in enumerate(paths)) + TWO)
    for number, path in enumerate(paths):
        result = session.coffer("run", f"i{number}", "true")
        check_equal(result.code, 1, f"the exit code of coffer run with files {path}")
        check_in("share something smaller", result.err, f"what is said of files {path}")
        check_equal(session.state(f"i{number}"), "failed", f"the state with files {path}")
    for path in (case.home, case.directory, "/"):
        bad = case.directory / "bad.scfg"
        bad.write_text(f"instance alpha {{\n\tfiles {path} rw\n}}\n")
        check_equal(session.coffer("check", str(bad)).code, 5, f"the exit code of coffer check with files {path}")


def have_no_network_but_its_own_loopback(case):
    session = case.session(TWO)
    names = session.inside_ok("alpha", python("import socket; print(*(name for _, name in socket.if_nameindex()))"))
    check_equal(names.split(), ["lo"], "network interfaces in alpha")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code, _ = session.inside("alpha", python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)"))
        check_equal(code, 1, "connecting to a port of the host from alpha")
        listener.setblocking(False)
        check_equal(accepted(listener), 0, "connections that the host has seen")
    check(session.inside("alpha", "ls /sys/class/net")[0] != 0, "the host's devices are not to be seen")


def accepted(listener):
    count = 0
    while True:
        try:
            listener.accept()[0].close()
            count += 1
        except BlockingIOError:
            return count


def have_a_bus_of_its_own(case):
    session = case.session(TWO)
    call = "gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus."
    first = session.inside_ok("alpha", call + "GetId")
    second = session.inside_ok("beta", call + "GetId")
    check(first != second, "each instance has a bus of its own")
    check_equal(session.inside_ok("alpha", call + "GetId"), first, "the bus stays the same")
    claim = ("import gi; from gi.repository import Gio, GLib; "
             "Gio.bus_own_name(Gio.BusType.SESSION, 'org.example.Alpha', 0, None, "
             "lambda *_: print('name owned', flush=True), None); GLib.MainLoop().run()")
    session.ok("run", "alpha", "python3", "-c", claim)
    session.wait_instance_log("alpha", "name owned")
    check_in("org.example.Alpha", session.inside_ok("alpha", call + "ListNames"), "names on the bus of alpha")
    check_not_in("org.example.Alpha", session.inside_ok("beta", call + "ListNames"), "names on the bus of beta")
    code, _ = session.inside("alpha", call.replace("--session", "--system") + "GetId")
    check(code != 0, "the host's system bus is not to be reached")


if __name__ == "__main__":
    main(
        reach_nothing_of_the_host_or_of_others, run_without_any_right,
        show_a_made_up_person_and_machine, build_the_environment_from_nothing, find_fonts_locale_and_certificates,
        keep_what_is_declared_and_nothing_else, share_neither_the_store_nor_the_sockets,
        have_no_network_but_its_own_loopback, have_a_bus_of_its_own,
    )
