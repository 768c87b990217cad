"""doc/tutorial.md and doc/migration.md, as they are written: every block for the shell in turn, in a home and with a session of its own."""

import os
import pathlib
import sys

from checks import FACTOR, check, program, wait_for
from harness import main

SOURCE = pathlib.Path(os.environ["TEST_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/doc"))
import page  # noqa: E402


def as_a_person(case):
    """Everything is where it is by default, and coffer is at hand."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        del case.environment[name]
    case.environment["XDG_CONFIG_DIRS"] = "/nonexistent"
    bin_directory = case.directory / "bin"
    bin_directory.mkdir()
    (bin_directory / "coffer").symlink_to(os.path.abspath(program("coffer")))
    case.environment["PATH"] = f"{bin_directory}:{os.environ['PATH']}"


def the_tutorial_works_as_it_is_written(case):
    as_a_person(case)
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


def what_people_bring_arrives(case):
    """doc/migration.md: its configs are good, and its commands do what they say."""
    as_a_person(case)
    thunderbird = case.home / ".var/app/org.mozilla.Thunderbird/.thunderbird"
    for path in (case.home / ".config/foot", case.home / ".config/cofferdam", thunderbird):
        path.mkdir(parents=True)
    (case.home / ".config/foot/foot.ini").write_text("")
    kinds = []
    for kind, text in page.blocks(SOURCE / "doc/migration.md"):
        kinds.append(kind)
        if kind == "sh":
            page.run(text, case.environment, case.home, 60 * FACTOR)
        elif kind == "scfg":
            result = case.run(program("coffer"), "check", str(case.write_config(text)))
            check(result.code == 0, f"the page's config: {result.err}")
    check(kinds == ["scfg", "sh", "sh"], f"the page has {kinds}")
    state = case.home / ".local/state/cofferdam"
    check((state / "all/home/.config/foot/foot.ini").exists(), "foot's settings did not arrive")
    check((state / "mail/home/.thunderbird").is_dir(), "the mail did not arrive")


if __name__ == "__main__":
    main(the_tutorial_works_as_it_is_written, what_people_bring_arrives)
