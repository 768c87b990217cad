"""From the first `coffer run` to the end of the session: what a person and a script may rely on."""

import os
import pathlib
import signal
import stat

from checks import BORDER, Failure, check, check_equal, check_in, check_not_in, program, wait_for
from harness import main
from picture import color
from processes import descendants, is_alive, name_of

BACKEND = os.environ.get("TEST_BACKEND") or "bubblewrap"

TWO = """
instance alpha {
	color "#1775fd"
	app sleeper sleep 1000
	app greeter sh -c "echo greetings from alpha"
	grace 1
}

instance beta {
	color "#fa9719"
}
"""


def run_an_app_and_commands(case):
    session = case.session(TWO)
    check_equal(list(session.ps()), ["alpha", "beta"], "instances, in the order of the config")
    check_equal(session.ps("alpha"), {
        "name": "alpha", "state": "stopped", "frozen": False, "backend": BACKEND, "network": "none",
        "color": "#1775fd", "pids": 0, "memory": 0, "windows": 0, "clients": 0, "met": "",
        "reason": "",
    }, "an instance that has not been started")

    session.ok("run", "alpha", "sleeper")
    alpha = session.ps("alpha")
    check_equal(alpha["state"], "running", "the state after an app was started")
    check(alpha["pids"] >= 2, f"an init and a program are two processes at least, not {alpha['pids']}")
    check(alpha["memory"] > 0, "a running instance uses memory")
    check_equal(session.ps("beta")["state"], "stopped", "the other instance")

    session.ok("run", "alpha", "sleep", "2000")
    check_equal(session.ps("alpha")["pids"], alpha["pids"] + 1, "processes after one more was started")
    check_equal(session.inside_ok("alpha", "pgrep -x sleep | wc -l").strip(), "2", "both in the same sandbox")

    session.ok("run", "alpha", "greeter")
    session.wait_instance_log("alpha", "greetings from alpha")
    session.ok("run", "alpha", "printf", "%s|", "a b", "", "--json", "-f", "$HOME", "*")
    session.wait_instance_log("alpha", "a b||--json|-f|$HOME|*|")
    # Control characters of a program do nothing to the terminal that shows its log.
    session.ok("run", "alpha", "printf", r"\033]0;title\007red\033[31m\r\n")
    session.wait_instance_log("alpha", r"\x1b]0;title\x07red\x1b[31m\x0d")

    window = session.start("alpha", "foot", "--title", "a window")
    check_equal((window["app_id"], window["title"], window["workspace"]), ("foot", "a window", 1), "foot's window")
    wait_for("the window to be counted", lambda: session.ps("alpha")["windows"] == 1)
    table = session.ok("ps").splitlines()
    check_equal(table[0].split(), ["NAME", "STATE", "BACKEND", "PIDS", "MEMORY", "WINDOWS"], "the heading of ps")
    check_equal(table[1].split()[:3], ["alpha", "running", BACKEND], "the first line of ps")


