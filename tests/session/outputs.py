"""Monitors that go and come, as they do when one is unplugged and when the person switches consoles: each is the same one
again, with its windows, and no key goes where nobody sees it."""

import re

from checks import check, check_equal, wait_for
from harness import main

CONFIG = """
instance alpha {
}
instance beta {
}
bind Super+O focus-output next
"""


def two_monitors(case):
    """A window of alpha on the first, and one of beta, focused, on the second."""
    session = case.session(CONFIG, environment={"WLR_HEADLESS_OUTPUTS": "2"})
    first = session.start("alpha", "foot")
    session.press("logo+o")
    second = session.start("beta", "foot")
    wait_for("the focus on beta", lambda: session.focused() == "beta")
    check(first["output"] != second["output"], f"both windows are on {first['output']}")
    return session, first, second


def configure(case, session, text):
    case.write_config(CONFIG + text)
    session.ok("reload")


def connector(session, output):
    """What the config calls an output that programs know by a neutral name."""
    return re.search(rf"output (\S+) is {output}:", session.log()).group(1)


def places(session):
    return [(one["instance"], one["output"], one["workspace"], one["visible"]) for one in session.windows()]


def the_focus_leaves_a_monitor_that_is_unplugged(case):
    session, first, second = two_monitors(case)
    configure(case, session, f"output {connector(session, second['output'])} {{\n\tdisable\n}}\n")
    wait_for("the focus on a window that is seen", lambda: session.focused() == "alpha")
    check(not session.windows("beta")[0]["visible"], "what was on the other monitor is seen on none")
    configure(case, session, "")
    check_equal(places(session), [("alpha", first["output"], first["workspace"], True),
                                  ("beta", second["output"], second["workspace"], True)],
                "windows after the monitor was plugged in again")


def all_is_as_before_when_all_come_back(case):
    session, _, second = two_monitors(case)
    before = places(session)
    configure(case, session, "output * {\n\tdisable\n}\n")
    check_equal([one["visible"] for one in session.windows()], [False, False], "windows that are seen without monitor")
    configure(case, session, "")
    check_equal(places(session), before, "windows after all monitors have come back")
    check_equal(session.focused(), "beta", "who has the focus then")
    third = session.start("alpha", "foot")
    check_equal(third["output"], second["output"], "where a new window comes: beside the one that has the focus")


if __name__ == "__main__":
    main(the_focus_leaves_a_monitor_that_is_unplugged, all_is_as_before_when_all_come_back)
