"""Ends one process of the session at a time, by a signal, at a moment that nobody in the session knows."""

import collections
import os
import pathlib
import signal
import threading
import time

from processes import descendants, name_of, processes

# What is killed, and by which process name it is found.
KINDS = {
    "compositor": "cofferdam-compositor", "sandbox": "bwrap", "init": "coffer-init", "network": "pasta",
    "bus": "dbus-daemon", "client": "foot",
}
# After the third death of the compositor within ten seconds the session gives up, as it should.
COMPOSITOR_PAUSE = 6


def matches(pid, name):
    """pasta calls itself by its processor's best version: pasta.avx2."""
    return name_of(pid).split(".")[0] == name[:15].split(".")[0]


def root_of(pid, session_pid):
    """The child of the supervisor that a process descends from: for those of an instance, its sandbox's outermost."""
    every = processes()
    while pid in every and every[pid][0] != session_pid:
        pid = every[pid][0]
    return pid


def instance_of(pid, session_pid, names):
    """By the typewriter that runs in the same sandbox; None where there is none."""
    root = root_of(pid, session_pid)
    for one in [root, *descendants(root)]:
        try:
            command = pathlib.Path(f"/proc/{one}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        for name in names:
            if f"typewriter {name}" in command:
                return name
    return None


class Killer:
    def __init__(self, session, random, names, is_sanitized):
        self.session, self.random, self.names = session, random, names
        self.signals = {kind: [signal.SIGKILL, signal.SIGTERM] for kind in KINDS}
        self.signals["init"] = [signal.SIGKILL]  # SIGTERM asks it to end in order
        # A sanitizer takes the others for the program's own faults.
        self.signals["compositor"] = [signal.SIGKILL] if is_sanitized else [
            signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT]
        # Held by the person from looking where the focus is until the first key has arrived: whoever looks away for
        # half a second types where the focus has gone to meanwhile, on any desktop.
        self.gate = threading.Lock()
        self.struck_at = None
        self.kills = collections.Counter()
        self.deck = []
        self.last_compositor = 0
        self.thread = self.victim = self.kind = self.instance = None

    @property
    def struck(self):
        return self.struck_at is not None

    def choose(self):
        """Kinds as from a deck of cards, so that a short run has each of them."""
        if not self.deck:
            self.deck = list(KINDS)
            self.random.shuffle(self.deck)
        kind = self.deck.pop()
        if kind == "compositor" and time.monotonic() - self.last_compositor < COMPOSITOR_PAUSE:
            self.deck.insert(0, kind)
            kind = self.deck.pop() if len(self.deck) > 1 else "client"
        return kind

    def rest(self):
        """What was struck is known and dealt with."""
        self.struck_at, self.victim, self.instance = None, None, None

    def aim(self, longest):
        """Chooses whom and when, and goes to wait for that moment; so many seconds at most."""
        self.rest()
        self.kind = self.choose()
        delay, number = self.random.uniform(0, longest), self.random.choice(self.signals[self.kind])
        index = self.random.random()
        self.thread = threading.Thread(target=self._wait_and_strike, args=(delay, number, index), daemon=True)
        self.thread.start()

    def _wait_and_strike(self, delay, number, index):
        time.sleep(delay)
        if self.kind == "compositor":
            self._strike(number, index)
            self.last_compositor = time.monotonic()
        else:
            with self.gate:
                self._strike(number, index)

    def _strike(self, number, index):
        found = sorted(pid for pid in descendants(self.session.pid) if matches(pid, KINDS[self.kind]))
        if found:
            self.victim = found[int(index * len(found))]
            # pasta stands outside of the one sandbox that has a network.
            self.instance = "alpha" if self.kind == "network" else instance_of(
                self.victim, self.session.pid, self.names)
            self.struck_at = time.monotonic()
            try:
                os.kill(self.victim, number)
                self.kills[self.kind] += 1
            except ProcessLookupError:
                pass

    def wait(self):
        self.thread.join()