def stop_kill_and_run_again(case):
    session = case.session(TWO)
    # A program that minds SIGTERM is heard; its shell needs a child that it can be interrupted in.
    session.ok("run", "alpha", "sh", "-c", "trap 'echo heard TERM; exit' TERM; echo ready; while :; do sleep 0.1; done")
    session.wait_instance_log("alpha", "ready")
    inside = descendants_of_instance(session)
    session.ok("stop", "alpha")
    check_equal(session.state("alpha"), "stopped", "the state after coffer stop")
    check_in("heard TERM", session.instance_log("alpha"), "the log")
    check(not any(is_alive(pid) for pid in inside), "its processes are gone when coffer stop returns")

    # One that does not, ends with the grace time.
    session.ok("run", "alpha", "sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
    session.wait_instance_log("alpha", "deaf")
    check_equal(session.state("alpha"), "running", "the state after it was started again")
    session.ok("stop", "alpha")
    check_equal(session.state("alpha"), "stopped", "the state after the grace time")

    session.ok("run", "alpha", "sh", "-c", "trap 'echo not asked' TERM; echo doomed; while :; do sleep 0.1; done")
    session.wait_instance_log("alpha", "doomed")
    session.ok("kill", "alpha")
    check_equal(session.state("alpha"), "stopped", "the state after coffer kill")
    check_not_in("not asked", session.instance_log("alpha"), "the log")

    session.ok("stop", "alpha")  # there is nothing to do, and it is done
    session.ok("run", "alpha", "sleeper")
    check_equal(session.state("alpha"), "running", "the state after coffer kill and coffer run")
    wait_for("only what is running in the sandbox", lambda: session.ps("alpha")["pids"] <= 3)


def descendants_of_instance(session):
    return [pid for pid in descendants(session.pid) if name_of(pid) != "cofferdam-compositor"[:15]]


def say_what_is_wrong_with_a_command(case):
    session = case.session(TWO)
    for words, code, said in (
        (["run", "nobody", "true"], 4, "nobody"),
        (["run", "../beta", "true"], 4, "../beta"),
        (["run", "Alpha", "true"], 4, "Alpha"),
        (["run", "alpha", "no-such-program"], 1, "no-such-program: command not found in instance alpha"),
        (["run", "alpha", "no-such-program", "word"], 1, "no-such-program"),
        (["run", "alpha", "/etc/passwd"], 1, "/etc/passwd"),
        (["run", "beta", "sleeper"], 1, "sleeper"),  # an app of the other's
        (["run", "alpha"], 2, "coffer run NAME"),
        (["run", "alpha", ""], 2, "empty"),
        (["stop", "nobody"], 4, "nobody"),
        (["kill", "nobody"], 4, "nobody"),
        (["logs", "nobody"], 4, "nobody"),
        (["socket", "nobody"], 4, "nobody"),
        (["frobnicate"], 2, "frobnicate"),
        (["ps", "--frob"], 2, "--frob"),
        (["stop"], 2, "coffer stop NAME"),
        (["clipboard", "take"], 2, "coffer clipboard"),
    ):
        result = session.coffer(*words)
        check_equal(result.code, code, f"the exit code of coffer {' '.join(words)} ({result.err.strip()})")
        check_in(said, result.err, f"what coffer {' '.join(words)} says")
        check_equal(len(result.err.splitlines()), 1, f"lines that coffer {' '.join(words)} says ({result.err})")
        check_equal(result.out, "", f"the output of coffer {' '.join(words)}")
    session.stop()
    result = session.coffer("ps")
    check_equal(result.code, 3, "the exit code without a session")
    check_in("start cofferdam", result.err, "what coffer says without a session")


def show_why_an_instance_failed(case):
    (case.state / "cofferdam/alpha/home").mkdir(parents=True, mode=0o700)
    (case.state / "cofferdam/VERSION").write_text("1\n")
    notes = case.state / "cofferdam/alpha/home/notes"
    notes.write_text("a file where a directory is declared")
    session = case.session("instance alpha {\n\tpersist notes\n}\n")
    result = session.coffer("run", "alpha", "true")
    check_equal(result.code, 1, "the exit code of coffer run")
    check_in("notes", result.err, "what coffer run says")
    alpha = session.ps("alpha")
    check_equal(alpha["state"], "failed", "the state")
    check_in("notes", alpha["reason"], "the reason")
    check_in("is not a directory", alpha["reason"], "the reason")
    check_in(alpha["reason"], session.ok("ps"), "the table")
    session.wait_log(alpha["reason"])

    notes.unlink()
    session.ok("run", "alpha", "sleep", "1000")
    check_equal(session.ps("alpha")["reason"], "", "the reason after it was put right")
    check_equal(session.state("alpha"), "running", "the state after it was put right")

    # S6: the sandbox is ended from outside.
    for pid in descendants(session.pid):
        if name_of(pid) == "coffer-init":
            os.kill(pid, signal.SIGKILL)
    wait_for("alpha to have failed", lambda: session.state("alpha") == "failed")
    check_in("signal 9", session.ps("alpha")["reason"], "the reason")
    session.ok("run", "alpha", "sleep", "1000")
    check_equal(session.state("alpha"), "running", "the state after it was started again")


def make_its_sockets_the_person_s_own(case):
    session = case.session(TWO)
    base = case.runtime / "cofferdam"
    check_equal(stat.S_IMODE(base.stat().st_mode), 0o700, "the mode of the directory")
    for path in ("control", "shell/wayland-0", "instances/alpha/wayland-0", "instances/beta/wayland-0"):
        mode = (base / path).stat().st_mode
        check(stat.S_ISSOCK(mode), f"{path} is a socket")
        check(not stat.S_IMODE(mode) & 0o077, f"{path} is nobody else's: mode {stat.S_IMODE(mode):o}")
    check_equal(session.ok("socket"), f"{base}/shell/wayland-0\n", "coffer socket")
    check_equal(session.ok("socket", "beta"), f"{base}/instances/beta/wayland-0\n", "coffer socket beta")
    # A client that comes by an instance's socket is that instance's, whether its sandbox runs or not.
    environment = session.environment | {"WAYLAND_DISPLAY": f"{base}/instances/beta/wayland-0"}
    foot = case.helper("foot", "--title", "from outside", environment=environment)
    session.wait_window("beta", "from outside")
    check_equal(session.ps("beta")["state"], "stopped", "the state of beta")
    wait_for("the window to be counted", lambda: session.ps("beta")["windows"] == 1)
    foot.terminate()
    wait_for("its window to go", lambda: not session.windows())


def refuse_a_second_session(case):
    session = case.session(TWO)
    result = case.run(program("cofferdam"), "-c", str(session.config_path), timeout=20)
    check(result.code not in (0, -9), f"the second ended with {result.code}")
    check_in("another cofferdam is running", result.err, "what the second says")
    check_in("coffer quit", result.err, "what the second says to do")
    # The first has not been harmed.
    session.start("alpha", "foot")
    session.ok("run", "beta", "true")


def clean_up_after_a_crash(case):
    first = case.session(TWO)
    first.start("alpha", "foot")
    first.ok("run", "beta", "sleep", "1000")
    first.process.kill()
    first.expected_code = -signal.SIGKILL
    check_equal(first.wait_end(), -signal.SIGKILL, "the end of the first")
    wait_for("the compositor and the sandboxes to follow the supervisor", lambda: not case.left())
    control = case.runtime / "cofferdam/control"
    check(control.exists(), "a supervisor that was killed leaves its socket, or this test shows nothing")
    result = first.coffer("ps")
    check_equal(result.code, 3, "the exit code of coffer when the session has crashed")

    second = case.session(TWO)
    second.start("alpha", "foot")
    check_equal(second.state("beta"), "stopped", "the state of beta in the second")


def end_in_order_when_told_to_quit(case):
    config = "instance alpha {\n\tpersist kept\n}\n"
    for how in ("coffer quit", "SIGTERM", "Super+Shift+E"):
        session = case.session(config + "bind Super+Shift+E quit\n")
        window = session.start("alpha", "foot", "sh", "-c", "exec sleep 1000")
        check(window["visible"], "there is a window")
        session.ok("run", "alpha", "sh", "-c",
                   f"trap 'echo {how} >> kept/said; exit' TERM; echo ready; while :; do sleep 0.1; done")
        session.wait_instance_log("alpha", "ready")
        if how == "coffer quit":
            session.ok("quit")
        elif how == "SIGTERM":
            session.process.terminate()
        else:
            session.press("logo+shift+e")
        session.wait_end()  # a second SIGTERM would make it hurry
        session.stop()
        check_in(how, (case.state / "cofferdam/alpha/home/kept/said").read_text(), f"programs were asked to end by {how}")
        check_equal(session.coffer("ps").code, 3, "the exit code of coffer afterwards")


def run_a_command_when_ready(case):
    out = case.directory / "said"
    # What it leaves in the background is ended with the session, whatever it does to be left alone.
    script = f'grim -t ppm - | head -c 2 > {out}.1; echo "$WAYLAND_DISPLAY" > {out}.2; (setsid sleep 1000 &); ' \
             f'coffer run alpha true; echo $? > {out}.3'
    bin_directory = pathlib.Path(program("coffer")).parent
    path = f"{bin_directory}:{os.environ['PATH']}" if bin_directory.is_absolute() else os.environ["PATH"]
    session = case.session(TWO, "-s", script, environment={"PATH": path})
    third = wait_for("the command's end", lambda: pathlib.Path(f"{out}.3").exists() and
                     pathlib.Path(f"{out}.3").read_text())
    check_equal(third, "0\n", "the exit code of coffer in the command")
    check_equal(pathlib.Path(f"{out}.1").read_text(), "P6", "the beginning of the picture that it took")
    check_equal(pathlib.Path(f"{out}.2").read_text(), f"{session.socket}\n", "WAYLAND_DISPLAY")
    check(session.process.poll() is None, "the session goes on after the command")
    check("sleep" in [name_of(pid) for pid in descendants(session.pid)], "what it has left behind is the session's")


def start_apps_with_the_desktop(case):
    session = case.session("instance alpha {\n\tapp terminal foot --title first\n\tstart terminal\n}\n")
    session.wait_window("alpha", "first")


def reload_without_touching_what_runs(case):
    session = case.session(TWO)
    before = session.start("alpha", "foot")
    session.wait_still()
    check_frame(session, "alpha", "#1775fd")

    case.write_config(TWO.replace("#1775fd", "#913bb7") + "instance gamma {\n}\n")
    session.process.send_signal(signal.SIGHUP)
    wait_for("the new instance", lambda: "gamma" in session.ps())
    check_frame(session, "alpha", "#913bb7")
    window, = session.windows("alpha")
    check_equal(window["id"], before["id"], "the window after a reload")
    check_equal(session.ps("alpha")["color"], "#913bb7", "the colour that coffer ps tells is that on the screen")
    check((case.runtime / "cofferdam/instances/gamma/wayland-0").is_socket(), "the new instance has a socket")
    session.start("gamma", "foot")

    # The instance that is not in the file any more has a program that runs: it goes when that ends.
    case.write_config(TWO + "instance delta {\n}\n")
    session.ok("reload")
    check("delta" in session.ps(), "delta is there")
    check_equal(len(session.windows("gamma")), 1, "windows of gamma, which has left the file")
    check_frame(session, "alpha", "#1775fd")

    good = session.ps()
    config = case.write_config(TWO + "\ninstance delta {\n\tcolour red\n}\n\nbind Super+Nonsense close\n")
    line = config.read_text().splitlines().index("\tcolour red") + 1
    result = session.coffer("reload")
    check_equal(result.code, 5, "the exit code of coffer reload with a bad file")
    check_in(f"{config}:{line}:", result.out + result.err, "what coffer reload says")
    check_equal(set(session.ps()), set(good), "instances after a bad reload")
    check_frame(session, "alpha", "#1775fd")
    session.process.send_signal(signal.SIGHUP)
    session.wait_log(f"{config}:{line}:")
    check_equal(set(session.ps()), set(good), "instances after a bad SIGHUP")


def forget_an_instance_that_has_windows(case):
    session = case.session(TWO + "instance gamma {\n}\n")
    compositor = session.compositor()
    # From outside of any sandbox, so that nothing of it runs when it leaves the file: it goes at once.
    path = session.ok("socket", "gamma").strip()
    programs = [case.helper("foot", environment={**session.environment, "WAYLAND_DISPLAY": path}) for _ in range(2)]
    wait_for("two windows of gamma", lambda: len(session.windows("gamma")) == 2)
    case.write_config(TWO)
    session.ok("reload")
    # foot ends when it reads the end of its connection; where it hears of it by writing, it may stay, cut off.
    for number, one in enumerate(programs, 1):
        log = case.directory / f"helper.{number}"
        wait_for("the end of a program whose instance is gone",
                 lambda one=one, log=log: one.poll() is not None or "Broken pipe" in log.read_text())
    check("gamma" not in session.ps(), "gamma is gone")
    check_equal(session.windows(), [], "the windows that are left")
    # And back: whoever counted its windows begins anew.
    case.write_config(TWO + "instance gamma {\n}\n")
    session.ok("reload")
    session.start("gamma", "foot")
    wait_for("the window to be counted", lambda: session.ps("gamma")["windows"] == 1)
    check_equal(session.compositor(), compositor, "the compositor's process: it has not died meanwhile")


def check_frame(session, name, wanted):
    """The frame of an instance's window has this colour, in the middle of each edge."""
    window = session.wait_window(name)
    x, y, right, bottom = (window["x"], window["y"], window["x"] + window["width"] - 1,
                           window["y"] + window["height"] - 1)
    middle = (y + bottom) // 2
    points = [(x + BORDER // 2, middle), (right - BORDER // 2, middle), ((x + right) // 2, bottom - BORDER // 2)]
    def is_so():
        picture = session.picture()
        return all(picture.pixel(*point) == color(wanted) for point in points)
    try:
        wait_for(f"the colour {wanted} on the frame of {name}", is_so)
    except Failure:
        picture = session.picture()
        raise Failure(f"the frame of {name} is not {wanted}: {[(p, picture.pixel(*p)) for p in points]}") from None


def check_a_config_file(case):
    bad = case.directory / "bad.scfg"
    bad.write_text("instance alpha {\n\tnetwork wlan\n}\n\ninstance Alpha {\n}\nbind Super+Q frobnicate\n")
    result = case.run(program("coffer"), "check", str(bad))
    check_equal(result.code, 5, "the exit code of coffer check with a bad file")
    said = result.err.splitlines()
    check_equal([line.split(" ")[0] for line in said], [f"{bad}:{number}:" for number in (2, 5, 7)], "lines named")
    good = case.write_config(TWO)
    result = case.run(program("coffer"), "check", str(good))
    check_equal((result.code, result.err), (0, ""), "coffer check of a good file")
    # cofferdam says the same of it, and does not start.
    result = case.run(program("cofferdam"), "-c", str(bad), timeout=20)
    check(result.code not in (0, -9), f"cofferdam with a bad file ended with {result.code}")
    for number in (2, 5, 7):
        check_in(f"{bad}:{number}:", result.err, "what cofferdam says")
    case.check_nothing_left()


def use_the_default_config_where_there_is_none(case):
    cofferdam = case.install()
    session = case.session(None, installed=cofferdam)
    check_equal(list(session.ps()), ["work", "personal"], "instances of the default config")
    session.ok("run", "personal", "terminal")
    session.wait_window("personal")
    session.stop()
    # One's own goes before it.
    own = case.config / "cofferdam/config"
    own.parent.mkdir()
    own.write_text("instance mine {\n}\n")
    session = case.session(None, installed=cofferdam)
    check_equal(list(session.ps()), ["mine"], "instances of one's own config")


if __name__ == "__main__":
    main(
        run_an_app_and_commands, stop_kill_and_run_again, say_what_is_wrong_with_a_command,
        show_why_an_instance_failed, make_its_sockets_the_person_s_own, refuse_a_second_session,
        clean_up_after_a_crash, end_in_order_when_told_to_quit, run_a_command_when_ready,
        start_apps_with_the_desktop, reload_without_touching_what_runs, forget_an_instance_that_has_windows,
        check_a_config_file, use_the_default_config_where_there_is_none,
    )
