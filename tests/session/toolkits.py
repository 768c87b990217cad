"""GTK 4 and Qt 6 programs in sandboxes: they start, take keys, copy and paste, inside and across; their menus and
dialogs are framed as their instance's."""

import pathlib
import shutil

from checks import BORDER, POPUP_BORDER, check, check_equal, wait_for
from harness import main
from picture import Box, color
from session import last_said

ALPHA, BETA = "#1775fd", "#fa9719"
CONFIG = f"""
instance alpha {{
	color "{ALPHA}"
	files ~/programs
	env GSK_RENDERER=cairo GDK_DISABLE=gl,vulkan
}}
instance beta {{
	color "{BETA}"
	files ~/programs
	env GSK_RENDERER=cairo GDK_DISABLE=gl,vulkan
}}
bind Super+C clipboard-take
bind Super+V clipboard-give
"""


def start_session(case):
    programs = case.home / "programs"
    programs.mkdir()
    shutil.copy(pathlib.Path(__file__).with_name("gtk_image.py"), programs)
    return case.session(CONFIG)


def carry_a_picture_between_gtk_programs(case):
    session = start_session(case)
    for name in ("alpha", "beta"):
        session.start(name, "python3", "programs/gtk_image.py", title="picture")
    session.wait_still()
    check(not any(one["floating"] for one in session.windows()), "GTK's plain windows are tiled")
    session.focus("alpha")
    session.press("c")
    copied = wait_for("the copy in alpha", lambda: last_said(session, "alpha", "copied"))
    # Inside, it can be pasted at once; in the other instance there is nothing.
    session.press("v")
    check_equal(wait_for("the paste in alpha", lambda: last_said(session, "alpha", "pasted")), copied,
                "the picture that was pasted in alpha")
    session.focus("beta")
    session.press("v")
    wait_for("beta to find nothing", lambda: last_said(session, "beta", "nothing"))

    session.focus("alpha")
    session.press("logo+c")
    held = wait_for("something held", lambda: (status := session.clipboard())["held"] and status)
    check_equal((held["instance"], held["types"]), ("alpha", ["image/png"]), "what is held")
    session.focus("beta")
    session.press("logo+v")
    wait_for("the delivery", lambda: not session.clipboard()["held"])
    session.press("v")
    check_equal(wait_for("the paste in beta", lambda: last_said(session, "beta", "pasted")), copied,
                "the picture that was pasted in beta")


def carry_text_between_qt_programs(case):
    session = start_session(case)
    for name in ("alpha", "beta"):
        session.start(name, "featherpad")
    session.wait_still()
    text = "Qt says: grüße, 漢字"
    session.focus("alpha")
    session.type(text)
    session.press("ctrl+a")
    session.press("ctrl+c")
    wait_for("the text on alpha's clipboard", lambda: session.pasted("alpha") == text)
    check_equal(session.pasted("beta"), None, "beta's clipboard")
    session.focus("alpha")
    session.press("logo+c")
    wait_for("something held", lambda: session.clipboard()["held"])
    session.focus("beta")
    session.press("logo+v")
    wait_for("the delivery", lambda: not session.clipboard()["held"])
    session.press("ctrl+v")
    # What the other has pasted is seen by copying it from there, and a mark shows that it is that copy.
    session.type("!")
    session.press("ctrl+a")
    session.press("ctrl+c")
    wait_for("the pasted text on beta's clipboard", lambda: session.pasted("beta") == text + "!")


def frame_a_qt_menu(case):
    session = start_session(case)
    session.start("beta", "foot")
    window = session.start("alpha", "featherpad")
    session.wait_still()
    window = session.focus("alpha")
    content = Box(*(window["content"][key] for key in ("x", "y", "width", "height")))
    before = session.picture()
    session.press("alt+f")
    def find_menu():
        found = session.picture().bounds(color(ALPHA), content, besides=before)
        return found if found and found.width > 50 and found.height > 50 else None
    box = wait_for("a menu framed in alpha's colour", find_menu)
    picture = session.picture()
    for edge in (Box(box.x, box.y, box.width, POPUP_BORDER), Box(box.x, box.y, POPUP_BORDER, box.height),
                 Box(box.x + box.width - POPUP_BORDER, box.y, POPUP_BORDER, box.height),
                 Box(box.x, box.y + box.height - POPUP_BORDER, box.width, POPUP_BORDER)):
        check_equal(picture.count(color(ALPHA), edge), edge.width * edge.height, f"pixels of alpha's colour on {edge}")
    inner = Box(box.x + POPUP_BORDER, box.y + POPUP_BORDER, box.width - 2 * POPUP_BORDER, box.height - 2 * POPUP_BORDER)
    check(picture.count(color(ALPHA), inner) < inner.width * inner.height // 2, "inside of the frame is the menu")
    # It has the keys, and goes when it is told to.
    session.press("Escape")
    wait_for("the menu to go", lambda: not session.picture().bounds(color(ALPHA), content, besides=before))
    # P4: a menu that is open is no trap. A click on another window ends it, and the keys go there.
    session.press("alt+f")
    wait_for("the menu again", find_menu)
    session.focus("beta")
    wait_for("the menu to go", lambda: not session.picture().bounds(color(ALPHA), content, besides=before))


def float_a_dialog(case):
    session = start_session(case)
    session.start("alpha", "foot")
    tiled = session.wait_window("alpha")
    dialog = session.start("alpha", "zenity", "--info", "--text", "something to say", "--title", "a dialog")
    session.wait_still()
    dialog, = [one for one in session.windows("alpha") if one["id"] == dialog["id"]]
    check(dialog["floating"], f"zenity's dialog floats: {dialog}")
    check(dialog["width"] < tiled["width"], "it has a size of its own")
    after, = [one for one in session.windows("alpha") if one["id"] == tiled["id"]]
    check_equal((after["x"], after["width"]), (tiled["x"], tiled["width"]), "the place of the tiled window beside it")
    picture = session.picture()
    edge = Box(dialog["x"], dialog["y"], BORDER, dialog["height"])
    check_equal(picture.count(color(ALPHA), edge), edge.width * edge.height, "pixels of alpha's colour on its edge")
    check(dialog["focused"], "it has the focus, since alpha had it")
    session.press("Return")
    wait_for("the dialog to go", lambda: len(session.windows("alpha")) == 1)


if __name__ == "__main__":
    main(carry_a_picture_between_gtk_programs, carry_text_between_qt_programs, frame_a_qt_menu, float_a_dialog)
