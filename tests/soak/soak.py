"""soak.py [SECONDS [SEED]]: the session under one who kills, while a person works in it.

A round is: somebody aims at the compositor, a sandbox, its coffer-init, its network, its bus or a client; the person
types, copies and pastes until it is struck down; what is gone is started again as a person would; and then everything is
looked at. The same seed makes the same choices, though not at the same moments.
"""

import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "session"))

# pylint: disable=wrong-import-position
from checks import FACTOR, PATIENCE, Failure, check, check_equal, check_in, wait_for
from harness import Case
from killer import KINDS, Killer, matches
from person import SHOWN, TYPED, Person
from processes import adopt_orphans, descendants, is_alive
from watch import COLORS, Watch

CONFIG = """
instance alpha {{
	color "{alpha}"
	network nat
	persist kept
}}
instance beta {{
	color "{beta}"
	persist kept
}}
instance gamma {{
	color "{gamma}"
	persist kept
}}
bind Super+C clipboard-take
bind Super+V clipboard-give
clipboard {{
	deny gamma *
	deny * gamma
}}
""".format(**COLORS)
PROGRESS = 30  # seconds


class Soak:
    def __init__(self, case, seconds, seed):
        self.case, self.seconds = case, seconds
        chance = random.Random(seed)
        self.session = case.session(CONFIG)
        program = pathlib.Path(os.readlink(f"/proc/{self.session.pid}/exe"))
        self.is_sanitized = b"__asan_init" in program.read_bytes()
        self.killer = Killer(self.session, random.Random(chance.random()), list(TYPED), self.is_sanitized)
        self.person = Person(self.session, random.Random(chance.random()), self.killer)
        self.rounds = 0
        for name in TYPED:
            self.person.start_typewriter(name)
        self.wait_whole()
        self.person.try_all()
        self.watch = Watch(self.session, self.person)
        self.began = time.monotonic()

    def inits(self):
        return {pid for pid in descendants(self.session.pid) if matches(pid, "coffer-init")}

    def wait_whole(self):
        """Every typewriter has drawn, and every instance has all of its programs."""
        def is_whole():
            windows = self.session.windows()
            names = [pid for pid in descendants(self.session.pid)]
            return (len(windows) == len(TYPED) and all(one["content"]["width"] > 1 for one in windows)
                    and sum(matches(pid, "cat") for pid in names) == len(TYPED)
                    and sum(matches(pid, "dbus-daemon") for pid in names) == len(TYPED))
        wait_for("three windows, with a program in each", is_whole)
        self.session.wait_still()

    # -- after the strike --

    def check_effect(self, compositor, inits):
        """What has to come of it, and that it stays with the one who was struck."""
        kind, session = self.killer.kind, self.session
        check(is_alive(session.pid), "the supervisor goes on")
        if kind == "compositor":
            wait_for("another compositor", lambda: session.compositor() not in (0, compositor))
            wait_for("an answer from it", lambda: session.coffer("windows").code == 0)
            check_equal(self.inits(), inits, "sandboxes that live on when the compositor dies")
            return
        check_equal(session.compositor(), compositor, f"the compositor, when a {kind} is killed")
        name = self.killer.instance
        if kind in ("sandbox", "init", "network") and name:
            # S6: failed, with the reason shown.
            wait_for(f"{name} to have failed", lambda: session.state(name) == "failed")
            check(session.ps(name)["reason"] != "", f"{name} says why it has failed")
        elif kind == "bus" and name:
            session.ok("stop", name)  # as a person does who wants one again
        for other, one in session.ps().items():
            check(other == name or one["state"] == "running", f"{other} is {one['state']}, when {name}'s {kind} was killed")

    def put_right(self):
        """Whatever window is missing is opened anew."""
        wait_for("windows of the dead to go", lambda: len(self.session.windows()) <= sum(
            matches(pid, "foot") for pid in descendants(self.session.pid)))
        there = {one["instance"] for one in self.session.windows()}
        for name in TYPED:
            if name not in there:
                self.person.start_typewriter(name)
        self.wait_whole()

    def round(self):
        compositor, inits = self.session.compositor(), self.inits()
        self.killer.aim()
        self.person.work()
        self.killer.wait()
        check(self.killer.victim, f"there is no {self.killer.kind} to kill")
        if self.killer.kind != "compositor":
            self.watch.check_picture()  # in the middle of it all
        self.check_effect(compositor, inits)
        self.put_right()
        self.watch.check_all(self.killer.instance if inits != self.inits() else None)
        self.rounds += 1

    def run(self):
        told = 0
        while (passed := time.monotonic() - self.began) < self.seconds:
            self.round()
            if sys.stdout.isatty() or passed - told >= PROGRESS:
                told = passed
                print(f"{'\r' if sys.stdout.isatty() else ''}soak: {passed:.0f} of {self.seconds} s, {self.told()}",
                      end="" if sys.stdout.isatty() else "\n", flush=True)
        self.session.wait_still()
        grown = self.watch.check_memory(self.is_sanitized)
        self.case.finish()
        return grown

    def told(self):
        return f"{sum(self.killer.kills.values())} kills, {self.person.done['keys']} keys typed"


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10 ** 6)
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("terminated"))
    print(f"soak: {seconds} s with seed {seed}", flush=True)
    case, soak, error, grown = Case("soak"), None, None, 0
    try:
        soak = Soak(case, seconds, seed)
        grown = soak.run()
    except Failure as failure:
        error = failure
    except BaseException:
        case.destroy()
        raise
    if soak:
        done = soak.person.done
        print(f"\nsoak: {soak.rounds} rounds; killed: " +
              ", ".join(f"{kind} {soak.killer.kills[kind]}" for kind in KINDS))
        print(f"soak: {done['words']} words ({done['keys']} keys) typed, {done['carried']} lines carried across, "
              f"{done['saved']} states saved, {done['interrupted']} times interrupted")
        if soak.watch.before["the supervisor's descriptors"] is None:
            print("soak: descriptors could not be looked at: only root may")
        print(f"soak: the supervisor has grown by {grown} KiB")
    if error:
        if soak:
            print(f"soak: last aimed at: {soak.killer.kind} of {soak.killer.instance}, process {soak.killer.victim}")
        print(f"soak: FAILED: {error}\nsoak: kept in {case.keep()}", flush=True)
    case.destroy()
    print("soak: failed" if error else "soak: everything holds", flush=True)
    sys.exit(1 if error else 0)


if __name__ == "__main__":
    main()
