"""What has to hold, how long it may take to, and what is under test."""

import os
import re
import time

FACTOR = float(os.environ.get("TEST_TIMEOUT_FACTOR", "1"))
PATIENCE = 20 * FACTOR  # seconds for whatever has to happen
STOP_PATIENCE = 10 * FACTOR  # 5 are promised
PAUSE = 0.05

STRIP_HEIGHT = 28
BAND_HEIGHT = 24
BORDER = 3
POPUP_BORDER = 2


class Failure(Exception):
    """Something does not hold: the message says what."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_equal(value, expected, what):
    check(value == expected, f"{what}: expected {expected!r}, got {value!r}")


def check_in(part, whole, what):
    check(part in whole, f"{what}: expected {part!r} in {whole!r}")


def check_not_in(part, whole, what):
    check(part not in whole, f"{what}: did not expect {part!r} in {whole!r}")


def wait_for(what, condition, patience=PATIENCE):
    """Returns the first true value of condition(); fails, saying what was waited for, where none comes in time."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < deadline, f"not seen within {patience:.0f} s: {what}")
        time.sleep(PAUSE)


def with_backend(config):
    """A config in which every instance has the backend that is under test, where it is not the default."""
    backend = os.environ.get("TEST_BACKEND", "")
    return re.sub(r"(?m)^(instance [^\n{]*\{)$", rf"\1\n\tbackend {backend}", config) if backend else config


def variable(name):
    """What the build calls a file's path by."""
    return f"TEST_{name.upper().replace('-', '_')}"


def program(name):
    """The program under test: that which the build names, else the one in PATH."""
    return os.environ.get(variable(name)) or name
