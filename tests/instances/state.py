"""The state store of a running session: its version, what is kept aside, whose turn it is, and holding still."""

import glob
import os
import signal
import subprocess

from supervisor import ASK, is_alive, run_tests, state_of, wait_until, descendants, command_of

WORK = "instance work {\n\tpersist data\n}\n"


def store_of(supervisor, *names):
    return os.path.join(supervisor.state, "cofferdam", *names)


def write(path, text=""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def read(path):
    with open(path) as file:
        return file.read()


def test_newer_store_is_refused(make):
    supervisor = make(WORK, start=False)
    write(store_of(supervisor, "VERSION"), "2\n")
    with open(supervisor.log_path, "w") as log:
        done = subprocess.run([os.environ["TEST_COFFERDAM_WITH_DOUBLE"], "-c", supervisor.config], env=supervisor.environment,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=60)
    assert done.returncode == 1 and "is of layout 2, and this cofferdam knows 1" in supervisor.log(), supervisor.log()
    assert read(store_of(supervisor, "VERSION")) == "2\n"


def test_older_store_is_brought_over(make):
    supervisor = make(WORK, start=False)
    write(store_of(supervisor, "work", "data", "file"), "from layout 0\n")
    supervisor.start()
    assert read(store_of(supervisor, "VERSION")) == "1\n"
    assert supervisor.output_of("work", "cat data/file") == "from layout 0\n"


def test_undeclared_is_kept_aside(make):
    supervisor = make("instance work {\n\tpersist data .config/app\n}\n")
    supervisor.output_of("work", "echo 1 > data/x; echo 2 > .config/app/rc")
    assert read(store_of(supervisor, "VERSION")) == "1\n"
    supervisor.ask("stop", "work").check()
    supervisor.write_config(WORK)
    supervisor.ask("reload").check()
    assert read(store_of(supervisor, "work", "home", ".config", "app", "rc")) == "2\n"  # not before the next start
    output = supervisor.output_of("work", "cat data/x; ls -A")
    assert output == "1\ndata\n", output
    aside = glob.glob(store_of(supervisor, "work", "aside", "*", ".config", "app", "rc"))
    assert len(aside) == 1 and read(aside[0]) == "2\n", aside
    assert not os.path.exists(store_of(supervisor, "work", "home", ".config"))
    assert "instance work: what its config declares no longer is kept aside" in supervisor.log()
    # Declared again, it begins anew, and what is aside stays there.
    supervisor.ask("stop", "work").check()
    supervisor.write_config("instance work {\n\tpersist data .config\n}\n")
    supervisor.ask("reload").check()
    assert supervisor.output_of("work", "ls -A .config") == ""
    assert read(aside[0]) == "2\n"


def test_two_sessions_do_not_share_an_instance(make):
    first = make(WORK)
    first.run("work", "sleep", "1000").check()
    second = make(WORK, start=False)
    second.environment["XDG_STATE_HOME"] = first.state
    second.start()
    answer = second.run("work", "true")
    assert answer.code == 11 and "is in use by another session" in answer.text, answer.text
    first.ask("stop", "work").check()
    second.run("work", "true").check()


def test_places(make):
    supervisor = make(WORK)
    where = f"place {supervisor.config} {store_of(supervisor)} "
    assert supervisor.ask("places").check().text == where + "0"
    assert supervisor.ask("places", "work").check().text == where + "0"
    supervisor.run("work", "sleep", "1000").check()
    pid = int(supervisor.ask("places", "work").check().text.removeprefix(where))
    assert command_of(pid) == "coffer-init", command_of(pid)
    assert supervisor.ask("places", "nobody").code == 14


class Hold:
    """`ask hold`, which lets go when its input ends."""

    def __init__(self, supervisor, name):
        self.process = subprocess.Popen([ASK, supervisor.path("control"), "hold", name], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.answer = self.process.stdout.readline()

    def end(self, number=None):
        if number is not None:
            self.process.send_signal(number)
        self.process.communicate(timeout=20)


def sleeper_of(supervisor):
    return next(pid for pid in descendants(supervisor.process.pid) if command_of(pid) == "sleep")


def test_hold(make):
    supervisor = make(WORK + "instance other {\n}\n")
    supervisor.run("work", "sleep", "1000").check()
    pid = sleeper_of(supervisor)
    for end in (None, signal.SIGKILL):  # however it ends
        hold = Hold(supervisor, "work")
        assert hold.answer == "held\n", hold.answer
        assert supervisor.ps()["work"]["frozen"] == "1"
        wait_until(lambda: state_of(pid) == "T", "its standing still")  # the signal is sent, and soon taken
        second = Hold(supervisor, "work")
        assert second.answer == "held\n"
        hold.end(end)
        assert supervisor.ask("ps").code == 0 and state_of(pid) == "T"  # the second holds it still
        second.end(end)
        wait_until(lambda: supervisor.ps()["work"]["frozen"] == "0" and state_of(pid) == "S", "its going on")
    idle = Hold(supervisor, "other")
    assert idle.answer == "held\n"  # it does not run
    idle.end()
    assert Hold(supervisor, "nobody").answer.startswith("error: no instance is called nobody")
    # One that the person has frozen stays frozen.
    supervisor.compositor.tell("order work 1")
    wait_until(lambda: supervisor.ps()["work"]["frozen"] == "1", "the person's freeze")
    Hold(supervisor, "work").end()
    supervisor.ask("ps").check()
    wait_until(lambda: state_of(pid) == "T", "its standing still")
    assert supervisor.ps()["work"]["frozen"] == "1"
    supervisor.compositor.tell("order work 2")
    wait_until(lambda: state_of(pid) == "S", "the person's thaw")
    # It may be ended while it is held.
    hold = Hold(supervisor, "work")
    supervisor.ask("kill", "work").check()
    wait_until(lambda: not is_alive(pid), "its end")
    hold.end()
    supervisor.run("work", "true").check()


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
