"""A session in a window of another desktop, which here is a cofferdam too: it opens, draws, has the size that its host
gives it, is clicked in, and ends in order when that window is closed or the host goes."""

import os
import signal

from checks import check_equal, check_in, wait_for
from harness import main
from picture import color

HOST = """
instance outer {
}
bind Super+Q close
"""
GUEST = """
instance alpha {
	color "#1775fd"
}
instance beta {
	color "#fa9719"
}
"""


def nested(case, environment=None):
    """The host, and in an instance of it the guest, with runtime and state directories of its own."""
    host = case.session(HOST)
    place = case.directory / "guest"
    for name in ("r", "state"):
        (place / name).mkdir(parents=True, mode=0o700)
    case.environment = {key: value for key, value in case.environment.items() if key != "WLR_BACKENDS"}
    guest = case.session(GUEST, environment={
        "WAYLAND_DISPLAY": host.ok("socket", "outer").strip(), "XDG_RUNTIME_DIR": str(place / "r"),
        "XDG_STATE_HOME": str(place / "state"), **(environment or {}),
    })
    guest.socket = place / "r/cofferdam/shell/wayland-0"
    return host, guest


def click(host, x, y):
    host.point(x - 1, y)
    # A real hand moves on after it has come into the window, and only that is told to what is in it.
    host.tool("wlrctl", "pointer", "move", "1", "0")
    host.tool("wlrctl", "pointer", "click", "left")


def size(guest):
    picture = guest.picture()
    return picture.width, picture.height


def content_size(host, title="Cofferdam"):
    content = host.wait_window("outer", title)["content"]
    return content["width"], content["height"]


def opens_draws_follows_and_is_clicked(case):
    host, guest = nested(case)
    host.wait_window("outer", "Cofferdam")
    wait_for("the size that the host gives", lambda: size(guest) == content_size(host))
    guest.start("alpha", "foot")
    guest.start("beta", "foot")
    guest.wait_still()
    # The host's own screen shows what the guest's does.
    content = host.wait_window("outer", "Cofferdam")["content"]
    for name, wanted in (("alpha", "#1775fd"), ("beta", "#fa9719")):
        window = guest.wait_window(name)
        at = content["x"] + window["x"] + 1, content["y"] + window["y"] + window["height"] // 2
        wait_for(f"the frame of {name} in the host's picture",
                 lambda at=at, wanted=wanted: host.picture().pixel(*at) == color(wanted))
    for name in ("alpha", "beta", "alpha"):
        inner = guest.wait_window(name)["content"]
        click(host, content["x"] + inner["x"] + inner["width"] // 2, content["y"] + inner["y"] + inner["height"] // 2)
        wait_for(f"the focus on {name}", lambda name=name: guest.focused() == name)
    before = size(guest)
    host.start("outer", "foot", title="foot")
    wait_for("a smaller screen beside another window of the host", lambda: size(guest)[0] < before[0])
    wait_for("the size that the host gives", lambda: size(guest) == content_size(host))


def has_a_pointer_in_each_of_two_windows(case):
    host, guest = nested(case, {"WLR_WL_OUTPUTS": "2"})
    screens = wait_for("two windows", lambda: len(host.windows()) == 2 and host.windows())
    outputs = []
    for screen in screens:
        content = screen["content"]
        click(host, content["x"] + content["width"] // 2, content["y"] + content["height"] // 2)
        outputs.append(guest.start("alpha", "foot")["output"])
    check_equal(len(set(outputs)), 2, "outputs on which windows come, each after a click there")


def ends_in_order_with_its_window(case):
    host, guest = nested(case)
    guest.start("alpha", "foot")
    host.focus("outer", "Cofferdam")
    host.press("logo+q")
    check_equal(guest.wait_end(), 0, "the exit status of the guest")
    check_in("the window of the session was closed", guest.log(), "the guest's log")
    wait_for("the window to be gone", lambda: host.windows() == [])


def ends_in_order_with_its_host(case):
    host, guest = nested(case)
    guest.start("alpha", "foot")
    os.kill(host.compositor(), signal.SIGKILL)
    check_equal(guest.wait_end(), 0, "the exit status of the guest")
    check_in("the window of the session was closed", guest.log(), "the guest's log")


if __name__ == "__main__":
    main(opens_draws_follows_and_is_clicked, has_a_pointer_in_each_of_two_windows, ends_in_order_with_its_window,
         ends_in_order_with_its_host)
