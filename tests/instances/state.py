"""The state store of a running session: its version, what is kept aside, whose turn it is, and holding still."""

import glob
import json
import os
import shutil
import signal
import subprocess

from supervisor import ASK, is_alive, run_tests, state_of, wait_until, with_backend, descendants, command_of

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
        return self.process.communicate(timeout=20)[0]


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
        assert state_of(pid) == "T"
        second = Hold(supervisor, "work")
        assert second.answer == "held\n"
        assert hold.end(end) == ""
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
    assert state_of(pid) == "T"
    assert supervisor.ps()["work"]["frozen"] == "1"
    supervisor.compositor.tell("order work 2")
    wait_until(lambda: state_of(pid) == "S", "the person's thaw")
    # It may be thawed and ended while it is held, and its holders are told.
    for step in (lambda: supervisor.compositor.tell("order work 2"), lambda: supervisor.ask("kill", "work").check()):
        holds = [Hold(supervisor, "work") for _ in range(2)]
        step()
        wait_until(lambda: state_of(pid) in ("S", ""), "its going on or its end")
        wait_until(lambda: supervisor.ps()["work"]["frozen"] == "0", "the news")
        for hold in holds:
            assert hold.end().startswith("error: it does not stand still any more"), hold.answer
    supervisor.run("work", "true").check()
    # And started where it did not run.
    hold = Hold(supervisor, "other")
    supervisor.run("other", "true").check()
    assert hold.end().startswith("error: it does not stand still any more")


def test_state_limit(make):
    supervisor = make("instance work {\n\tpersist data\n\tstate-limit 1M\n}\n")
    supervisor.output_of("work", "head -c 900000 /dev/urandom > data/x")
    assert "state-limit" not in supervisor.ps()["work"]["reason"]
    supervisor.output_of("work", "head -c 900000 /dev/urandom > data/y; truncate -s 1T data/sparse")
    wait_until(lambda: "it keeps more than its state-limit" in supervisor.ps()["work"]["reason"], "the look at it")
    assert supervisor.ps()["work"]["state"] == "running"
    supervisor.compositor.expect("notice 1 work it keeps 1.7 MiB, more than its state-limit of 1.0 MiB")
    supervisor.ask("stop", "work").check()
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "it keeps 1.7 MiB, more than its state-limit of 1.0 MiB: see coffer state list work" in answer.text, answer.text
    os.unlink(store_of(supervisor, "work", "home", "data", "x"))
    supervisor.run("work", "true").check()


# ---- coffer state, on what runs ----


