"""foot in two instances: keys, the clipboard inside and across, and the picture around both."""

from checks import BAND_HEIGHT, BORDER, STRIP_HEIGHT, check, check_equal, check_in, wait_for
from harness import main
from picture import Box, color

ALPHA, BETA = "#1775fd", "#fa9719"
DESKTOP, GAP = "#0f1115", 8
CONFIG = f"""
instance alpha {{
	color "{ALPHA}"
}}
instance beta {{
	color "{BETA}"
}}
instance gamma {{
}}
bind Super+C clipboard-take
bind Super+V clipboard-give
bind Super+F fullscreen
clipboard {{
	deny gamma *
}}
"""
LINE = "What is copied here stays here"
COPIED = LINE + "\n"  # by a triple click, foot takes the end of the line with it
# Shows a line to select, and keeps what is typed or pasted.
TYPEWRITER = f"printf '%s\\n' '{LINE}'; exec cat > typed"


def typewriter(session, name):
    return session.start(name, "foot", "--title", f"typewriter {name}", "sh", "-c", TYPEWRITER)


def typed(session, name):
    return session.inside_ok(name, "cat typed 2>/dev/null || true")


def wait_typed(session, name, text):
    wait_for(f"{text!r} to arrive in {name}", lambda: text in typed(session, name))


def focus(session, name):
    return session.focus(name, f"typewriter {name}")


def select_the_line(session, name, times=3):
    """By clicks on the first line, as a person does it."""
    content = session.wait_window(name, f"typewriter {name}")["content"]
    session.click(content["x"] + 60, content["y"] + 8, times)


def put_keys_where_the_focus_is(case):
    session = case.session(CONFIG)
    typewriter(session, "alpha")
    typewriter(session, "beta")
    focus(session, "alpha")
    session.type("for alpha")
    session.press("Return")
    focus(session, "beta")
    session.type("für beta: ü 漢 ☃")
    session.press("Return")
    wait_typed(session, "alpha", "for alpha\n")
    wait_typed(session, "beta", "für beta: ü 漢 ☃\n")
    check_equal((typed(session, "alpha"), typed(session, "beta")), ("for alpha\n", "für beta: ü 漢 ☃\n"),
                "all that was typed")
    # F4: of a chord, nothing arrives.
    focus(session, "alpha")
    for chord in ("logo+c", "logo+v", "logo+x", "logo+1"):
        session.press(chord)
    session.type("after")
    session.press("Return")
    wait_typed(session, "alpha", "after\n")
    check_equal(typed(session, "alpha"), "for alpha\nafter\n", "all that arrived in alpha")


