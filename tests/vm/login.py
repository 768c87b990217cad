#!/usr/bin/env python3
"""The session as a person logs into it: a kernel, a screen, a keyboard and a pointer of its own, an ordinary user, seatd.

Usage: login.py BUILD PREFIX PICTURES [NAME…]. What the tests beside this cannot reach without a screen is here: devices that come
and go, virtual terminals, the compositor confined on real devices; and, since the machine has cgroup v2, what the kernel
limits. One machine for all; every case begins on a desktop of its own, but the last. `./dev vm` runs this.
"""

import functools
import json
import pathlib
import sys
import time
import traceback

from machine import Failure, Machine, wait_for
from checks import BAND_HEIGHT, STRIP_HEIGHT, check, check_equal, check_in
from picture import Box, color

WORK, PERSONAL = "#1775fd", "#fa9719"

CONFIG = f"""
input keyboard {{
	xkb-layout us,de
}}
instance work {{
	color "{WORK}"
	app terminal foot
	files ~/work rw
}}
instance personal {{
	color "{PERSONAL}"
	app terminal foot
	files ~/personal rw
}}
bind Super+Return run work terminal
bind Super+Shift+Return run personal terminal
bind Super+C clipboard-take
bind Super+V clipboard-give
bind Super+Q close
bind Super+J focus next
bind Super+N layout-next
"""


class Login:
    """A desktop of one user's on one virtual terminal."""

    def __init__(self, machine, prefix, who="person", terminal=1):
        self.machine, self.prefix, self.who, self.terminal = machine, prefix, who, terminal
        self.uid = {"person": 1000, "stranger": 1001}[who]
        self.home = f"/home/{who}"

    def as_user(self, command):
        return (f"setpriv --reuid {self.who} --regid {self.who} --init-groups env -i PATH={self.prefix}/bin:/usr/bin:/bin LANG=C.UTF-8 "
                f"HOME={self.home} USER={self.who} XDG_RUNTIME_DIR=/run/user/{self.uid} LIBSEAT_BACKEND=seatd WLR_RENDERER=pixman "
                f"sh -c '{command}'")

    def start(self):
        self.machine.run(f"rm -rf {self.home}/.config {self.home}/.local {self.home}/session.*; mkdir -p {self.home}/.config/cofferdam {self.home}/work {self.home}/personal; "
                         f"cat >{self.home}/.config/cofferdam/config <<'END'\n{CONFIG}\nEND\nchown -R {self.who}:{self.who} {self.home}")
        script = self.as_user(f"cd; cofferdam -v >{self.home}/session.log 2>&1; echo $? >{self.home}/session.end")
        self.machine.run(f"cat >/run/start <<'END'\n{script}\nEND\nopenvt -f -c {self.terminal} -s -- sh /run/start")
        wait_for("the desktop", lambda: self.coffer("windows")[0] == 0)

    def coffer(self, words):
        return self.machine.try_run(self.as_user(f"coffer {words}"))

    def windows(self):
        code, out = self.coffer("windows --json")
        return json.loads(out) if code == 0 else []

    def wait_windows(self, *instances):
        return wait_for(f"windows of {', '.join(instances)}", lambda: (
            windows if sorted((windows := {each["instance"]: each for each in self.windows()})) == sorted(instances) else None))

    def wait_focus(self, instance):
        return wait_for(f"the keys at {instance}", lambda: next(
            (each for each in self.windows() if each["focused"] and each["instance"] == instance), None))

    def typed(self, line, path):
        """Types a line into the focused terminal, and waits for what it leaves in a file; that."""
        self.machine.run(f"rm -f {self.home}/{path}")
        self.machine.type(line + "\n")
        return wait_for(f"{path} by {line!r}", lambda: self.machine.try_run(f"test -s {self.home}/{path} && cat {self.home}/{path}")[1])

    def log(self):
        return self.machine.run(f"cat {self.home}/session.log")

    def end(self):
        """As it exited, or None."""
        code, out = self.machine.try_run(f"cat {self.home}/session.end")
        return int(out) if code == 0 else None

    def processes(self):
        return self.machine.try_run("ps -eo args | grep -E '^[^ ]*(coffer|foot|bwrap|pasta)' | grep -v grep")[1]

    def quit(self):
        self.coffer("quit")
        wait_for("the end of the session", lambda: self.end() is not None)


# ---- cases ----


def count_devices(machine):
    """That the compositor has open: libinput opens them anew after a switch of terminals."""
    return int(machine.run("ls -l /proc/$(pgrep -o cofferdam-comp)/fd | grep /dev/input/event | wc -l"))


