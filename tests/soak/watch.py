"""What has to hold after every kill: nothing lost, nothing left over, nothing under a wrong name."""

import collections
import os
import pathlib
import re

from checks import BAND_HEIGHT, BORDER, FACTOR, STRIP_HEIGHT, check, check_equal, wait_for
from person import PAPER, TYPED
from picture import color
from processes import descendants, name_of, processes

MEMORY_MAX = 8 * 1024  # KiB that the supervisor may have grown by, at the end
COLORS = {"alpha": "#1775fd", "beta": "#fa9719", "gamma": "#4abd95"}


# Clients' pictures, as many as each likes to have; what is held, and what was last given to each instance; keymaps, and the
# pictures that the output takes turns with, of which it makes up to four as it needs them.
BOUNDED = {"/memfd:foot-wayland-shm-buffer-pool (deleted)": 9, "/memfd:cofferdam-clipboard (deleted)": 4,
           "/memfd:compositor (deleted)": 12}


def kinds_of_descriptors(pid):
    """What a process has open, without the numbers, nor those that there may be some of; None where we may not look."""
    found = collections.Counter()
    try:
        for entry in os.listdir(f"/proc/{pid}/fd"):
            try:
                found[re.sub(r"\d+", "N", os.readlink(f"/proc/{pid}/fd/{entry}"))] += 1
            except FileNotFoundError:
                continue
    except PermissionError:
        return None
    for kind, most in BOUNDED.items():
        if found[kind] <= most:
            del found[kind]
    return found


def resident(pid):
    return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def mounts(pid):
    return sorted(line.split(" ", 1)[1] for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines())


def check_labels(picture):
    """Wherever an instance's paper is, its colour is around it and its tag above: true at any moment."""
    for name, paper in PAPER.items():
        wanted, frame = bytes(color(paper)), color(COLORS[name])
        found = {}  # y: the leftmost x
        for y in range(STRIP_HEIGHT, picture.height):
            row = picture.row(y)
            at = row.find(wanted)
            while at >= 0 and at % 3:
                at = row.find(wanted, at + 1)
            if at >= 0:
                found[y] = at // 3
        if not found:
            continue
        left, top = min(found.values()), min(found)
        for y, x in found.items():
            # The first line is written on, to the edge.
            if y % 16 == 0 and y > top + BAND_HEIGHT:
                for column in range(x - BORDER, x):
                    check_equal(picture.pixel(column, y), frame, f"the border at {column},{y}, beside a window of {name}")
        tag = sum(picture.pixel(left + column, top - BAND_HEIGHT + line) == frame
                  for line in range(2, BAND_HEIGHT - 2, 4) for column in range(2, 38, 4))
        check(tag >= 12, f"the tag above a window of {name} at {left},{top}: {tag} of 45 points have its colour")


class Watch:
    def __init__(self, session, person):
        self.session, self.person = session, person
        self.before = self.look()
        self.memory = resident(session.pid)

    def look(self):
        """All that must be the same whenever the same programs run."""
        session = self.session
        base = session.case.runtime / "cofferdam"
        compositor = session.compositor()
        return {
            "processes": collections.Counter(name_of(pid) for pid in descendants(session.pid)),
            "zombies": [name_of(pid) for pid, (parent, state) in processes().items()
                        if state == "Z" and parent == session.pid],
            "the supervisor's descriptors": kinds_of_descriptors(session.pid),
            "the compositor's descriptors": kinds_of_descriptors(compositor) if compositor else None,
            "the runtime directory": sorted(str(path.relative_to(base)) for path in base.rglob("*")
                                            if not path.name.startswith("log")),
            "the supervisor's mounts": mounts(session.pid),
            "our mounts": mounts("self"),
            "shared memory": sorted(name for name in os.listdir("/dev/shm") if "wlroots" in name or "cofferdam" in name),
        }

    def check_leaks(self):
        """What ends takes its time: each is looked at until it is as it was."""
        for what in self.before:
            try:
                wait_for(what, lambda what=what: self.look()[what] == self.before[what], 15 * FACTOR)
            except Exception:
                check_equal(self.look()[what], self.before[what], what)

    def check_identity(self):
        for window in self.session.windows():
            check_equal(window["title"], f"typewriter {window['instance']}", "the title of a window in its instance")

    def check_text(self):
        for name in TYPED:
            strange = set(self.person.typed(name)) - self.person.allowed[name]
            check(not strange, f"{name} has got what was never meant for it: {sorted(strange)} in "
                               f"{self.person.typed(name)[-300:]!r}")

    def check_state(self, inside=None):
        for name in TYPED:
            known, tried = self.person.saved[name]
            path = self.person.kept[name] / "state"
            value = int(path.read_text()) if path.exists() else 0
            check(known <= value <= tried, f"the state of {name}: {value}, after {known} was saved and {tried} tried")
            if inside == name and value:
                check_equal(self.session.inside_ok(name, "cat kept/state"), f"{value}\n", f"the state as {name} sees it")

    def check_picture(self):
        check_labels(self.session.picture())

    def check_all(self, restarted=None):
        self.check_identity()
        self.check_picture()
        self.check_text()
        self.check_state(restarted)
        self.check_leaks()

    def check_memory(self, is_sanitized):
        grown = resident(self.session.pid) - self.memory
        if not is_sanitized:  # whose quarantine keeps what was freed
            check(grown < MEMORY_MAX, f"the supervisor has grown by {grown} KiB")
        return grown
