#!/usr/bin/env python3
"""`coffer state` without a session, on stores made by hand. Usage: state.py COFFER [deaths]"""

import fcntl
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

from home import MEMORY, Home, check, verdict, write

CONFIG = """# my desktop
instance work {
	persist .config/app
	persist-file notes
}
instance bank {
}
"""


class StateHome(Home):
    """With a config, and gone with the block that it is made for."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="cd-state-", dir=MEMORY)
        super().__init__(self.directory.name)

    def __enter__(self):
        write(self.config, CONFIG)
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def fill(self):
        write(self.store / "VERSION", "1\n")
        write(self.store / "work/home/.config/app/rc", "12345")
        write(self.store / "work/home/.config/other", "123")
        write(self.store / "work/aside/2026-01-02_030405/Mail/inbox", "1234567")
        write(self.store / "old/home/file", "1")

    def run(self, *words, code=0, err=""):
        return super().run(*words, code=code, err=err)

    def is_clean(self, name):
        """Nothing of what was being made is left over."""
        partial = self.store / name / "partial"
        return not partial.exists() or os.listdir(partial) == []

    def rows(self, *words):
        return {(row["instance"], row["kind"], row["path"]): row
                for row in json.loads(self.run("state", "list", "--json", *words))}


def test_list():
    with StateHome() as home:
        # Nothing is made by looking.
        rows = home.rows()
        check(set(rows) == {("work", "declared", ".config/app"), ("work", "declared", "notes")}, f"an empty store: {rows}")
        check(not any(row["exists"] for row in rows.values()) and not home.store.exists(), "an empty store has nothing")
        home.fill()
        rows = home.rows()
        check({key: (row["size"], row["files"], row["exists"]) for key, row in rows.items()} == {
            ("work", "declared", ".config/app"): (5, 1, True), ("work", "declared", "notes"): (0, 0, False),
            ("work", "undeclared", ".config/other"): (3, 1, True), ("work", "aside", "Mail"): (7, 1, True),
            ("old", "undeclared", "file"): (1, 1, True)}, f"a full store: {rows}")
        check(rows["work", "aside", "Mail"]["date"] == "2026-01-02_030405", "the date of what is aside")
        check(set(home.rows("bank")) == set(), "bank keeps nothing")
        table = home.run("state", "list", "work").splitlines()
        check(table[0].split() == ["INSTANCE", "STATE", "SIZE", "FILES", "CHANGED", "PATH"], f"the heading: {table[0]}")
        check(table[4].endswith("Mail@2026-01-02_030405") and len(table) == 5, f"the table: {table}")
        home.run("state", "list", "nobody", code=4, err="no instance is called nobody")
        home.run("state", "list", "../work", code=4, err="no instance can be called")
        home.run("state", "list", "a", "b", code=2, err="coffer state list [NAME]")
        home.run("state", "frobnicate", code=2, err="no action")
        other = write(home.path / "other", "instance work {\n\tpersist .config\n}\n")
        check(("work", "declared", ".config") in home.rows("-c", str(other)), "the config of -c")
        home.run("state", "list", "-c", code=2, err="wants a file")
        home.config.write_text("nonsense\n")
        home.run("state", "list", code=5, err="config:1: ")


def test_names_are_cleaned():
    with StateHome() as home:
        home.fill()
        write(home.store / "work/home/\x1b]0;x\x07", "1")
        check("\x1b" not in home.run("state", "list"), "escapes in names reach the terminal")
        check(b"\xff" in os.fsencode(write(home.store / "work/home/\udcff", "1").name), "a name that is not UTF-8")
        check("\\xff" in home.run("state", "list", "work"), "a name that is not UTF-8")
        home.rows()


def test_size():
    with StateHome() as home:
        home.fill()
        sums = {row.pop("instance"): row for row in json.loads(home.run("state", "size", "--json"))}
        check(sums == {"work": {"declared": 5, "undeclared": 3, "aside": 7}, "bank": {"declared": 0, "undeclared": 0, "aside": 0},
                       "old": {"declared": 0, "undeclared": 1, "aside": 0}}, f"sums: {sums}")
        table = home.run("state", "size").splitlines()
        check(table[-1].split() == ["(all)", "5", "B", "4", "B", "7", "B"], f"the last line of the table: {table}")


def test_versions():
    with StateHome() as home:
        home.fill()
        (home.store / "VERSION").write_text("2\n")
        home.run("state", "list", code=1, err="is of layout 2, and this cofferdam knows 1: use a newer one")
        (home.store / "VERSION").unlink()
        # Layout 0: the instance's directory was its home.
        check(("work", "undeclared", "home") in home.rows(), "a store without a marker is brought over")
        check((home.store / "work/home/home/.config/app/rc").read_text() == "12345", "what was brought over")
        check((home.store / "VERSION").read_text() == "1\n", "the marker after it")


def test_forget():
    with StateHome() as home:
        home.fill()
        home.run("state", "forget", "work", ".config/other", code=1, err="There is nobody to ask: say --yes")
        home.run("state", "forget", "-y", "work", ".config/other")
        check(not (home.store / "work/home/.config/other").exists(), "forgotten")
        home.run("state", "forget", "-y", "work", "Mail@2026-01-02_030405")
        check(not (home.store / "work/aside/2026-01-02_030405").exists(), "the date goes with the last of it")
        home.run("state", "forget", "-y", "work", ".config/app")
        check(not home.rows()["work", "declared", ".config/app"]["exists"], "what is declared can be forgotten")
        for path, code in (("none", 1), ("Mail@2026-01-02_030405", 1), ("../home", 2), ("/etc", 2), ("", 2), (".", 2),
                           ("a//b", 2), ("x@2026-01-01_000000", 1)):
            home.run("state", "forget", "-y", "work", path, code=code, err="coffer: ")
        check((home.store / "old/home/file").exists(), "others are left alone")
        check(home.is_clean("work"), "nothing is left over")


def test_running_is_left_alone():
    with StateHome() as home:
        home.fill()
        (home.store / "work/lock").touch()
        with open(home.store / "work/lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # as a session does
            home.run("state", "forget", "-y", "work", ".config/other", code=1, err="work runs: coffer stop work first")
            home.run("state", "reset", "-y", "work", code=1, err="work runs: coffer stop work first")
            home.run("state", "clone", "old", "work", code=1, err="work runs: coffer stop work first")
            home.run("state", "clone", "work", "new", code=1, err="in use by another session")
            home.run("state", "forget", "-y", "work", "Mail@2026-01-02_030405")  # is out of its sight
        check((home.store / "work/home/.config/other").exists(), "what a running instance keeps")


def test_reset():
    with StateHome() as home:
        home.fill()
        home.run("state", "reset", "work", code=1, err="Delete all that work keeps, 8 B in 2 files, for ever?")
        home.run("state", "reset", "work", "--yes")
        check(not (home.store / "work/home").exists(), "reset")
        check((home.store / "work/aside").exists(), "what is aside stays")
        home.run("state", "reset", "work", "--yes")
        home.run("state", "reset", "bank", "--yes")
        home.run("state", "reset", "nobody", "--yes", code=4, err="no instance")


def test_aside_and_recall():
    with StateHome() as home:
        home.fill()
        mail = "Mail@2026-01-02_030405"
        home.run("state", "recall", "work", mail, code=1, err="Add to the instance work: persist Mail")
        home.config.write_text(CONFIG.replace("persist .config/app", "persist .config/app Mail"))
        home.run("state", "recall", "work", mail)
        check((home.store / "work/home/Mail/inbox").read_text() == "1234567", "it is back")
        check(not (home.store / "work/aside/2026-01-02_030405").exists(), "the date goes with the last of it")
        home.run("state", "recall", "work", mail, code=1, err="has nothing aside as")

        # There and back, with something new there meanwhile.
        out = home.run("state", "aside", "work", "Mail")
        again = out.split()[-1]
        check(again.startswith("Mail@20") and not (home.store / "work/home/Mail").exists(), f"aside: {out}")
        write(home.store / "work/home/Mail/inbox", "new")
        home.run("state", "recall", "work", again, code=1, err="work keeps something at Mail by now: coffer state aside work Mail first")
        check((home.store / "work/home/Mail/inbox").read_text() == "new", "nothing is overwritten")
        (home.store / "work/home/Mail/inbox").unlink()  # as a start leaves it
        home.run("state", "recall", "work", again)
        check((home.store / "work/home/Mail/inbox").read_text() == "1234567", "back over an empty directory")

        # A file; and what only a part is declared of.
        notes = write(home.store / "work/home/notes", "remember").stat().st_ino
        again = home.run("state", "aside", "work", "notes").split()[-1]
        write(home.store / "work/home/notes", "")
        home.run("state", "recall", "work", again)
        check((home.store / "work/home/notes").stat().st_ino == notes, "back over an empty file")
        again = home.run("state", "aside", "work", ".config").split()[-1]
        date = again.split("@")[1]
        home.run("state", "recall", "work", again, code=1, err=f"coffer state recall work .config/app@{date}")
        home.run("state", "recall", "work", f".config/app@{date}")
        check((home.store / "work/home/.config/app/rc").read_text() == "12345", "the part is back")
        check([path.name for path in (home.store / "work/aside").rglob("*")] == [date, ".config", "other"], "the rest stays aside")
        (home.store / "work/aside" / date / "notes").mkdir()
        (home.store / "work/home/notes").unlink()
        home.run("state", "recall", "work", f"notes@{date}", code=1, err="is a directory, and the config says persist-file")
        (home.store / "work/aside" / date / "Mail").symlink_to("/etc")
        home.run("state", "recall", "work", f"Mail@{date}", code=1, err="neither a file nor a directory")

        for words, code, err in (
                (("recall", "work", "Mail"), 2, "PATH@DATE"), (("recall", "work", f"../home@{date}"), 2, "PATH@DATE"),
                (("recall", "old", f"file@{date}"), 1, "the config has no instance old"), (("aside", "work", "none"), 1, "keeps nothing at none"),
                (("aside", "work", "../aside"), 2, "no path"), (("aside", "bank", "x"), 1, "bank keeps nothing yet"),
                (("recall", "nobody", f"x@{date}"), 4, "no instance is called nobody")):
            home.run("state", *words, code=code, err=err)
        with open(home.store / "work/lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            home.run("state", "aside", "work", "Mail", code=1, err="work runs: coffer stop work first")
            home.run("state", "recall", "work", f"Mail@{date}", code=1, err="work runs: coffer stop work first")


def test_clone():
    with StateHome() as home:
        home.fill()
        home.run("state", "clone", "work", "bank")
        check((home.store / "bank/home/.config/app/rc").read_text() == "12345", "the clone")
        check(not (home.store / "bank/aside").exists(), "what is aside is not cloned")
        home.run("state", "clone", "old", "bank", code=1, err="bank keeps something already: coffer state reset bank first")
        check(home.is_clean("bank"), "nothing is left over")
        home.run("state", "clone", "work", "work", code=2, err="no clone of work")
        home.run("state", "clone", "work", "../x", code=2, err="no clone of work")
        home.run("state", "clone", "bank", "fresh")
        check((home.store / "fresh/home/.config/other").read_text() == "123", "an instance that is not in the config yet")


def hostile(home, where):
    """Attack S3: what an instance can leave in its own directory, and worse."""
    secret = write(home.path / "secret/file", "secret")
    where.mkdir(parents=True, exist_ok=True)
    (where / "link").symlink_to(secret)
    (where / "up").symlink_to("../../../../../secret")
    (where / "root").symlink_to("/")
    (where / "loop").symlink_to("loop")
    os.link(secret, where / "hard")
    os.link(write(where / "one", "1"), where / "twin")
    os.mkfifo(where / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(where)
        listener.bind("socket")
        os.chdir("/")
    if os.geteuid() == 0:
        try:
            os.mknod(where / "device", 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero: to be read for ever
        except PermissionError:
            pass
    write(where / "setuid", "#!/bin/sh\n").chmod(0o6755)
    (where / "closed").mkdir()
    write(where / "closed/file").chmod(0)
    (where / "closed").chmod(0o100)
    with open(where / "sparse", "w") as file:
        file.truncate(1 << 42)
    deep = os.open(where, os.O_RDONLY)
    for _ in range(1600):
        os.mkdir("a-directory-in-a-directory", dir_fd=deep)
        inner = os.open("a-directory-in-a-directory", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    return secret


def test_hostile_trees():
    with StateHome() as home:
        home.fill()
        secret = hostile(home, home.store / "work/home/.config/app")
        rows = home.rows("work")
        check(rows["work", "declared", ".config/app"]["whole"] is False, "the deep tree is not counted whole")
        check(rows["work", "declared", ".config/app"]["size"] < 1 << 24, "a sparse file counts what it takes")
        home.run("state", "size")
        # Not whole, so not made.
        home.run("state", "clone", "work", "bank", code=1, err="bank was not made")
        check(not (home.store / "bank/home").exists() and home.is_clean("bank"), "no half clone")
        home.run("state", "forget", "-y", "work", ".config/app/link/x", code=1, err="keeps nothing")
        home.run("state", "forget", "-y", "work", ".config/app/up/file", code=1, err="keeps nothing")
        home.run("state", "forget", "-y", "work", ".config/app/root")
        home.run("state", "forget", "-y", "work", ".config/app")
        check(not (home.store / "work/home/.config/app").exists(), "hostile trees can be forgotten")
        check(secret.read_text() == "secret", "links lead nowhere")

        # A whole one is cloned, and carries none of it over.
        secret.unlink()
        hostile(home, home.store / "work/home/.config/app")
        home.run("state", "forget", "-y", "work", ".config/app/a-directory-in-a-directory")
        if os.geteuid() != 0:
            home.run("state", "forget", "-y", "work", ".config/app/closed")
        home.run("state", "clone", "work", "bank", err="were left out")
        copy = home.store / "bank/home/.config/app"
        check((copy / "hard").stat().st_nlink == 1 and os.stat(copy / "twin").st_nlink == 2 and (copy / "setuid").stat().st_mode & 0o7777 == 0o755, "no second names, no setuid")
        check({path.name for path in copy.iterdir()} & {"fifo", "socket", "device"} == set(), "files and links alone")
        check((copy / "root").is_symlink() and (copy / "sparse").stat().st_blocks < 4096, "links as links, holes as holes")
        # The directories of the store itself as links: followed by nobody.
        (home.store / "old/home").rename(home.store / "old/elsewhere")
        (home.store / "old/home").symlink_to(home.path / "secret")
        home.rows("old")
        home.run("state", "forget", "-y", "old", "file", code=1, err="keeps nothing")
        home.run("state", "clone", "old", "new", code=1, err="keeps nothing that could be cloned")
        home.run("state", "reset", "-y", "old")
        check((home.path / "secret/file").read_text() == "secret", "the link went, not what it led to")
        subprocess.run(["chmod", "-R", "u+rwX", home.store], check=True)


def test_audit():
    with StateHome() as home:
        home.fill()
        home.config.write_text("""shell {
	exec waybar --bar 'main one'
	menu fuzzel -d
}
bind Super+E exec sh -c "echo $HOME"
bind Super+W run work -- foot -e top
bind Super+M menu
instance work {
	network nat
	allow gpu
	files /srv/Documents rw
	persist .config .ssh bin
	app browser firefox-esr "a b"
	start browser
	env EDITOR=vim
}
instance bank {
}
instance vault {
	backend vm
	kernel /srv/vmlinuz-1 /srv/modules
}
""")
        for path, text, mode in ((".bashrc", "x", 0o600), (".config/autostart/a.desktop", "x", 0o600), ("bin/tool", "x", 0o755),
                                 ("bin/\x1b[2J", "#!/bin/sh\n", 0o600), (".ssh/id_rsa", "x", 0o600), ("bin/su", "x", 0o4755),
                                 ("harmless", "x", 0o600)):
            write(home.store / "work/home" / path, text).chmod(mode)
        (home.store / "work/home/out").symlink_to("/etc")
        os.mkfifo(home.store / "work/home/fifo")
        found = {(row["instance"], row["where"], row["kind"], row["what"]) for row in json.loads(home.run("audit", "--json"))}
        expected = {
            ("", "config", "exec", "waybar --bar 'main one'"), ("", "config", "menu", "fuzzel -d"),
            ("", "config", "bind", "line 5: sh -c 'echo $HOME'"), ("work", "config", "bind", "line 6: foot -e top"),
            ("work", "config", "network", "nat"), ("work", "config", "allow", "gpu"),
            ("work", "config", "files", "/srv/Documents rw"), ("work", "config", "app", "browser: firefox-esr 'a b'"),
            ("work", "config", "start", "browser"), ("work", "config", "env", "EDITOR=vim"),
            ("vault", "config", "kernel", "/srv/vmlinuz-1 /srv/modules"),
            ("work", "store", "startup", ".bashrc"), ("work", "store", "startup", ".config/autostart/a.desktop"),
            ("work", "store", "executable", "bin/tool"), ("work", "store", "script", "bin/\x1b[2J"),
            ("work", "store", "key", ".ssh/id_rsa"), ("work", "store", "setuid", "bin/su"), ("work", "store", "link", "out -> /etc")}
        check(found == expected, f"audit: {found ^ expected}")
        text = home.run("audit")
        check("\x1b" not in text and "bin/\\x1b[2J" in text, "names are cleaned")
        check(text.splitlines()[0] == "(shell)" and "\nwork\n  in the config\n" in text, text)
        check(json.loads(home.run("audit", "--json", "bank")) == [], "one instance")
        check("waybar" not in home.run("audit", "work"), "one instance")
        home.run("audit", "nobody", code=4, err="no instance is called nobody")
        hostile(home, home.store / "old/home/tree")
        text = home.run("audit", "old")
        check("setuid" in text and "there is more than could be looked at" in text, text)
        subprocess.run(["chmod", "-R", "u+rwX", home.store], check=True)
        home.run("state", "reset", "-y", "old")


def test_keep_without_session():
    with StateHome() as home:
        home.run("state", "keep", "work", "Mail", code=1, err="work does not run")
        home.run("state", "keep", "nobody", "Mail", code=4, err="no instance in the config is called nobody")
        home.run("state", "keep", "work", "../x", code=2, err="no path in an instance's home")
        home.run("state", "keep", "work", ".config/app/deeper", code=1, err="kept already: the config says persist .config/app")
        home.run("state", "diff", "work", code=1, err="work does not run")
        check(home.config.read_text() == CONFIG, "the config is as it was")


# At each of these calls a process may die; the store must be readable after every death. And how many are passed over.
DEADLY = {"renameat": 1, "renameat2": 1, "mkdirat": 1, "unlinkat": 1, "fsync": 1, "syncfs": 1, "write": 1, "ftruncate": 1, "fchmod": 1,
          "flock": 1, "pwrite64": 1, "openat2": 5}


def test_death_at_every_step():
    if shutil.which("strace") is None:
        print("strace is not here: death at every step is not tried", file=sys.stderr)
        sys.exit(77)
    for words, least in ((("clone", "work", "bank"), 10), (("reset", "-y", "work"), 10), (("list",), 10),
                         (("aside", "work", ".config/app"), 6), (("recall", "work", ".config/app@2026-01-02_030405"), 6)):
        kills = sum(kill_at_all(words, call, step) for call, step in DEADLY.items())
        check(kills > least, f"{words} was killed only {kills} times")


def test_order_on_the_disk():
    """What a death does not show: a machine that loses power forgets what was not synced."""
    for words, names in ((("clone", "work", "bank"), 1), (("aside", "work", ".config/app"), 1), (("reset", "-y", "work"), 1),
                         (("recall", "work", "Mail@2026-01-02_030405"), 1), (("forget", "-y", "work", ".config/other"), 1), (("list",), 5)):
        with StateHome() as home:
            home.fill()
            home.config.write_text(CONFIG.replace("persist .config/app", "persist .config/app Mail"))
            if words == ("list",):
                (home.store / "VERSION").unlink()
            found = home.check_order("state", *words)
            check(found >= names, f"{words}: {found} names were seen")


def kill_at_all(words, call, step):
    """Does it again and again, killed one call later each time."""
    kills, number = 0, 1
    while True:
        with StateHome() as home:
            home.fill()
            if words == ("list",):  # brings it over from layout 0
                (home.store / "VERSION").unlink()
            if words[0] == "recall":
                kept = home.store / "work/aside/2026-01-02_030405/.config"
                kept.mkdir()
                (home.store / "work/home/.config/app").rename(kept / "app")
            died = home.killed_at(call, number, "state", *words)
            rows = home.rows()  # readable, whatever was cut off
            if words[0] == "clone":
                copy = home.store / "bank/home"
                check(not copy.exists() or (copy / ".config/other").read_text() == "123", f"clone, cut at {call} {number}: whole or nothing")
                check(rows["work", "undeclared", ".config/other"]["size"] == 3, f"clone, cut at {call} {number}: the first")
            elif words[0] == "reset":
                there = [path for key, path in ((rows["work", "declared", ".config/app"]["exists"], 1),
                                                (("work", "undeclared", ".config/other") in rows, 2)) if key]
                check(there in ([], [1, 2]), f"reset, cut at {call} {number}: whole or nothing")
                home.run("state", "reset", "-y", "work")
                check(not (home.store / "work/home").exists(), f"reset, cut at {call} {number}: again")
            elif words[0] in ("aside", "recall"):
                copies = [path.read_text() for path in (home.store / "work").rglob("rc")]
                check(copies == ["12345"], f"{words[0]}, cut at {call} {number}: in one of its places, whole: {copies}")
                if words[0] == "recall" and not (home.store / "work/home/.config/app/rc").exists():
                    home.run("state", *words)  # again
            else:
                check((home.store / "work/home/home/.config/app/rc").read_text() == "12345", f"migration, cut at {call} {number}")
                check((home.store / "old/home/home/file").read_text() == "1", f"migration, cut at {call} {number}")
        if not died:
            return kills
        number += step
        kills += 1


tests = [value for name, value in sorted(globals().items()) if name.startswith("test_")
         and (name in ("test_death_at_every_step", "test_order_on_the_disk")) == (sys.argv[2:] == ["deaths"])]
for test in tests:
    test()
sys.exit(verdict())