def type_and_point(login):
    """Keys and pointer through libinput; who is named on the screen is who gets them."""
    machine = login.machine
    machine.press("meta_l+ret")
    login.wait_windows("work")
    machine.press("meta_l+shift+ret")
    windows = login.wait_windows("work", "personal")
    check_equal(login.typed("echo $USER >~/personal/a", "personal/a"), "user\n", "what was typed into personal")
    window = windows["work"]
    machine.click(window["content"]["x"] + 50, window["content"]["y"] + 100)
    login.wait_focus("work")
    check_equal(login.typed("id -u >~/work/a", "work/a"), "1000\n", "what was typed into work")
    check_equal(login.machine.try_run(f"ls {login.home}/personal {login.home}/work")[1].split(), [
        f"{login.home}/personal:", "a", f"{login.home}/work:", "a"], "files")
    picture = machine.picture()
    strip = Box(0, 0, picture.width, STRIP_HEIGHT)
    check(picture.count(color(WORK), strip) > 100, "the strip names work")
    for name, wanted in (("work", WORK), ("personal", PERSONAL)):
        window = login.wait_windows("work", "personal")[name]
        band = Box(window["x"], window["y"], window["width"], BAND_HEIGHT)
        check(picture.count(color(wanted), band) > 100, f"the band of {name} has its colour")


def carry_across(login):
    """The clipboard, by keys of a real keyboard."""
    machine = login.machine
    machine.press("meta_l+shift+ret")
    login.wait_windows("personal")
    machine.press("meta_l+ret")
    login.wait_windows("work", "personal")
    login.wait_focus("work")
    login.typed("printf carried | wl-copy && echo done >~/work/copied", "work/copied")
    machine.press("meta_l+c")
    wait_for("the snapshot", lambda: "work" in login.coffer("clipboard status")[1])
    machine.press("meta_l+j")
    login.wait_focus("personal")
    machine.press("meta_l+v")
    wait_for("its delivery", lambda: "work" not in login.coffer("clipboard status")[1])
    check_equal(login.typed("wl-paste -n >~/personal/b", "personal/b"), "carried", "what personal pasted")


def change_layouts(login):
    machine = login.machine
    machine.press("meta_l+ret")
    login.wait_windows("work")
    login.typed("z() { echo German >~/work/g; }; y() { echo US >~/work/g; }; y", "work/g")
    machine.press("meta_l+n")
    # Where a US keyboard has y, a German one has z.
    check_equal(login.typed("y", "work/g"), "German\n", "what the key y does")


def go_to_another_terminal(login):
    """Away with a key held, type there, and come back: nothing is heard, nothing sticks, nothing is lost."""
    machine = login.machine
    machine.press("meta_l+ret")
    login.wait_windows("work")
    machine.run("openvt -f -c 2 -- sh -c 'cat >/run/elsewhere'")
    devices = count_devices(machine)
    for _ in range(3):
        machine.key("x", True)
        machine.press("ctrl+alt+f2")
        wait_for("the other terminal", lambda: machine.run("fgconsole") == "2\n")
        machine.key("x", False)
        machine.type("secret\n")
        wait_for("what was typed there", lambda: "secret" in machine.run("cat /run/elsewhere"))
        machine.run(": >/run/elsewhere")
        machine.press("ctrl+alt+f1")
        wait_for("our terminal", lambda: machine.run("fgconsole") == "1\n")
        wait_for("our devices", lambda: count_devices(machine) == devices)
    machine.press("ctrl+u")  # whatever x wrote
    check_equal(login.typed("echo back >~/work/c", "work/c"), "back\n", "what was typed after")
    machine.press("meta_l+shift+ret")
    login.wait_windows("work", "personal")


def plug_and_unplug(login):
    """A keyboard and a mouse that come and go, under the confined compositor."""
    machine = login.machine
    machine.press("meta_l+ret")
    login.wait_windows("work")
    before = count_devices(machine)
    machine.qmp("device_add", driver="virtio-mouse-pci", id="mouse9", bus="port1")
    machine.qmp("device_add", driver="virtio-keyboard-pci", id="keyboard9", bus="port2")
    wait_for("both devices", lambda: count_devices(machine) == before + 2)
    check_equal(login.typed("echo new >~/work/d", "work/d"), "new\n", "what was typed with two keyboards")
    machine.key("x", True)
    machine.qmp("device_del", id="keyboard9")
    machine.qmp("device_del", id="mouse9")
    wait_for("both to go", lambda: count_devices(machine) == before)
    machine.key("x", False)
    machine.press("ctrl+u")  # whatever x wrote
    check_equal(login.typed("echo old >~/work/e", "work/e"), "old\n", "what was typed with one again")


