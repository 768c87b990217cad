"""Monitors that go and come, as they do when one is unplugged and when the person switches consoles: each is the same one
again, with its windows, and no key goes where nobody sees it."""

import re
import socket
import struct

from checks import PATIENCE, check, check_equal, wait_for
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


class Client:
    """Speaks just enough of the Wayland wire to be late: it binds what it was told of, without hearing of its end first."""

    REGISTRY = 2

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.buffer = self.pending = b""
        self.next_id = 2
        self.send(1, 1, self.new_id())  # wl_display.get_registry
        self.globals = {interface: name for name, interface in self.roundtrip()}

    def new_id(self):
        self.next_id += 1
        return struct.pack("=I", self.next_id - 1)

    def send(self, sender, opcode, body):
        self.pending += struct.pack("=IHH", sender, opcode, 8 + len(body)) + body

    def message(self):
        while len(self.buffer) < 8 or len(self.buffer) < struct.unpack_from("=H", self.buffer, 6)[0]:
            part = self.socket.recv(4096)
            check(part, "the connection was closed")
            self.buffer += part
        sender, opcode, size = struct.unpack_from("=IHH", self.buffer)
        body, self.buffer = self.buffer[8:size], self.buffer[size:]
        return sender, opcode, body

    def roundtrip(self):
        """The globals that are told on the way, or None where the compositor answers with an error."""
        told, done = [], self.new_id()
        self.send(1, 0, done)  # wl_display.sync
        self.socket.sendall(self.pending)
        self.pending = b""
        while True:
            sender, opcode, body = self.message()
            if (sender, opcode) == (1, 0):  # wl_display.error
                return None
            if sender == struct.unpack("=I", done)[0]:
                return told
            if (sender, opcode) == (self.REGISTRY, 0):
                name, length = struct.unpack_from("=II", body)
                told.append((name, body[8:8 + length - 1].decode()))

    def may_bind(self, name, interface):
        text = interface.encode() + b"\0"
        text = struct.pack("=I", len(text)) + text.ljust((len(text) + 3) // 4 * 4, b"\0")
        self.send(self.REGISTRY, 0, struct.pack("=I", name) + text + struct.pack("=I", 1) + self.new_id())
        return self.roundtrip() is not None


def nobody_is_punished_for_binding_one_that_has_just_gone(case):
    session = case.session(CONFIG)
    path = session.ok("socket", "alpha").strip()
    late, later = Client(path), Client(path)
    name = late.globals["wl_output"]
    configure(case, session, "output * {\n\tdisable\n}\n")
    check(late.may_bind(name, "wl_output"), "a program that has not heard yet that the output is gone may bind it")
    check("wl_output" not in Client(path).globals, "the output is not announced to who comes now")
    # And in the end it is gone like any name that never was.
    wait_for("an error for a name that is gone", lambda: not Client(path).may_bind(name, "wl_output"))
    check(not later.may_bind(name, "wl_output"), "no more may who saw it")


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
    main(the_focus_leaves_a_monitor_that_is_unplugged, all_is_as_before_when_all_come_back,
         nobody_is_punished_for_binding_one_that_has_just_gone)
