#!/usr/bin/env python3
"""`coffer state` without a session, on stores made by hand. Usage: state.py COFFER"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CONFIG = """# my desktop
instance work {
	persist .config/app
	persist-file notes
}
instance bank {
}
"""
coffer = os.path.abspath(sys.argv[1])
failures = 0


def check(holds, what):
    global failures
    if not holds:
        failures += 1
        print(what, file=sys.stderr)


class Home:
    """A home with a config and a store; gone with the block that it is made for."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="cd-state-")
        self.path = Path(self.directory.name).resolve()
        self.store = self.path / ".local/state/cofferdam"
        self.config = self.write(self.path / ".config/cofferdam/config", CONFIG)
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    @staticmethod
    def write(path, text=""):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def fill(self):
        self.write(self.store / "VERSION", "1\n")
        self.write(self.store / "work/home/.config/app/rc", "12345")
        self.write(self.store / "work/home/.config/other", "123")
        self.write(self.store / "work/aside/2026-01-02_030405/Mail/inbox", "1234567")
        self.write(self.store / "old/home/file", "1")

    def run(self, *words, code=0, err=""):
        environment = {"HOME": str(self.path), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
        done = subprocess.run([coffer, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, text=True, cwd=self.path)
        check(done.returncode == code, f"coffer {words}: exit code {done.returncode}, not {code}: {done.stderr}")
        check(err in done.stderr and (err != "" or done.stderr == ""), f"coffer {words} says {done.stderr!r}, not {err!r}")
        return done.stdout

    def rows(self, *words):
        return {(row["instance"], row["kind"], row["path"]): row
                for row in json.loads(self.run("state", "list", "--json", *words))}


def test_list():
    with Home() as home:
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
        other = home.write(home.path / "other", "instance work {\n\tpersist .config\n}\n")
        check(("work", "declared", ".config") in home.rows("-c", str(other)), "the config of -c")
        home.run("state", "list", "-c", code=2, err="wants a file")
        home.config.write_text("nonsense\n")
        home.run("state", "list", code=5, err="config:1: ")


def test_names_are_cleaned():
    with Home() as home:
        home.fill()
        home.write(home.store / "work/home/\x1b]0;x\x07", "1")
        check("\x1b" not in home.run("state", "list"), "escapes in names reach the terminal")
        check(b"\xff" in os.fsencode(home.write(home.store / "work/home/\udcff", "1").name), "a name that is not UTF-8")
        check("\\xff" in home.run("state", "list", "work"), "a name that is not UTF-8")
        home.rows()


def test_size():
    with Home() as home:
        home.fill()
        sums = {row.pop("instance"): row for row in json.loads(home.run("state", "size", "--json"))}
        check(sums == {"work": {"declared": 5, "undeclared": 3, "aside": 7}, "bank": {"declared": 0, "undeclared": 0, "aside": 0},
                       "old": {"declared": 0, "undeclared": 1, "aside": 0}}, f"sums: {sums}")
        table = home.run("state", "size").splitlines()
        check(table[-1].split() == ["(all)", "5", "B", "4", "B", "7", "B"], f"the last line of the table: {table}")


def test_versions():
    with Home() as home:
        home.fill()
        (home.store / "VERSION").write_text("2\n")
        home.run("state", "list", code=1, err="is of layout 2, and this cofferdam knows 1: use a newer one")
        (home.store / "VERSION").unlink()
        # Layout 0: the instance's directory was its home.
        check(("work", "undeclared", "home") in home.rows(), "a store without a marker is brought over")
        check((home.store / "work/home/home/.config/app/rc").read_text() == "12345", "what was brought over")
        check((home.store / "VERSION").read_text() == "1\n", "the marker after it")


tests = [value for name, value in sorted(globals().items()) if name.startswith("test_")]
for test in tests:
    test()
sys.exit(1 if failures else 0)