def survive_the_compositor(login):
    """It is killed on a real screen: another takes the terminal, with the same names."""
    machine = login.machine
    machine.press("meta_l+ret")
    login.wait_windows("work")
    before = machine.run("pgrep -o cofferdam-comp")
    machine.run("kill -9 $(pgrep -o cofferdam-comp)")
    wait_for("another compositor", lambda: machine.try_run("pgrep -o cofferdam-comp")[1] not in ("", before))
    wait_for("the desktop", lambda: login.coffer("windows")[0] == 0)
    machine.press("meta_l+shift+ret")
    wait_for("a window of personal", lambda: any(each["instance"] == "personal" for each in login.windows()))
    login.wait_focus("personal")
    check_equal(login.typed("echo again >~/personal/f", "personal/f"), "again\n", "what was typed after")
    picture = machine.picture()
    check(picture.count(color(PERSONAL), Box(0, 0, picture.width, STRIP_HEIGHT)) > 100, "the strip names personal")


def give_everything_up(login):
    """The compositor has devices, and no way to more."""
    status = login.machine.run("cat /proc/$(pgrep -o cofferdam-comp)/status")
    for line in ("NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"):
        check_in(line, status, "the compositor's status")
    check("not confined" not in login.log(), "a log that says that it is confined")


def refuse_whom_the_seat_refuses(login):
    """A user who may not have the seat gets a line that says so, and soon."""
    stranger = Login(login.machine, login.prefix, "stranger", 3)
    code, out = login.machine.try_run(stranger.as_user("timeout 20 cofferdam"), 30)
    check(code not in (0, 124), f"it ends by itself, with an error: {code}")
    check_in("seat", out, "what it says")


def keep_limits(machine, build, backend="", names=()):
    """tests/instances/limits.py, which needs a cgroup v2 that it may divide: without a desktop, and nothing of it is skipped."""
    tests = pathlib.Path(__file__).parents[1] / "instances"
    code, out = machine.try_run(
        f"mkdir -p /run/systemd/system /run/limits; cd {build}; export XDG_RUNTIME_DIR=/run/limits TEST_TIMEOUT_FACTOR=6 PYTHONDONTWRITEBYTECODE=1 "
        f"TEST_COFFERDAM_WITH_DOUBLE=$PWD/tests/instances/cofferdam-with-double TEST_ASK=$PWD/tests/instances/ask TEST_STATIC=$PWD/tests/instances/show TEST_BACKEND={backend}; "
        f"python3 {tests}/limits.py {' '.join(names)}", 600)
    print("\n".join(f"#   {line}" for line in out.splitlines()))
    check_equal(code, 0, "what the tests of limits end with")
    skipped = [line for line in out.splitlines() if "# SKIP" in line and "sandboxes are limited here" not in line]
    check_equal(skipped, [], "tests that were skipped")


def keep_limits_of_containers(machine, build):
    """The same of podman, which could take another cgroup for what it starts."""
    keep_limits(machine, build, "podman", ("test_memory_and_processes_in_cgroups_of_our_own", "test_an_instance_that_dies_of_it_says_so",
                                           "test_memory_and_processes_in_scopes_of_the_user_s_systemd"))


CASES = (type_and_point, carry_across, change_layouts, go_to_another_terminal, plug_and_unplug, survive_the_compositor,
         give_everything_up, refuse_whom_the_seat_refuses)


def run_case(machine, prefix, case):
    login = Login(machine, prefix)
    try:
        login.start()
        case(login)
        machine.keep(case.__name__)
        login.quit()
        check_equal(login.end(), 0, "the session's exit code")
        check_equal(login.processes(), "", "processes left")
        check_equal(machine.run("kbd_mode -C /dev/tty1").strip(), "The keyboard is in Unicode (UTF-8) mode", "the terminal")
    except Failure:
        machine.keep(case.__name__)
        print("\n".join(f"#   {line}" for line in login.log().splitlines()[-20:]))
        login.coffer("quit")
        raise


def main(build, prefix, pictures, *names):
    cases = [(case.__name__, functools.partial(run_case, prefix=prefix, case=case)) for case in CASES]
    cases += [(case.__name__, functools.partial(case, build=build)) for case in (keep_limits, keep_limits_of_containers)]
    cases = [(name, run) for name, run in cases if not names or name in names]
    print(f"1..{len(cases)}", flush=True)
    began = time.monotonic()
    machine = Machine(pictures)
    print(f"# the machine is up after {time.monotonic() - began:.0f} s", flush=True)
    failed = 0
    try:
        # The way to the programs may be for their builder only.
        machine.run(f"at={prefix}; while [ $at != / ]; do chmod a+x $at; at=$(dirname $at); done", 200)
        for number, (name, run) in enumerate(cases, 1):
            began = time.monotonic()
            try:
                run(machine)
                said = "ok"
            except Failure as failure:
                failed += 1
                said = "not ok"
                where = [frame for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == __file__][-1]
                print(f"# {failure}\n#   at {where.name}:{where.lineno}: {where.line}")
            print(f"{said} {number} - {name.replace('_', ' ')} ({time.monotonic() - began:.0f} s)", flush=True)
    finally:
        machine.end()
    print(f"# pictures are in {pictures}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
