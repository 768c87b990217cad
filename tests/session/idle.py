"""An idle desktop wakes for nothing but the clock: counted, not timed."""

import pathlib
import time

from checks import check, check_equal, wait_for
from harness import main

WATCHED = 5  # seconds
CONFIG = "instance alpha {\n}\ninstance beta {\n}\n"


def wakeups(pid):
    """How often the threads of a process have gone to sleep of their own accord: proc_pid_status(5)."""
    count = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                count += int(line.split()[1])
    return count


def keep_away_from_the_minute():
    """The strip's clock ticks at the minute: none of that in what is watched."""
    wait_for("a time far from the minute", lambda: 2 <= time.time() % 60 <= 58 - 2 * WATCHED, 60)


def sleep_while_nothing_happens(case):
    session = case.session(CONFIG)
    for name in ("alpha", "beta"):
        session.start(name, "foot", "sh", "-c", "exec sleep 1000")
    session.wait_still()
    compositor = session.compositor()

    def is_quiet():
        before = wakeups(compositor)
        time.sleep(1)
        return wakeups(compositor) == before
    # What was begun, such as a frame that is still to be shown, comes to its end.
    wait_for("the desktop to come to rest", is_quiet)
    keep_away_from_the_minute()
    check_equal(len(session.windows()), 2, "windows")
    wait_for("the desktop to come to rest after the question", is_quiet)
    before = {"compositor": wakeups(compositor), "supervisor": wakeups(session.pid)}
    time.sleep(WATCHED)
    after = {"compositor": wakeups(compositor), "supervisor": wakeups(session.pid)}
    check_equal(after, before, f"wakeups, before and after {WATCHED} s of nothing")
    # It sees what does happen: the count is of the right process.
    session.type("x")
    check(wakeups(compositor) > after["compositor"], "a key wakes the compositor")


if __name__ == "__main__":
    main(sleep_while_nothing_happens)
