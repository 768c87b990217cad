"""A person at work in two instances: looks where the focus is, types, copies here and pastes there, saves now and then.
What each instance is given to see uses letters that no other is given, so that one in the wrong place is found."""

import collections
import pathlib
import subprocess
import time

from checks import BAND_HEIGHT, BORDER, PATIENCE, PAUSE, Failure, check, check_equal

# Small letters are typed, capitals stand on the screen to be copied.
TYPED = {"alpha": "abcdefghijklm", "beta": "nopqrstuvwxyz", "gamma": "0123456789"}
SHOWN = {"alpha": "ABCDEFGHIJKLM", "beta": "NOPQRSTUVWXYZ", "gamma": "....."}
# What programs paint; nothing of the desktop has these colours.
PAPER = {"alpha": "#101030", "beta": "#301010", "gamma": "#103010"}
# Shows a line and keeps every key as it comes.
TYPEWRITER = r"stty -icanon -echo min 1; printf '\033]11;{paper}\007\033[?25l{shown}\n'; exec cat >> kept/typed"
SAVE = "echo $1 > kept/new && sync kept/new && mv kept/new kept/state && sync kept && echo saved $1 in $2"
AFTERMATH = 2  # seconds until what was struck down is noticed in all places


class Interrupted(Exception):
    """Something the person needed was killed meanwhile."""


class Person:
    def __init__(self, session, random, killer):
        self.session, self.random, self.killer = session, random, killer
        self.done = collections.Counter()
        self.kept = {name: pathlib.Path(session.case.state, "cofferdam", name, "home/kept") for name in TYPED}
        self.allowed = {name: set(TYPED[name] + SHOWN[name] + "\r\n") for name in TYPED}
        self.saved = {name: (0, 0) for name in TYPED}  # known to be on the disk; tried at least

    # -- looking --

    def until(self, what, condition):
        """As wait_for(), but a person gives up soon when everything has gone dark."""
        deadline = time.monotonic() + PATIENCE
        while True:
            value = condition()
            if value:
                return value
            now = time.monotonic()
            if self.killer.struck and now - self.killer.struck_at > AFTERMATH:
                raise Interrupted(what)
            check(now < deadline, f"nothing was killed, and not seen within {PATIENCE:.0f} s: {what}")
            time.sleep(PAUSE)

    def window(self, name):
        def find():
            for one in self.session.windows(name):
                if one["visible"] and one["content"]["width"] > 1:
                    return one
            return None
        return self.until(f"a window of {name}", find)

    def typed(self, name):
        path = self.kept[name] / "typed"
        return path.read_bytes().decode(errors="replace") if path.exists() else ""

    # -- acting --

    def start_typewriter(self, name):
        script = TYPEWRITER.format(paper=PAPER[name], shown=SHOWN[name])

        def start():
            result = self.session.coffer("run", name, "foot", "--title", f"typewriter {name}", "sh", "-c", script)
            # Struck again a moment ago, it is going down, and is to be asked when it has.
            going_down = "is stopping: ask again" in result.err
            check(result.code == 0 or going_down, f"coffer run {name} foot: {result.err.strip()}")
            return not going_down
        self.until(f"the start of foot in {name}", start)
        self.window(name)

    def focus(self, name):
        window = self.window(name)
        self.session.click(window["x"] + window["width"] - 2 * BORDER - 2, window["y"] + BORDER + BAND_HEIGHT // 2)
        self.until(f"the focus on {name} after a click on its band", lambda: self.session.focused() == name)
        return window

    def type(self, name):
        text = "".join(self.random.choices(TYPED[name], k=self.random.randint(10, 60)))
        with self.killer.gate:
            if self.killer.struck:
                raise Interrupted("before a word was typed")
            self.focus(name)
            before = self.typed(name)
            environment = {**self.session.environment, "WAYLAND_DISPLAY": str(self.session.socket)}
            typing = subprocess.Popen(["wtype", "-d", "12", "--", text], env=environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.until(f"the first key in {name}",
                           lambda: len(self.typed(name)) > len(before) or typing.poll() is not None)
            except (Interrupted, Failure):
                typing.kill()
                typing.wait()
                raise
        try:
            code = typing.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            typing.kill()
            raise Failure("wtype has not ended") from None
        if self.killer.struck:
            raise Interrupted("while a word was typed")
        check_equal(code, 0, "wtype, while nothing was killed")
        self.until(f"{text!r} in {name}", lambda: self.typed(name) != before and len(self.typed(name)) >= len(before + text))
        if not self.killer.struck:
            check_equal(self.typed(name)[len(before):], text, f"what was typed into {name}")
        self.done["words"] += 1
        self.done["keys"] += len(text)

    def carry(self, source, destination):
        window = self.focus(source)
        self.session.click(window["content"]["x"] + 60, window["content"]["y"] + 8, 3)
        self.session.press("ctrl+shift+c")
        def is_held():
            self.session.press("logo+c")
            status = self.session.clipboard()
            return status["held"] and status["instance"] == source
        self.until(f"what is held from {source}", is_held)
        self.focus(destination)
        self.allowed[destination] |= set(SHOWN[source])
        before = self.typed(destination)
        self.session.press("logo+v")
        self.until("the delivery", lambda: not self.session.clipboard()["held"])
        # What was given arrives at foot in its own time.
        def is_pasted():
            if len(self.typed(destination)) == len(before):
                self.session.press("ctrl+shift+v")
            return SHOWN[source] in self.typed(destination)[len(before):]
        self.until(f"the line of {source} in {destination}", is_pasted)
        self.done["carried"] += 1

    def save(self, name):
        known, tried = self.saved[name]
        self.saved[name] = known, tried + 1
        mark = f"saved {tried + 1} in {name}"
        result = self.session.coffer("run", name, "sh", "-c", SAVE, "sh", str(tried + 1), name)
        check(result.code == 0 or self.killer.struck, f"coffer run {name}: {result.err.strip()}")
        log = self.session.case.runtime / f"cofferdam/instances/{name}/log"
        self.until(mark, lambda: f"{mark}\n" in log.read_text(errors="replace"))
        self.saved[name] = tried + 1, tried + 1
        self.done["saved"] += 1

    def act(self):
        """One thing, as it comes to mind."""
        one, other = self.random.sample(["alpha", "beta"], 2)
        choice = self.random.random()
        if choice < 0.5:
            self.type(one)
        elif choice < 0.6:
            self.type("gamma")
        elif choice < 0.85:
            self.carry(one, other)
        else:
            self.save(self.random.choice(list(TYPED)))

    def try_all(self):
        """Everything once, while nothing is killed: it works, or the rest would show nothing."""
        for name in TYPED:
            self.type(name)
            self.save(name)
        self.carry("alpha", "beta")
        self.carry("beta", "alpha")

    def work(self):
        """Until the killer has struck, and what he struck at has been missed or not."""
        while not self.killer.struck and self.killer.thread.is_alive():
            try:
                self.act()
            except Interrupted:
                self.done["interrupted"] += 1
            except Failure as error:
                # Of the tools, and of coffer: while the compositor is away they may say so.
                if not self.killer.struck:
                    raise
                self.done["interrupted"] += 1
                self.last_error = error
