"""soak.py [SECONDS [SEED]]: the session under one who kills, while a person works in it.

A round is: somebody aims at the compositor, a sandbox, its coffer-init, its network, its bus or a client; the person
types, copies and pastes until it is struck down; what is gone is started again as a person would, now and then under
another strike; and then everything is looked at. The same seed makes the same choices, though not at the same moments.
"""

import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "session"))

# pylint: disable=wrong-import-position
from checks import Failure, check, check_equal, wait_for
from harness import Case
from killer import KINDS, Killer, instance_of, matches
from person import TYPED, Interrupted, Person
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
        self.chance = chance = random.Random(seed)
        self.session = case.session(CONFIG)
        program = pathlib.Path(os.readlink(f"/proc/{self.session.pid}/exe"))
        self.is_sanitized = b"__asan_init" in program.read_bytes()
        self.killer = Killer(self.session, random.Random(chance.random()), list(TYPED), self.is_sanitized)
        self.person = Person(self.session, random.Random(chance.random()), self.killer)
        self.rounds = self.again = 0
        self.put_right()
        self.session.wait_still()
        self.person.try_all()
        self.watch = Watch(self.session, self.person)
        self.began = time.monotonic()

    def inits(self):
        return {pid for pid in descendants(self.session.pid) if matches(pid, "coffer-init")}

    def is_whole(self):
        """Every typewriter has drawn, and every instance has all of its programs."""
        windows = self.session.windows()
        pids = descendants(self.session.pid)
        return (len(windows) == len(TYPED) and all(one["content"]["width"] > 1 for one in windows)
                and all(sum(matches(pid, name) for pid in pids) == len(TYPED) for name in ("foot", "cat", "dbus-daemon")))

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
        """Whatever is missing is started anew, once each: what ends again without being struck is a fault."""
        self.person.until("windows of the dead to go", lambda: len(self.session.windows()) <= len(self.foots()))
        started = []
        def is_right():
            there = {one["instance"] for one in self.session.windows()} | set(self.foots())
            for name in TYPED:
                if name not in there:
                    check(name not in started or self.killer.struck, f"the typewriter of {name} has ended, struck by nobody")
                    started.append(name)
                    self.person.start_typewriter(name)
            return self.is_whole()
        self.person.until("three windows, with a program in each", is_right)

    def foots(self):
        """The instances of the typewriters that run, whether they have a window yet or not."""
        return [instance_of(pid, self.session.pid, TYPED) for pid in descendants(self.session.pid) if matches(pid, "foot")]

    def strike_again(self):
        """While things are being put right: sandboxes that are built, programs that have no window yet."""
        self.killer.aim(1.5)
        try:
            self.put_right()
        except (Failure, Interrupted):
            self.killer.wait()
            if not self.killer.struck:
                raise
        self.killer.wait()
        states = ("running", "stopped", "failed")
        wait_for("instances that have come to rest",
                 lambda: self.session.coffer("windows").code == 0
                 and all(one["state"] in states for one in self.session.ps().values()))
        if self.killer.kind == "bus":
            for name in [self.killer.instance] if self.killer.instance else TYPED:
                self.session.ok("stop", name)
        self.again += self.killer.struck
        try:
            self.put_right()  # what of it was not to be seen yet comes to light
        except (Failure, Interrupted):
            pass
        self.killer.rest()

    def round(self):
        compositor, inits = self.session.compositor(), self.inits()
        self.killer.aim(2.5)
        self.person.work()
        self.killer.wait()
        check(self.killer.victim, f"there is no {self.killer.kind} to kill")
        if self.killer.kind != "compositor":
            self.watch.check_picture()  # in the middle of it all
        self.check_effect(compositor, inits)
        struck = self.killer.instance
        self.killer.rest()
        if self.chance.random() < 0.4:
            self.strike_again()
        self.put_right()
        self.session.wait_still()
        self.watch.check_all(struck if inits != self.inits() else None)
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
    except (Failure, Interrupted) as failure:
        error = failure
    except BaseException:
        case.destroy()
        raise
    if soak:
        done = soak.person.done
        print(f"\nsoak: {soak.rounds} rounds; killed: " +
              ", ".join(f"{kind} {soak.killer.kills[kind]}" for kind in KINDS) +
              f"; {soak.again} of them while things were being put right")
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
