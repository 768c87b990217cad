"""What only the person does, by keys that no program sees: start something, look whose everything is, freeze and kill,
answer a question."""

import time

from checks import STRIP_HEIGHT, check, check_equal, check_in, wait_for
from harness import main
from picture import Box, color, is_near
from processes import descendants, name_of, processes
from terminal import COPIED, focus, select_the_line, typed, typewriter, wait_typed

ALPHA, BETA = "#1775fd", "#fa9719"
CONFIG = f"""
instance alpha {{
	color "{ALPHA}"
	app terminal foot --title "alpha's terminal"
	app other foot --title other
}}
instance beta {{
	color "{BETA}"
	app terminal foot --title "beta's terminal"
}}
clipboard {{
	ask alpha beta
}}
bind Super+Return run alpha terminal
bind Super+T run beta -- foot --title "by a command"
bind Super+X exec sh -c "echo $WAYLAND_DISPLAY > $HOME/said"
bind Super+C clipboard-take
bind Super+V clipboard-give
bind Super+Q close
bind Super+D menu
shell {{
	menu sh -c "tee $HOME/choices | grep beta"
}}
"""
PROMPT_DELAY = 1  # seconds in which a question takes no answer


def start_by_chord_and_menu(case):
    session = case.session(CONFIG)
    session.press("logo+Return")
    first = session.wait_window("alpha", "alpha's terminal")
    check(first["focused"], f"what the person has started has the focus: {first}")
    session.press("logo+t")
    second = session.wait_window("beta", "by a command")
    check(second["focused"], f"what the person has started has the focus: {second}")
    session.press("logo+x")
    wait_for("the trusted program", lambda: (case.home / "said").exists() and (case.home / "said").read_text())
    check_equal((case.home / "said").read_text(), f"{session.socket}\n", "WAYLAND_DISPLAY of a trusted program")
    session.press("logo+d")
    session.wait_window("beta", "beta's terminal")
    check_equal((case.home / "choices").read_text().splitlines(), ["alpha terminal", "alpha other", "beta terminal"],
                "what the chooser is given")
    session.focus("beta", "by a command")
    session.press("logo+q")
    wait_for("the window to close", lambda: len(session.windows("beta")) == 1)


def states_inside(session, hostname):
    """The states of an instance's processes besides coffer-init, as ps(1) has them."""
    every = processes()
    found = {}
    for pid in descendants(session.pid):
        if name_of(pid) == "coffer-init" and hostname_of(pid) == hostname:
            for child in descendants(pid):
                found[child] = every.get(child, processes().get(child, (0, "X")))[1]
    return found


def hostname_of(pid):
    """From the command line of bwrap, which is its parent."""
    parent = processes()[pid][0]
    with open(f"/proc/{parent}/cmdline", encoding="utf-8") as cmdline:
        words = cmdline.read().split("\0")
    return words[words.index("--hostname") + 1]


def show_whose_all_is_freeze_and_kill(case):
    session = case.session(CONFIG)
    session.start("alpha", "foot", "sh", "-c", "cat > typed")
    session.start("beta", "foot", "sh", "-c", "exec sleep 1000")
    session.wait_still()
    window = session.focus("alpha")
    content = Box(*(window["content"][key] for key in ("x", "y", "width", "height")))
    points = [(content.x + content.width * part // 4, content.y + content.height // 4) for part in (1, 2, 3)]
    session.press("logo+Escape")
    def is_covered():
        picture = session.picture()
        return all(is_near(picture.pixel(*point), color(ALPHA), 64) for point in points)
    wait_for("alpha's window covered in alpha's colour", is_covered)

    # The window that has the focus is the one that is chosen.
    session.press("f")
    wait_for("alpha to be frozen", lambda: session.ps("alpha")["frozen"])
    wait_for("all processes of alpha to be stopped", lambda: set(states_inside(session, "alpha").values()) == {"T"})
    check(len(states_inside(session, "alpha")) >= 2, "there are processes in alpha")
    check("T" not in states_inside(session, "beta").values(), "none of beta's is")
    check_in("frozen", session.ok("ps"), "coffer ps")
    result = session.coffer("run", "alpha", "true")
    check_equal(result.code, 1, "the exit code of coffer run in a frozen instance")
    check_in("frozen", result.err, "what coffer run says")
    session.press("f")
    wait_for("alpha to be thawed", lambda: not session.ps("alpha")["frozen"])
    wait_for("its processes to go on", lambda: "T" not in states_inside(session, "alpha").values())
    session.press("Escape")
    wait_for("the desktop as it was", lambda: not is_covered())
    session.type("to alpha")
    session.press("Return")
    wait_for("what was typed", lambda: session.inside_ok("alpha", "cat typed") == "to alpha\n")

    session.focus("alpha")
    session.press("logo+Escape")
    wait_for("alpha's window covered in alpha's colour", is_covered)
    session.press("k")
    check_equal(session.state("alpha"), "running", "the state of alpha after the first K")
    session.press("k")
    wait_for("alpha to have ended", lambda: session.state("alpha") in ("stopped", "failed"))
    check_equal(session.state("beta"), "running", "the state of beta")
    session.press("Escape")
    wait_for("only beta's window", lambda: [one["instance"] for one in session.windows()] == ["beta"])


def ask_before_carrying(case):
    session = case.session(CONFIG)
    for name in ("alpha", "beta"):
        typewriter(session, name)
    session.wait_still()
    # A person copies it: what a program copies without one is not taken.
    focus(session, "alpha")
    select_the_line(session, "alpha")
    session.press("ctrl+shift+c")
    wait_for("the line on alpha's clipboard", lambda: session.pasted("alpha") == COPIED)

    def take_and_ask():
        focus(session, "alpha")
        session.press("logo+c")
        wait_for("something held", lambda: session.clipboard()["held"])
        focus(session, "beta")
        session.press("logo+v")
        # Over what is alpha's window else, and holds nothing of these colours.
        content = Box(*(session.wait_window("alpha")["content"][key] for key in ("x", "y", "width", "height")))
        wait_for("the question, with both names", lambda: (picture := session.picture()) and all(
            picture.count(color(one), content) > 100 for one in (ALPHA, BETA)))

    take_and_ask()
    wait_for("the question to be declined", lambda: session.press("Escape") or not is_dimmed(session))
    check(session.clipboard()["held"], "a no keeps what is held")
    check_equal(session.pasted("beta"), None, "beta's clipboard after a no")

    # S8: a key that comes at once is no answer. Where this machine is too slow to send one in time, again.
    for _ in range(5):
        began = time.monotonic()
        take_and_ask()
        session.press("Return")
        early = time.monotonic() - began < PROMPT_DELAY
        if early:
            check(session.clipboard()["held"], "nothing is given by a key within the first second")
        wait_for("the answer", lambda: session.press("Return") or not session.clipboard()["held"])
        if early:
            break
    check(early, "this machine is too slow to show anything")
    check_equal(session.pasted("beta"), COPIED, "beta's clipboard after a yes")
    # No key of an answer, nor of those that were none, came through.
    focus(session, "beta")
    session.type("after")
    session.press("Return")
    wait_typed(session, "beta", "after")
    check_equal(typed(session, "beta"), "after\n", "what was typed into beta")


def is_dimmed(session):
    """A question darkens all but the strip: of the desktop's own colour, nothing is left."""
    picture = session.picture()
    return picture.count(color("#0f1115"), Box(0, STRIP_HEIGHT, picture.width, 8)) == 0


if __name__ == "__main__":
    main(start_by_chord_and_menu, show_whose_all_is_freeze_and_kill, ask_before_carrying)
