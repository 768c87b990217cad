"""doc/tutorial.md, as it is written: every block for the shell in turn, in a home and with a session of its own."""

import os
import pathlib
import sys

from checks import FACTOR, check, program, wait_for
from harness import main

SOURCE = pathlib.Path(os.environ["TEST_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/doc"))
import page  # noqa: E402


def the_tutorial_works_as_it_is_written(case):
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        del case.environment[name]
    case.environment["XDG_CONFIG_DIRS"] = "/nonexistent"
    bin_directory = case.directory / "bin"
    bin_directory.mkdir()
    (bin_directory / "coffer").symlink_to(os.path.abspath(program("coffer")))
    case.environment["PATH"] = f"{bin_directory}:{os.environ['PATH']}"
    output, ran, session = "", 0, None
    for kind, text in page.blocks(SOURCE / "doc/tutorial.md"):
        if kind == "sh":
            output = page.run(text, case.environment, case.home, 60 * FACTOR)
            ran += 1
            if "coffer quit\n" in text:
                wait_for("the end of the session", lambda: session.process.poll() is not None)
        elif kind == "text":
            left = page.missing(text, output)
            check(not left, f"the page says {left} of: {output}")
        elif text == "$ cofferdam\n":
            session = case.session(None)
    check(ran > 10, f"{ran} blocks were run")


if __name__ == "__main__":
    main(the_tutorial_works_as_it_is_written)
