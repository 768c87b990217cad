"""S5: the compositor may die at any moment. It is started again with the same sockets, names and colours; what runs in
instances goes on, and where it dies again and again, the session says so and ends."""

import os
import signal
import time

from checks import check, check_equal, check_in, wait_for
from harness import main
from lifecycle import check_frame
from processes import descendants, is_alive, name_of

CONFIG = """
instance alpha {
	color "#1775fd"
}
instance beta {
	color "#fa9719"
}
"""


def start_again_with_the_same_sockets(case):
    session = case.session(CONFIG)
    session.start("alpha", "foot", "--title", "before")
    session.start("beta", "foot")
    session.ok("run", "alpha", "sh", "-c", "echo waiting; while ! test -e go; do sleep 0.1; done; echo still here")
    session.wait_instance_log("alpha", "waiting")
    inits = [pid for pid in descendants(session.pid) if name_of(pid) == "coffer-init"]
    check_equal(len(inits), 2, "instances that run")
    machine = session.inside_ok("alpha", "cat /etc/machine-id")
    sockets = {path: path.stat().st_ino for path in case.runtime.rglob("wayland-0")}

    old = session.compositor()
    os.kill(old, signal.SIGKILL)
    new = wait_for("another compositor", lambda: (pid := session.compositor()) not in (0, old) and pid)
    check(is_alive(session.pid), "the supervisor goes on")
    check_equal([pid for pid in inits if is_alive(pid)], inits, "instances that go on")
    check_equal({path: path.stat().st_ino for path in case.runtime.rglob("wayland-0")}, sockets, "listening sockets")
    wait_for("an answer from the new compositor", lambda: session.coffer("windows").code == 0)
    check_equal(session.inside_ok("alpha", "touch go; cat /etc/machine-id"), machine, "the sandbox is the same")
    session.wait_instance_log("alpha", "still here")

    # foot itself has gone with its connection; another can be started in the same sandbox, and looks the same.
    session.start("alpha", "foot", "--title", "after")
    session.start("beta", "foot")
    check_frame(session, "alpha", "#1775fd")
    check_frame(session, "beta", "#fa9719")
    session.focus("alpha", "after")
    check_equal(session.compositor(), new, "the compositor that runs")
    check_in("started again", session.log(), "the session's log")


def say_so_and_end_after_three_deaths(case):
    session = case.session(CONFIG)
    session.start("alpha", "foot")
    began = time.monotonic()
    old = 0
    for _ in range(3):
        pid = wait_for("a compositor", lambda: (pid := session.compositor()) != old and pid)
        check(session.process.poll() is None, "the session has not ended yet")
        os.kill(pid, signal.SIGKILL)
        old = pid
    check(time.monotonic() - began < 10, "this test was too slow to show anything")
    code = session.wait_end()
    check(code > 0, f"it ends with an error, not {code}")
    session.expected_code = code
    check_in("died 3 times in 10 seconds", session.log(), "the session's log")


if __name__ == "__main__":
    main(start_again_with_the_same_sockets, say_so_and_end_after_three_deaths)
