#!/usr/bin/env python3
"""`coffer backup` and `coffer restore` without a session, and plain copies of a store. Usage: backup.py COFFER [restic]"""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from home import MEMORY, Home, check, coffer, verdict, write

CONFIG = """# my desktop
instance work {
	persist .config/app Mail
	persist-file notes
}
instance bank {
	persist data
}
"""


def tree(top):
    """What a person would compare: paths, kinds, contents, modes of files, times of files."""
    found = {}
    for path in sorted(top.rglob("*")):
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if stat.S_ISREG(status.st_mode) else None
        rest = (status.st_mode & 0o777, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else ()
        found[str(path.relative_to(top))] = (kind, content, *rest)
    return found


class Machine(Home):
    """A new computer's."""

    def __init__(self, directory, name):
        super().__init__(Path(directory) / name)
        self.path.mkdir()

    def fill(self):
        write(self.config, CONFIG)
        write(self.config.parent / "colours.inc", "beside it")
        write(self.store / "VERSION", "1\n")
        write(self.store / "work/home/.config/app/rc", "12345")
        write(self.store / "work/home/Mail/a file\n\x1b with \\ a name", "letter")
        os.utime(write(self.store / "work/home/notes", "remember\n" * 1000), (1, 2))
        write(self.store / "work/home/Mail/run", "#!/bin/sh\n").chmod(0o755)
        (self.store / "work/home/Mail/link").symlink_to("run")
        (self.store / "work/home/Mail/empty").mkdir()
        write(self.store / "work/aside/2026-01-02_030405/old", "1234567")
        write(self.store / "bank/home/data/ledger", "100")
        write(self.store / "bank/lock")
        write(self.store / "bank/partial/garbage", "of no worth")
        return self

    def instances(self):
        """Instance by instance, all that it keeps."""
        return {path.name: {part: tree(path / part) for part in ("home", "aside") if (path / part).exists()}
                for path in self.store.iterdir() if path.is_dir() and not path.name.startswith(".")}

    def check_same(self, other, what):
        mine, others = self.instances(), other.instances()
        for name in sorted(mine.keys() | others.keys()):
            check(mine.get(name) == others.get(name), f"{what}: {name} differs: {str(mine.get(name))[:500]}\n  {str(others.get(name))[:500]}")
        check(self.config.read_text() == other.config.read_text(), f"{what}: the config differs")
        check(self.run("state", "list", "--json") == other.run("state", "list", "--json"), f"{what}: coffer state list differs")


def test_new_machine(top):
    old = Machine(top, "old").fill()
    for number, target in enumerate((Path(top) / "backup", Path(top) / "backup.tar.zst")):
        old.run("backup", "--to", target)
        check(old.run("backup", "verify", target) == f"{target} is whole\n", "verify says so")
        new = Machine(top, f"new{number}")
        new.run("restore", target)
        new.check_same(old, target.name)
        check((new.config.parent / "colours.inc").read_text() == "beside it", "what lies beside the config")
        check(not (new.store / "bank/partial/garbage").exists() and not (new.store / ".restoring").exists(), "nothing is left over")
        old.run("backup", "--to", target)  # once more, over the first
        new.run("restore", target)
        check(len(list(new.config.parent.parent.glob("cofferdam.2*"))) == 1, "the config of before is kept")
    check(sorted(path.name for path in Path(top).iterdir() if "backup" in path.name) == ["backup", "backup.tar.zst"], "nothing is left over")


def test_included(top):
    """What the config includes is the config's, wherever it lies; but a backup writes nowhere else."""
    old = Machine(top, "old").fill()
    beside = old.config.parent
    write(beside / "parts/one.inc", "layout { gap 1; }\n")
    dots = Path(top) / "dots"
    (beside / "linked.inc").symlink_to(write(dots / "three.inc", "# three\n"))
    write(dots / "two.inc", "include nested/four.inc\n")
    write(dots / "nested/four.inc", "# four\n")
    old.config.write_text(CONFIG + f"include parts/one.inc linked.inc {dots}/two.inc\n")
    for number, (target, words) in enumerate(((Path(top) / "b", ()), (Path(top) / "b.tar.zst", ()), (Path(top) / "c", ("-c", old.config)))):
        old.run("backup", "--to", target, *words)
        new = Machine(top, f"new{number}")
        out = new.run("restore", target)
        for name, text in (("parts/one.inc", "layout { gap 1; }\n"), ("linked.inc", "# three\n"), (f"elsewhere{dots}/two.inc", "include nested/four.inc\n"),
                           (f"elsewhere{dots}/nested/four.inc", "# four\n")):
            path = new.config.parent / name
            check(path.is_file() and not path.is_symlink() and path.read_text() == text, f"{target.name}: {name}")
        check(f"the config included {dots}/two.inc: it is in {new.config.parent}/elsewhere: put it back" in out, out)
        check("parts/one.inc" not in out, out)
        new.run("check")
    # What is not there any more is said, and nothing else is.
    shutil.rmtree(dots)
    new = Machine(top, "new-there")
    new.run("restore", Path(top) / "b")
    check(not dots.exists(), "a restore writes nowhere else")
    new.run("check", code=5, err="include: '" + str(dots / "two.inc")[:20])
    old.run("backup", "--to", Path(top) / "b", err="the config has errors, so that a file which it includes may be missing")


def attributes(path):
    return {name: os.getxattr(path, name) for name in os.listxattr(path) if name.startswith("user.")}


def give_attributes(machine):
    """Where the file system has any."""
    try:
        os.setxattr(machine.store / "work/home/notes", "user.note", b"a\0b")
        os.setxattr(machine.store / "work/home/Mail", "user.kind", b"maildir")
    except OSError:
        print("this file system has no attributes of users: not tried", file=sys.stderr)
    os.link(machine.store / "work/home/notes", machine.store / "work/home/.config/app/again")


def check_attributes(old, new, what):
    for path in ("work/home/notes", "work/home/Mail", "work/home/Mail/empty", "bank/home/data"):
        check((old.store / path).stat().st_mtime_ns == (new.store / path).stat().st_mtime_ns, f"{what}: the time of {path}")
        check(attributes(old.store / path) == attributes(new.store / path), f"{what}: attributes of {path}")
    check(os.path.samefile(new.store / "work/home/notes", new.store / "work/home/.config/app/again"), f"{what}: a second name")


def test_attributes(top):
    old = Machine(top, "old").fill()
    give_attributes(old)
    for number, target in enumerate((Path(top) / "b", Path(top) / "b.tar.zst")):
        old.run("backup", "--to", target)
        new = Machine(top, f"new{number}")
        new.run("restore", target)
        new.check_same(old, target.name)
        check_attributes(old, new, target.name)


def test_one_instance(top):
    old = Machine(top, "old").fill()
    old.run("backup", "--to", Path(top) / "b")
    write(old.store / "work/home/notes", "newer")
    write(old.store / "bank/home/data/ledger", "200")
    old.config.write_text(CONFIG + "# newer\n")
    out = old.run("restore", Path(top) / "b", "work")
    check("work: what it kept before is aside" in out and "1 instance restored" in out, out)
    check((old.store / "work/home/notes").read_text().startswith("remember"), "work is restored")
    kept = [path for path in old.store.glob("work/aside/*/notes")]
    check(len(kept) == 1 and kept[0].read_text() == "newer", f"what was there before is aside: {kept}")
    check((old.store / "bank/home/data/ledger").read_text() == "200", "bank is left alone")
    check(old.config.read_text().endswith("# newer\n"), "the config is left alone")
    old.run("restore", Path(top) / "b", "nobody", code=4, err="there is no instance nobody in the backup")
    old.run("restore", Path(top) / "b", "../work", code=4, err="no instance can be called")
    import fcntl
    with open(old.store / "bank/lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = tree(old.store / "work")
        old.run("restore", Path(top) / "b", code=1, err="bank runs: coffer stop bank first")
        check(tree(old.store / "work/home") == {k.removeprefix("home/"): v for k, v in before.items() if k.startswith("home/")},
              "where one runs, none is touched")


def test_damage(top):
    old = Machine(top, "old").fill()
    base = Path(top) / "b"
    old.run("backup", "--to", base)
    def tried(change, said, archive=False):
        copy = Path(top) / "copy"
        subprocess.run(["cp", "-a", base, copy], check=True)
        change(copy)
        out = old.run("backup", "verify", copy, code=1, err="is damaged")
        check(said in out, f"verify says {out!r}, not {said!r}")
        before = old.instances()
        old.run("restore", copy, code=1, err="is damaged")
        check(old.instances() == before, "a damaged backup changes nothing")
        shutil.rmtree(copy)
    tried(lambda copy: (copy / "store/work/home/notes").unlink(), "missing: store/work/home/notes\n")
    tried(lambda copy: (copy / "store/work/home/notes").write_text("forgotten\n" * 900), "changed: store/work/home/notes\n")
    tried(lambda copy: write(copy / "store/work/home/Mail/planted", "x"), "not of the backup: store/work/home/Mail/planted\n")
    tried(lambda copy: shutil.rmtree(copy / "store/bank"), "missing: store/bank/home/data/ledger\n")
    tried(lambda copy: (copy / "config/config").write_text(""), "changed: config/config\n")
    def retarget(copy):
        (copy / "store/work/home/Mail/link").unlink()
        (copy / "store/work/home/Mail/link").symlink_to("/etc/passwd")
    tried(retarget, "changed: store/work/home/Mail/link\n")
    tried(lambda copy: (copy / "store/work/home/Mail/a file\n\x1b with \\ a name").unlink(), "missing: store/work/home/Mail/a\\x20file\\x0a\\x1b")
    manifest = (base / "MANIFEST").read_text()
    for text in (manifest.replace("file 9000", "file 9001"), manifest[:-1], manifest + "x\n", "", manifest.replace("end", "and")):
        tried(lambda copy: (copy / "MANIFEST").write_text(text), "")
    archive = Path(top) / "b.tar.zst"
    old.run("backup", "--to", archive)
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    (Path(top) / "flipped.tar.zst").write_bytes(data)
    old.run("backup", "verify", Path(top) / "flipped.tar.zst", code=1, err="coffer: ")
    (Path(top) / "cut.tar.zst").write_bytes(archive.read_bytes()[:-50])
    old.run("restore", Path(top) / "cut.tar.zst", code=1, err="coffer: ")


def test_targets(top):
    old = Machine(top, "old").fill()
    mine = write(Path(top) / "mine/file", "not a backup")
    old.run("backup", "--to", mine.parent, code=1, err="is there and is no backup")
    old.run("backup", "--to", Path(top) / "none/b", code=1, err="No such file")
    old.run("backup", "--to", "/", code=1, err="name a new directory")
    (Path(top) / "empty").mkdir()
    old.run("backup", "--to", str(Path(top) / "empty") + "/")
    old.run("backup", code=2, err="write it as")
    old.run("backup", "verify", code=2, err="write it as")
    old.run("restore", mine.parent / "none", code=1, err="coffer: ")
    check(mine.read_text() == "not a backup", "it is left alone")
    # The config as a link into some repository is saved as the file that it is.
    (Path(top) / "dotfiles").mkdir()
    old.config.rename(Path(top) / "dotfiles/config")
    old.config.symlink_to(Path(top) / "dotfiles/config")
    old.run("backup", "--to", Path(top) / "b")
    check((Path(top) / "b/config/config").read_text() == CONFIG and not (Path(top) / "b/config/config").is_symlink(), "no link")


def test_interrupted(top):
    """Killed anywhere, the old backup or the old state is there, and the next one works."""
    old = Machine(top, "old").fill()
    target = Path(top) / "b"
    old.run("backup", "--to", target)
    # strace counts each call by itself.
    calls = (("renameat2", 1), ("mkdirat", 3), ("unlinkat", 3), ("fsync", 1), ("syncfs", 1), ("pwrite64", 3), ("symlinkat", 1), ("flock", 3))
    for words in (("backup", "--to", target), ("restore", target)):
        kills = 0
        for call, step in calls:
            number = 1
            while old.killed_at(call, number, *words):
                where = f"{words}: killed at {call} {number}"
                check(old.run("backup", "verify", target) != "", where)
                check((old.store / "work/home/notes").read_text().startswith("remember"), f"{where}: work is there")
                check((old.store / "bank/home/data/ledger").read_text() == "100", f"{where}: bank is there")
                check(old.config.read_text() == CONFIG, f"{where}: the config is there")
                number += step
                kills += 1
        check(kills > 10, f"{words} was killed only {kills} times")
        old.run(*words)
    check(not (Path(top) / "b.partial").exists() and not (old.store / ".restoring").exists(), "nothing is left over")


def test_interrupted_by_a_person(top):
    """Ctrl+C: the copy that restic reads is as large as the store, and goes."""
    old = Machine(top, "old").fill()
    write(Path(top) / "tools/restic", '#!/bin/sh\ncase "$*" in *cofferdam-store*) touch "$HOME/reads"; exec sleep 1000;; esac\n').chmod(0o755)
    process = subprocess.Popen([coffer, "backup", "repository"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=old.path, start_new_session=True,
                               env={"HOME": str(old.path), "PATH": f"{top}/tools:{os.environ['PATH']}", "RESTIC_PASSWORD": "x"})
    deadline = time.monotonic() + 60
    while not (old.path / "reads").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    check((old.store / ".restoring/store/work/home/notes").exists(), "the copy that restic reads")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    check(process.returncode == 1, f"interrupted: exit code {process.returncode}")
    check(not (old.store / ".restoring").exists(), "nothing is left of it")


def test_order_on_the_disk(top):
    old, new = Machine(top, "old").fill(), Machine(top, "new")
    target = Path(top) / "b"
    for words in (("backup", "--to", target), ("backup", "--to", target)):
        check(old.check_order(*words) >= 1, f"{words}: no name was seen")
    for machine in (new, new):  # where nothing is, and over what is there
        check(machine.check_order("restore", target) >= 3, "restore: no names were seen")


def test_hostile_state(top):
    """S3: an instance that leaves what it can does not keep the others from being saved."""
    old = Machine(top, "old").fill()
    secret = write(Path(top) / "secret", "secret")
    data = old.store / "bank/home/data"
    (data / "root").symlink_to("/")
    (data / "up").symlink_to("../../../../../../../secret")
    os.link(secret, data / "hard")
    os.link(write(data / "one"), data / "two")
    os.mkfifo(data / "fifo")
    write(data / "setuid", "x").chmod(0o6755)
    write(data / "closed/file", "shut").chmod(0)
    (data / "closed").chmod(0)
    with open(data / "sparse", "w") as file:
        file.truncate(1 << 40)
    if os.geteuid() == 0:
        try:
            os.mknod(data / "device", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        except PermissionError:
            pass
    # A terabyte of nothing would have to be hashed for ever.
    os.truncate(data / "sparse", 1 << 24)
    old.run("backup", "--to", Path(top) / "b")
    new = Machine(top, "new")
    new.run("restore", Path(top) / "b")
    there = new.store / "bank/home/data"
    check({path.name for path in there.iterdir()} == {"root", "up", "hard", "one", "two", "setuid", "closed", "sparse", "ledger"}, "kinds")
    check((there / "setuid").stat().st_mode & 0o7777 == 0o755 and (there / "hard").stat().st_nlink == 1, "no setuid, no second names")
    check(os.stat(there / "one").st_nlink == 2 and os.path.samefile(there / "one", there / "two"), "names of one file")
    check((there / "closed/file").read_text() == "shut", "what nobody could read")
    # What goes too deep: the rest is saved, beside the backup of before.
    at = os.open(data, os.O_RDONLY)
    for depth in range(900):
        if depth == 300:  # which is still saved
            old.run("backup", "--to", Path(top) / "b")
        os.mkdir("deep", dir_fd=at)
        inner = os.open("deep", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    write(old.store / "work/home/notes", "newer")
    old.run("backup", "--to", Path(top) / "b", code=1, err="bank is not saved whole")
    check((Path(top) / "b.incomplete/store/work/home/notes").read_text() == "newer", "the others are saved")
    # It is named wherever somebody may take it for a whole one, or look for it.
    old.run("backup", "--to", Path(top) / "b", code=1, err="all else is saved in b.incomplete, and a backup of before is left as it was")
    old.run("backup", "verify", Path(top) / "b.incomplete", code=1, err="bank is not saved whole")
    old.run("backup", "verify", Path(top) / "b.incomplete", code=1, err="b.incomplete is as it was made, and lacks what is said above")
    old.run("backup", "verify", Path(top) / "b", err="b.incomplete, a later backup that is not whole")
    new.run("restore", Path(top) / "b.incomplete", "work", err="bank is not saved whole")
    check((new.store / "work/home/notes").read_text() == "newer", "what it has can be restored")
    old.run("backup", "--to", Path(top) / "c.tar.zst", code=1, err="all else is saved in c.tar.zst.incomplete")
    old.run("backup", "verify", Path(top) / "c.tar.zst.incomplete", code=1, err="bank is not saved whole")
    check((Path(top) / "b/store/work/home/notes").read_text().startswith("remember"), "the backup of before is there")
    subprocess.run(["chmod", "-R", "u+rwX", old.store], check=True)
    shutil.rmtree(data / "deep")
    old.run("backup", "--to", Path(top) / "b")
    check(not (Path(top) / "b.incomplete").exists(), "a whole one takes the other's place")


def test_hostile_backup(top):
    """S3: nothing in a backup is believed."""
    old = Machine(top, "old").fill()
    secret = write(Path(top) / "secret/file", "secret")
    evil = Path(top) / "evil"

    def manifest():
        """As an attacker makes it: right for what is there."""
        import hashlib
        lines = ["cofferdam-backup 1\n"]
        def visit(directory, prefix):
            for name in sorted(os.listdir(directory)):
                path = directory / name
                where = prefix + "".join(c if "!" <= c <= "~" and c != "\\" else f"\\x{ord(c):02x}" for c in name)
                if where == "MANIFEST":
                    continue
                if path.is_symlink():
                    target = os.readlink(path).encode()
                    lines.append(f"link {len(target)} {hashlib.sha256(target).hexdigest()} {where}\n")
                elif path.is_dir():
                    lines.append(f"directory - - {where}\n")
                    visit(path, where + "/")
                elif path.is_file():
                    lines.append(f"file {path.stat().st_size} {hashlib.sha256(path.read_bytes()).hexdigest()} {where}\n")
                else:
                    lines.append(f"special - - {where}\n")
        visit(evil, "")
        body = "".join(lines)
        (evil / "MANIFEST").write_text(body + f"end {len(lines) - 1} {hashlib.sha256(body.encode()).hexdigest()}\n")

    def made(build, code, err=None, names=(), look=None, with_manifest=True):
        subprocess.run(["rm", "-rf", evil], check=True)
        write(evil / "store/VERSION", "1\n")
        build()
        if with_manifest:
            manifest()
        elif not os.path.lexists(evil / "MANIFEST"):
            old.run("backup", "--to", Path(top) / "honest")
            shutil.copy(Path(top) / "honest/MANIFEST", evil / "MANIFEST")
        before = tree(Path(top) / "secret")
        new = Machine(top, "new")
        new.run("restore", evil, *names, code=code, err=err)
        check(tree(Path(top) / "secret") == before, f"{build}: something was written outside")
        if look is not None:
            look()
        found = new.instances() if new.store.exists() else {}
        shutil.rmtree(new.path)
        return found

    def linked_instance():
        (evil / "store/work").symlink_to(old.store / "work")
    check(made(linked_instance, 0) == {}, "an instance that is a link")

    def linked_home():
        (evil / "store/work").mkdir()
        (evil / "store/work/home").symlink_to(Path(top) / "secret")
    made(linked_home, 1, "work was not restored")

    def strange_names():
        for name in ("UPPER", "a b", ".hidden", "x" * 60):
            write(evil / "store" / name / "home/file", "x")
    check(made(strange_names, 0) == {}, "names that no instance has")

    def inner_links():
        write(evil / "store/work/home/a/file", "x").chmod(0o6777)
        (evil / "store/work/home/out").symlink_to(Path(top) / "secret")
        os.mkfifo(evil / "store/work/home/fifo")
        (evil / "store/work/aside").mkdir()
        (evil / "store/work/aside/2026-01-01_000000").symlink_to(Path(top) / "secret")
        write(evil / "store/work/aside/not a date/x", "x")
    found = made(inner_links, 0)["work"]
    check(set(found["home"]) == {"a", "a/file", "out"} and found["home"]["a/file"][2] == 0o777, f"inner links: {found}")
    check(found.get("aside", {}) == {}, "dates that are none")

    def what_no_backup_has():
        os.makedirs(evil / "store/work/home")
        os.link(secret, evil / "store/work/home/hard")
        write(evil / "store/work/home/capable", "x")
        try:
            os.setxattr(evil / "store/work/home/capable", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
        except OSError:
            pass  # only root may
        os.mkfifo(evil / "store/work/home/-rf")
        write(evil / "store/work/lock", "x")
        write(evil / "store/work/partial/x", "x")
        write(evil / "store/work/home2/x", "x")
        write(evil / "store/.moving/work/home/x", "x")
        write(evil / "config/config", "")
        write(evil / f"config/elsewhere{top}/secret/planted", "x")
        write(evil / f"config/elsewhere{top}/new/.bashrc", "x")
    evil_new = Path(top) / "new"
    def look():
        inside = evil_new / ".local/state/cofferdam"
        check(os.listxattr(inside / "work/home/capable") == [], "no capability")
        check((inside / "work/home/hard").stat().st_nlink == 1, "no second name of what is outside")
        check({path.name for path in inside.iterdir()} == {"VERSION", "work"}, f"in the store: {list(inside.iterdir())}")
        check({path.name for path in (inside / "work").iterdir()} <= {"home", "aside", "lock", "partial"}, "in the instance's place")
        check(not (evil_new / ".bashrc").exists(), "nothing is planted in the home")
        check((evil_new / f".config/cofferdam/elsewhere{top}/new/.bashrc").exists(), "it stays where it does nothing")
    found = made(what_no_backup_has, 0, look=look)
    check(set(found["work"]["home"]) == {"hard", "capable"}, f"what no backup has: {found}")

    def too_deep():
        at = os.open(write(evil / "store/work/home/file").parent, os.O_RDONLY)
        for _ in range(450):
            os.mkdir("deeper", dir_fd=at)
            inner = os.open("deeper", os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = inner
        os.close(at)
    check("home" not in made(too_deep, 1, "work was not restored")["work"], "not in part")

    for name in ("MANIFEST", "store/VERSION"):  # opened, it would wait for ever
        def pipe():
            (evil / name).unlink(missing_ok=True)
            os.mkfifo(evil / name)
        made(pipe, 1, with_manifest=False)
        def link():
            (evil / name).unlink(missing_ok=True)
            (evil / name).symlink_to(secret)
        made(link, 1, with_manifest=False)

    def linked_config():
        (evil / "config").mkdir()
        (evil / "config/config").symlink_to(Path(top) / "secret/file")
    made(linked_config, 0)

    def newer():
        write(evil / "store/VERSION", "2\n")
        write(evil / "store/work/home/x", "x")
    made(newer, 1, "no backup that this cofferdam can read")

    # Archives: names that lead out, links to write through, devices.
    if shutil.which("bwrap") and shutil.which("zstd"):
        import io
        import tarfile
        def entry(name, **more):
            info = tarfile.TarInfo(name)
            for key, value in more.items():
                setattr(info, key, value)
            return info
        outside = Path(top) / "secret/new"
        for number, entries in enumerate((
                [entry(str(outside), size=1)],
                [entry("../../../../../../../.." + str(outside), size=1)],
                [entry("l", type=tarfile.SYMTYPE, linkname=str(outside.parent)), entry("l/new", size=1)],
                [entry("h", type=tarfile.LNKTYPE, linkname=str(secret)), entry("h", size=1)],
                [entry("store/work/home/dev", type=tarfile.CHRTYPE, devmajor=1, devminor=5)],
                [entry("MANIFEST", size=1)])):
            plain, packed = Path(top) / f"{number}.tar", Path(top) / f"{number}.tar.zst"
            with tarfile.open(plain, "w") as out:
                for info in entries:
                    out.addfile(info, io.BytesIO(b"x" * info.size))
            subprocess.run(["zstd", "-q", "-f", plain, "-o", packed], check=True)
            new = Machine(top, f"victim{number}")
            new.run("restore", packed, code=1, err="coffer: ")
            check(not outside.exists() and secret.read_text() == "secret", f"archive {number}: something was written outside")
            check(not (new.store / ".restoring").exists(), f"archive {number}: nothing is left over")


def test_plain_copies(top):
    """The store and the config by cp, rsync and restic alone."""
    old = Machine(top, "old").fill()
    for number, copy in enumerate((
            lambda a, b: [["cp", "-a", f"{a}/.", f"{b}/"]],
            lambda a, b: [["rsync", "-a", f"{a}/", f"{b}/"]],
            lambda a, b: [["restic", "-q", "-r", f"{top}/repository", "init"], ["restic", "-q", "-r", f"{top}/repository", "backup", "."],
                          ["restic", "-q", "-r", f"{top}/repository", "restore", "latest", "--target", f"{b}"]])):
        commands = copy(old.path, Path(top) / f"new{number}")
        if shutil.which(commands[0][0]) is None:
            print(f"{commands[0][0]} is not here: not tried", file=sys.stderr)
            sys.exit(77)
        new = Machine(top, f"new{number}")
        for command in commands:
            subprocess.run(command, check=True, cwd=old.path, env={**os.environ, "RESTIC_PASSWORD": "x", "HOME": str(top)})
        new.check_same(old, commands[0][0])


def test_restic(top):
    if shutil.which("restic") is None:
        print("restic is not here: not tried", file=sys.stderr)
        sys.exit(77)
    old, new = Machine(top, "old").fill(), Machine(top, "new")
    give_attributes(old)
    repository = Path(top) / "repository"
    with_password = {"RESTIC_PASSWORD_FILE": str(write(Path(top) / "password", "correct horse\n")), "RESTIC_CACHE_DIR": f"{top}/cache"}
    old.run("backup", repository, code=1, err="set RESTIC_PASSWORD_FILE")
    old.run("backup", repository, environment=with_password)
    check(b"remember" not in b"".join(path.read_bytes() for path in repository.rglob("*") if path.is_file()), "it is encrypted")
    new.run("restore", repository, environment=with_password)
    new.check_same(old, "restic")
    check_attributes(old, new, "restic")
    check("is whole" in old.run("backup", "verify", repository, environment=with_password), "verify")
    write(old.store / "work/home/notes", "newer")
    size = sum(path.stat().st_size for path in repository.rglob("*") if path.is_file())
    old.run("backup", repository, environment=with_password)  # the second has little to add
    check(sum(path.stat().st_size for path in repository.rglob("*") if path.is_file()) < 2 * size, "incremental")
    write(new.store / "bank/home/data/ledger", "300")
    new.run("restore", repository, "work", environment=with_password)
    check((new.store / "work/home/notes").read_text() == "newer", "one instance, of the newest")
    check((new.store / "bank/home/data/ledger").read_text() == "300", "the other is left alone")
    # One that is not whole is kept apart.
    write(old.store / "work/home/notes", "newest")
    deep = old.store / "bank/home/data" / "/".join(["d" * 200] * 17)
    subprocess.run(["mkdir", "-p", deep], check=True)
    old.run("backup", repository, code=1, err="with the tag cofferdam-incomplete", environment=with_password)
    new.run("restore", repository, "work", environment=with_password)
    check((new.store / "work/home/notes").read_text() == "newer", "the last that was whole")
    shutil.rmtree(old.store / "bank/home/data" / ("d" * 200))
    old.run("backup", repository, code=1, err="not the password", environment={"RESTIC_PASSWORD": "wrong", "RESTIC_CACHE_DIR": f"{top}/cache"})
    pack = max((path for path in (repository / "data").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    pack.chmod(0o600)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    old.run("backup", "verify", repository, code=1, environment=with_password)
    old.run("restore", Path(top) / "nothing", code=1, err="coffer: ", environment=with_password)


NEEDS = {"test_restic": "restic", "test_plain_copies": "restic", "test_interrupted": "deaths", "test_order_on_the_disk": "deaths"}
wanted = sys.argv[2] if len(sys.argv) > 2 else "plain"
for name, test in sorted(globals().items()):
    if name.startswith("test_") and NEEDS.get(name, "plain") == wanted:
        with tempfile.TemporaryDirectory(prefix="cd-backup-", dir=MEMORY) as directory:
            test(str(Path(directory).resolve()))
sys.exit(verdict())