def shows_what_is_held(picture):
    return picture.count(color(ALPHA), Box(picture.width // 2, 0, picture.width // 2, STRIP_HEIGHT)) > 100


def carry_a_line_across(case):
    session = case.session(CONFIG)
    for name in ("alpha", "beta"):
        typewriter(session, name)
    session.wait_still()
    focus(session, "alpha")
    select_the_line(session, "alpha")
    session.press("ctrl+shift+c")
    # Each look inside has a window of its own for a moment: the focus is put back after it.
    wait_for("the line on alpha's clipboard", lambda: session.pasted("alpha") == COPIED)
    focus(session, "beta")
    check_equal(session.pasted("beta"), None, "the clipboard of beta after alpha has copied (C1)")
    check_equal(session.clipboard(), {"held": False}, "what is held before Super+C")

    focus(session, "alpha")
    session.press("logo+c")
    held = wait_for("something held", lambda: (status := session.clipboard())["held"] and status)
    check_equal((held["instance"], held["size"]), ("alpha", len(COPIED)), "from whom, and how much")
    check(any(one.startswith("text/plain") for one in held["types"]), f"it is text: {held['types']}")
    check(0 < held["seconds"] <= 60, f"seconds left: {held['seconds']}")
    check_in("from alpha", session.ok("clipboard", "status"), "coffer clipboard status")
    focus(session, "beta")
    # The strip names whose it is, at its right half, whoever has the focus.
    wait_for("alpha's tag beside what is held", lambda: shows_what_is_held(session.picture()))
    check_equal(session.pasted("beta"), None, "the clipboard of beta before Super+V")

    focus(session, "beta")
    session.press("logo+v")
    wait_for("the delivery", lambda: not session.clipboard()["held"])
    wait_for("the strip to show that nothing is held", lambda: not shows_what_is_held(session.picture()))
    check_equal(session.pasted("beta"), COPIED, "the clipboard of beta after Super+V")
    focus(session, "beta")
    session.press("ctrl+shift+v")
    wait_typed(session, "beta", COPIED)
    check_equal(typed(session, "beta"), COPIED, "what was pasted into beta")
    check_equal(typed(session, "alpha"), "", "what came into alpha")

    # C10: it is given once.
    typewriter(session, "gamma")
    focus(session, "gamma")
    session.press("logo+v")
    check_equal(session.pasted("gamma"), None, "the clipboard of gamma after a second Super+V")


def obey_the_rules_for_pairs_and_clear(case):
    session = case.session(CONFIG)
    typewriter(session, "gamma")
    typewriter(session, "beta")
    session.wait_still()
    focus(session, "gamma")
    select_the_line(session, "gamma")
    session.press("ctrl+shift+c")
    wait_for("the line on gamma's clipboard", lambda: session.pasted("gamma") == COPIED)
    focus(session, "gamma")
    session.press("logo+c")
    wait_for("something held", lambda: session.clipboard()["held"])
    focus(session, "beta")
    session.press("logo+v")
    check_equal(session.pasted("beta"), None, "the clipboard of beta, which may have nothing of gamma's")

    focus(session, "gamma")
    session.press("logo+c")
    wait_for("something held", lambda: session.clipboard()["held"])
    session.ok("clipboard", "clear")
    wait_for("nothing held", lambda: session.clipboard() == {"held": False})
    # What is copied goes with its instance.
    focus(session, "gamma")
    session.press("logo+c")
    wait_for("something held", lambda: session.clipboard()["held"])
    session.ok("stop", "gamma")
    wait_for("nothing held once its source has stopped", lambda: session.clipboard() == {"held": False})


def copy_and_paste_inside(case):
    session = case.session(CONFIG)
    for name in ("alpha", "beta"):
        typewriter(session, name)
    session.wait_still()
    # wl-copy goes on in the background, as the one who has the content.
    for name, options, text in (("alpha", "", "of alpha"), ("beta", "", "of beta"), ("alpha", "--primary", "marked")):
        focus(session, name)
        session.inside_ok(name, f"wl-copy {options} '{text}'")
    for name, options, text in (("alpha", (), "of alpha"), ("beta", (), "of beta"), ("alpha", ("--primary",), "marked"),
                                ("beta", ("--primary",), None), ("gamma", (), None), ("gamma", ("--primary",), None)):
        check_equal(session.pasted(name, *options), text, f"wl-paste {' '.join(options)} in {name}")
    # A selection by the mouse is the primary selection, and a middle click pastes it: inside, and never across (C8).
    focus(session, "alpha")
    select_the_line(session, "alpha")
    wait_for("alpha's primary selection", lambda: session.pasted("alpha", "--primary") == COPIED)
    check_equal(session.pasted("beta", "--primary"), None, "beta's primary selection")
    for name in ("beta", "alpha"):
        focus(session, name)
        content = session.wait_window(name, f"typewriter {name}")["content"]
        session.click(content["x"] + 60, content["y"] + content["height"] // 2, button="middle")
        session.press("Return")
    wait_typed(session, "alpha", COPIED)
    wait_typed(session, "beta", "\n")
    check_equal(typed(session, "beta"), "\n", "what a middle click pasted into beta")


def frame_each_window_in_its_colour(case):
    session = case.session(CONFIG)
    typewriter(session, "alpha")
    typewriter(session, "beta")
    session.focus("alpha")
    session.wait_still()
    picture = session.picture()
    check_equal(picture.count(color(DESKTOP), Box(0, STRIP_HEIGHT, picture.width, GAP)), picture.width * GAP,
                "pixels of the desktop between the strip and the windows")
    for name, wanted in (("alpha", color(ALPHA)), ("beta", color(BETA))):
        window = session.wait_window(name)
        content = window["content"]
        x, y, width, height = (window[key] for key in ("x", "y", "width", "height"))
        check_equal((content["x"] - x, content["y"] - y), (BORDER, BORDER + BAND_HEIGHT), "border and band of " + name)
        check_equal((width - content["width"], height - content["height"]), (2 * BORDER, 2 * BORDER + BAND_HEIGHT),
                    "the frame around " + name)
        check(y >= STRIP_HEIGHT, f"{name} is below the strip")
        for box in (Box(x, y, width, BORDER), Box(x, y, BORDER, height),
                    Box(x + width - BORDER, y, BORDER, height), Box(x, y + height - BORDER, width, BORDER)):
            check_equal(picture.count(wanted, box), box.width * box.height, f"pixels of {name}'s colour on {box}")
        # The tag with the name stands at the left of the band, in the instance's colour.
        band = Box(x + BORDER, y + BORDER, 40, BAND_HEIGHT)
        tag = picture.count(wanted, band)
        check(tag > band.width * band.height // 3, f"{tag} pixels of {name}'s colour where its name should stand")
    left, right = session.wait_window("alpha"), session.wait_window("beta")
    between = Box(left["x"] + left["width"], left["y"], GAP, left["height"])
    check_equal(between.x + GAP, right["x"], "where beta begins")
    check_equal(picture.count(color(DESKTOP), between), GAP * between.height,
                "pixels of the desktop between the windows")
    # The strip says whose window has the focus: in its colour, and in no other's.
    strip = Box(0, 0, picture.width, STRIP_HEIGHT)
    check(picture.count(color(ALPHA), strip) > 100, "the strip shows alpha's colour while alpha has the focus")
    check_equal(picture.count(color(BETA), strip), 0, "pixels of beta's colour in the strip")
    session.focus("beta")
    def shows_beta():
        after = session.picture()
        return after.count(color(BETA), strip) > 100 and after.count(color(ALPHA), strip) == 0
    wait_for("the strip to show beta's colour, and no longer alpha's", shows_beta)


def keep_the_strip_above_a_fullscreen_window(case):
    session = case.session(CONFIG)
    magenta = (255, 0, 255)
    # OSC 11 sets the background; the cursor is hidden, so that all of it is of one colour.
    window = session.start("alpha", "foot", "-F", "sh", "-c", r"printf '\033]11;#ff00ff\007\033[?25l'; exec sleep 1000")
    check(window["fullscreen"], "foot -F is fullscreen")
    def is_painted():
        picture = session.picture()
        return picture if picture.pixel(picture.width // 2, picture.height // 2) == magenta else None
    picture = wait_for("foot's background", is_painted)
    strip = Box(0, 0, picture.width, STRIP_HEIGHT)
    check_equal(picture.count(magenta, strip), 0, "pixels of a fullscreen window in the strip")
    check(picture.count(color(ALPHA), strip) > 100, "the strip names alpha")
    below = Box(0, STRIP_HEIGHT, picture.width, picture.height - STRIP_HEIGHT)
    check(picture.count(magenta, below) > below.width * below.height * 9 // 10, "all below the strip is the window's")
    check(session.wait_window("alpha")["content"]["y"] >= STRIP_HEIGHT, "its content begins below the strip")
    # And back by the person's own chord.
    session.press("logo+f")
    wait_for("the end of fullscreen", lambda: not session.wait_window("alpha")["fullscreen"])


if __name__ == "__main__":
    main(
        put_keys_where_the_focus_is, carry_a_line_across, obey_the_rules_for_pairs_and_clear, copy_and_paste_inside,
        frame_each_window_in_its_colour, keep_the_strip_above_a_fullscreen_window,
    )