def coffer(supervisor, *words, code=0, err=""):
    done = subprocess.run([os.environ["TEST_COFFER"], "state", *words], env=supervisor.environment | {"LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == code and err in done.stderr, (words, done)
    return done.stdout


def diff(supervisor, *words):
    return {row["path"]: row for row in json.loads(coffer(supervisor, "diff", "work", "--json", *words))}


def test_diff(make):
    supervisor = make("instance work {\n\tpersist data .config/app\n\tpersist-file .history\n}\n")
    coffer(supervisor, "diff", "work", code=1, err="work does not run")
    coffer(supervisor, "diff", "nobody", code=4, err="nobody")
    supervisor.output_of("work", "echo kept > data/x; echo kept > .config/app/rc; echo kept > .history; mkdir -p Mail/new empty/e; "
        "echo 12345 > Mail/new/1; echo 123 > Mail/2; echo 1 > note; echo 1 > .config/other; ln -s /etc/passwd link; "
        "printf x > \"$(printf 'a\\033]0;b')\"; mkdir -p .local/share/prog; echo 1 > .local/share/prog/x")
    rows = diff(supervisor)
    assert {path: (row["size"], row["files"], row["directory"]) for path, row in rows.items()} == {
        "Mail": (10, 2, True), "note": (2, 1, False), ".config/other": (2, 1, False), "link": (0, 1, False),
        "a\x1b]0;b": (1, 1, False), ".local/share/prog": (2, 1, True)}, rows
    assert set(diff(supervisor, "--all")) == {"Mail/new/1", "Mail/2", "note", ".config/other", "link", "a\x1b]0;b",
        ".local/share/prog/x"}
    table = coffer(supervisor, "diff", "work")
    assert "Mail/\n" in table and "a\\x1b]0;b\n" in table and "\x1b" not in table, table


def test_diff_of_a_hostile_home(make):
    supervisor = make(WORK)
    supervisor.output_of("work", "python3 -c 'import os\nfor i in range(1600): os.mkdir(\"deep\"); os.chdir(\"deep\")'; "
        "mkfifo fifo; ln -s / root; ln -s loop loop; mkdir closed; echo x > closed/x; chmod 0 closed; mkdir many; "
        "i=0; while [ $i -lt 3000 ]; do : > many/$i; i=$((i + 1)); done")
    rows = json.loads(coffer(supervisor, "diff", "work", "--json", err="there is more in work than could be looked at"))
    assert {row["path"] for row in rows} >= {"root", "loop", "fifo", "many"}, rows
    assert len(json.loads(coffer(supervisor, "diff", "work", "--json", "--all", err="there is more"))) <= 2000


KEEP = """# my desktop
instance other {
}
instance work {
    # what lasts
    persist data
    persist-file .history
}
"""


def test_keep(make):
    supervisor = make(KEEP)
    written = with_backend(KEEP)
    supervisor.output_of("work", "mkdir -p Mail/new; echo 1 > Mail/new/1; ln -s new Mail/cur; mkfifo Mail/fifo; echo 2 > note; "
        "ln -s note link; mkdir -p 'a dir'; echo 3 > 'a dir/x'")
    output = coffer(supervisor, "keep", "work", "/home/user/Mail", err="left out")
    assert supervisor.config in output, output
    assert read(supervisor.config) == written.replace("    persist-file .history\n", "    persist-file .history\n    persist Mail\n")
    assert read(supervisor.config + "~") == written
    coffer(supervisor, "keep", "work", "~/note")
    coffer(supervisor, "keep", "work", "a dir/")
    assert read(supervisor.config).count("\n    persist-file note\n    persist \"a dir\"\n") == 1, read(supervisor.config)
    for path, said in (("Mail", "kept already"), ("data/x", "kept already"), ("none", "No such file"), ("link", "neither a file nor"),
            ("link/x", ""), ("data", "kept already")):
        coffer(supervisor, "keep", "work", path, code=1, err=said)
    wait_until(lambda: supervisor.ps()["work"]["frozen"] == "0", "its going on")
    supervisor.ask("stop", "work").check()
    supervisor.ask("reload").check()
    output = supervisor.output_of("work", "cat Mail/cur/1 note 'a dir/x'; echo more >> note")
    assert output == "1\n2\n3\n", output
    supervisor.ask("stop", "work").check()
    assert read(store_of(supervisor, "work", "home", "note")) == "2\nmore\n"


def test_keep_where_the_config_is_not_ours(make):
    supervisor = make(WORK)
    supervisor.output_of("work", "mkdir Mail; echo 1 > Mail/1")
    # Two that lie: the text is there, and the file is not to be written.
    os.rename(supervisor.config, supervisor.config + ".real")
    os.symlink("/nix/store/x", supervisor.config)
    coffer(supervisor, "keep", "work", "Mail", code=5, err="cannot be opened")
    os.unlink(supervisor.config)
    os.mkdir(supervisor.config + ".d")
    os.rename(supervisor.config + ".real", supervisor.config + ".d/config")
    os.symlink(supervisor.config + ".d/config", supervisor.config)  # as one keeps it in a repository
    coffer(supervisor, "keep", "work", "Mail")
    assert os.path.islink(supervisor.config) and "persist Mail" in read(supervisor.config)
    assert read(store_of(supervisor, "work", "home", "Mail", "1")) == "1\n"


def test_clone_of_what_runs(make):
    supervisor = make(WORK + "instance other {\n\tpersist data\n}\n")
    supervisor.output_of("work", "echo 1 > data/x")
    coffer(supervisor, "clone", "work", "other")
    assert supervisor.output_of("other", "cat data/x") == "1\n"
    wait_until(lambda: supervisor.ps()["work"]["frozen"] == "0", "its going on")
    coffer(supervisor, "reset", "-y", "work", code=1, err="work runs")
    supervisor.ask("stop", "work").check()
    coffer(supervisor, "reset", "-y", "work")
    assert supervisor.output_of("work", "ls -A data") == ""


# ---- backup and restore ----


def run_coffer(supervisor, *words, code=0, err=""):
    done = subprocess.run([os.environ["TEST_COFFER"], *words], env=supervisor.environment | {"LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == code and err in done.stderr, (words, done)
    return done.stdout


def test_backup_of_what_runs(make):
    supervisor = make(WORK + "instance other {\n\tpersist data\n}\n")
    supervisor.output_of("other", "echo other > data/x")
    supervisor.ask("stop", "other").check()
    supervisor.run("work", "sh", "-c", "while :; do date +%s%N > data/new; mv data/new data/now; sleep 0.02; done").check()
    now = store_of(supervisor, "work", "home", "data", "now")
    wait_until(lambda: os.path.exists(now) and read(now) != "", "its writing")
    target = os.path.join(supervisor.directory, "backup")
    run_coffer(supervisor, "backup", "--to", target)
    saved = read(os.path.join(target, "store", "work", "home", "data", "now"))
    assert saved != "" and read(os.path.join(target, "store", "other", "home", "data", "x")) == "other\n"
    assert read(os.path.join(target, "config", "config")) == read(supervisor.config)  # the session's, by -c
    wait_until(lambda: read(now) not in ("", saved), "its going on")
    assert supervisor.ps()["work"]["frozen"] == "0"
    run_coffer(supervisor, "restore", target, "work", code=1, err="work runs: coffer stop work first")
    supervisor.ask("stop", "work").check()
    run_coffer(supervisor, "restore", target, "work")
    assert read(now) == saved


def test_backup_of_what_does_not_stop(make):
    """What a thread has begun in the kernel may go on: that is said, of each copy that was made meanwhile."""
    supervisor = make("instance other {\n\tpersist data\n}\n")
    programs = os.path.join(supervisor.home, "programs")
    os.mkdir(programs)
    shutil.copy(os.environ["TEST_HANGING"], programs)
    supervisor.write_config(WORK.replace("}", f"\tfiles {programs}\n}}") + "instance new {\n\tpersist data\n}\n")
    supervisor.ask("reload").check()
    supervisor.output_of("work", "echo 1 > data/x; echo 2 > x")
    supervisor.run("work", "programs/hanging", "hidden").check()
    wait_until(lambda: any(command_of(pid) == "hanging" and state_of(pid) == "D" for pid in descendants(supervisor.process.pid)), "its waiting")
    hold = Hold(supervisor, "work")
    assert hold.answer == "held but for 1\n", hold.answer
    assert hold.end() == ""
    assert "instance work is frozen, but for 1 threads that do not stop" in supervisor.log()
    said = "work did not stand still: 1 of its threads would not stop: what "
    target = os.path.join(supervisor.directory, "backup")
    run_coffer(supervisor, "backup", "--to", target, code=1, err=said + "was saved may not fit together")
    assert read(os.path.join(target + ".incomplete", "store", "work", "home", "data", "x")) == "1\n"
    coffer(supervisor, "clone", "work", "new", code=1, err=said + "is in new may not fit together")
    coffer(supervisor, "keep", "work", "x", err=said + "was saved may not fit together")
    wait_until(lambda: supervisor.ps()["work"]["frozen"] == "0", "its going on")


def test_new_machine_is_the_old_one(make):
    """Another home, state and runtime directory: each instance has what it had, as it sees it itself."""
    old = make("instance work {\n\tpersist data .config/app\n\tpersist-file .history\n\tenv A=b\n}\n"
        "instance other {\n\tpersist data\n}\ninstance bare {\n}\n")
    old.output_of("work", "echo 1 > data/x; mkdir -p .config/app/d; echo 2 > .config/app/d/y; echo 3 > .history; ln -s x data/link; "
        "chmod 750 data/x")
    old.output_of("other", "head -c 100000 /dev/urandom > data/random")
    look = "find . -printf '%P %y %m %s %l\\n' | sort; find . -type f -exec sha256sum '{}' + | sort; env | sort"
    archive = os.path.join(old.directory, "all.tar.zst")
    run_coffer(old, "backup", "--to", archive)
    new = make("", start=False)
    run_coffer(new, "restore", archive)
    new.config = os.path.join(new.home, ".config", "cofferdam", "config")
    assert read(new.config) == read(old.config)
    new.start()
    assert list(new.ps()) == list(old.ps()) == ["work", "other", "bare"]
    for name in ("work", "other", "bare"):
        was, now = old.output_of(name, look), new.output_of(name, look)
        assert was == now and "HOME=/home/user" in was, (name, was, now)
    assert coffer(old, "list", "--json") == coffer(new, "list", "--json")


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
