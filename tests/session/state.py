"""What instances keep, while they run: backups of what goes on, and what stands still for how long."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from checks import check, check_equal, check_in, check_not_in, program, wait_for
from harness import main
from processes import die_with_us, processes

CONFIG = """
instance alpha {
	persist data
}
instance beta {
	persist data
}
"""

# Three numbers, each as large as the next or larger by one, whenever it stands still. Their files are copied in this order, so
# that a copy made while it goes on has a later number in a later file. One is written through a mapping.
WRITER = """
import mmap, os, time
def make(name, size=8):
    fd = os.open("data/" + name, os.O_RDWR | os.O_CREAT, 0o600)
    os.truncate(fd, size)
    return fd
for n in range(200):
    os.write(make(f"a{n}"), os.urandom(65536))
first, second = make("x-first"), make("z-third")
mapped = mmap.mmap(make("y-second"), 8)
number = 0
while True:
    number += 1
    word = number.to_bytes(8, "big")
    os.pwrite(first, word, 0)
    mapped[:8] = word
    os.pwrite(second, word, 0)
    if number == 1:
        print("goes on", flush=True)
    time.sleep(0.0005)
"""

# It says what coffer sees while it reads, and keeps what it is given.
RESTIC = """#!/bin/sh
case "$*" in
*cofferdam-store*)
	cp -a . "$OUT/saved"
	coffer ps --json >"$OUT/ps"
	test ! -e "$OUT/wait" || exec sleep 1000
	;;
esac
"""


def start_writers(case):
    session = case.session(CONFIG)
    for name in ("alpha", "beta"):
        session.ok("run", name, "python3", "-c", WRITER)
        session.wait_instance_log(name, "goes on")
    # What has changed within the second before the draft is copied again; the rest is to be taken from it.
    written = max(path.stat().st_ctime for path in case.state.glob("cofferdam/*/home/data/a*"))
    wait_for("files that are some seconds old", lambda: time.time() > written + 2)
    return session


def check_fits_together(directory):
    numbers = [int.from_bytes((directory / name).read_bytes(), "big") for name in ("x-first", "y-second", "z-third")]
    check(numbers[0] >= numbers[1] >= numbers[2] >= numbers[0] - 1 > 0, f"what was copied at one moment: {numbers}")
    sizes = {path.stat().st_size for path in directory.glob("a*")}
    check_equal((len(list(directory.glob("a*"))), sizes), (200, {65536}), "what had been written before")


def number_of(case, name):
    return (case.state / "cofferdam" / name / "home/data/z-third").read_bytes()


def check_goes_on(case, session):
    for name in ("alpha", "beta"):
        wait_for(f"the thaw of {name}", lambda: not session.ps(name)["frozen"])
        before = number_of(case, name)
        wait_for(f"what {name} writes", lambda: number_of(case, name) != before)


def environment_with_restic(case, session):
    tools = case.directory / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "restic").write_text(RESTIC)
    (tools / "restic").chmod(0o755)
    coffer = pathlib.Path(shutil.which(program("coffer")) or program("coffer")).resolve().parent
    return {**session.environment, "OUT": str(case.directory), "RESTIC_PASSWORD": "x",
            "PATH": f"{tools}:{coffer}:{os.environ['PATH']}"}


def save_by_restic_what_goes_on(case):
    session = start_writers(case)
    environment = environment_with_restic(case, session)
    result = case.run(program("coffer"), "backup", "repository", environment=environment)
    check_equal((result.code, result.err), (0, ""), "the end of coffer backup")
    for name in ("alpha", "beta"):
        check_in(f"{name} stood still for ", result.out, "what coffer backup says")
        check_fits_together(case.directory / "saved" / name / "home/data")
    frozen = {one["name"]: one["frozen"] for one in json.loads((case.directory / "ps").read_text())}
    check_equal(frozen, {"alpha": False, "beta": False}, "what stands still while restic reads")
    check_goes_on(case, session)
    check(not (case.state / "cofferdam/.restoring").exists(), "nothing is left over")

    # Killed while restic reads: nothing is lost, and the next one works.
    (case.directory / "wait").touch()
    shutil.rmtree(case.directory / "saved")
    (case.directory / "ps").unlink()
    backup = case.helper(program("coffer"), "backup", "repository", environment=environment)
    wait_for("the end of the copy", lambda: (case.directory / "ps").exists())
    backup.kill()
    backup.wait()
    check_goes_on(case, session)
    (case.directory / "wait").unlink()
    shutil.rmtree(case.directory / "saved")
    result = case.run(program("coffer"), "backup", "repository", environment=environment)
    check_equal(result.code, 0, "the end of the next coffer backup")
    check_fits_together(case.directory / "saved/beta/home/data")


def save_into_a_directory_what_goes_on(case):
    session = start_writers(case)
    for _ in range(2):
        result = session.coffer("backup", "--to", str(case.directory / "backup"))
        check_equal((result.code, result.err), (0, ""), "the end of coffer backup")
        check_fits_together(case.directory / "backup/store/alpha/home/data")
        check_equal(session.coffer("backup", "verify", str(case.directory / "backup")).code, 0, "the end of verify")
    check_goes_on(case, session)
    names = {path.name for path in (case.directory / "backup").iterdir()}
    check_equal(names, {"MANIFEST", "config", "store"}, "what is in the backup")


def thaw_what_a_killed_backup_held(case):
    if shutil.which("strace") is None:
        print("# strace is not here: a backup is not killed while it holds an instance", flush=True)
        return
    session = start_writers(case)
    log = open(case.directory / "helper.strace", "wb")
    case.open_files.append(log)
    # What did not change is moved over from the draft by renameat2, and that when the instance stands still.
    backup = subprocess.Popen(
        ["strace", "-o", "/dev/null", "-e", "inject=renameat2:signal=STOP:when=1", program("coffer"), "backup", "--to",
         str(case.directory / "backup")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=session.environment,
        cwd=case.home, preexec_fn=die_with_us)
    case.helpers.append(backup)
    def stopped():
        return [pid for pid, (parent, state) in processes().items() if parent == backup.pid and state in "tT"
                and session.ps("alpha")["frozen"]]
    stopped_pid = wait_for("the backup that stands still with alpha in its hand", stopped)[0]
    before = number_of(case, "alpha")
    check(session.ps("alpha")["frozen"] and not session.ps("beta")["frozen"], "one stands still, and the other does not")
    check_equal(number_of(case, "alpha"), before, "what alpha writes meanwhile")
    os.kill(stopped_pid, signal.SIGKILL)
    backup.wait()
    check_goes_on(case, session)
    check(not (case.directory / "backup").exists(), "nothing that looks like a backup")
    result = session.coffer("backup", "--to", str(case.directory / "backup"))
    check_equal((result.code, result.err), (0, ""), "the end of the next coffer backup")
    check_not_in(".partial", str(list(case.directory.iterdir())), "what is left over")


def know_the_file_where_a_block_stands(case):
    part = case.directory / "part.scfg"
    part.write_text("instance alpha {\n}\n")
    session = case.session("include part.scfg\ninstance beta {\n}\n")
    before = session.config_path.read_text()
    session.inside_ok("alpha", "mkdir mail; echo letter > mail/inbox")
    check_in(f"{part} has it now", session.ok("state", "keep", "alpha", "mail"), "what coffer state keep says")
    check_equal(part.read_text(), "instance alpha {\n\tpersist mail\n}\n", "the file where the block stands")
    check_equal(session.config_path.read_text(), before, "the file that includes it")
    session.ok("stop", "alpha")
    check_equal(session.inside_ok("alpha", "cat mail/inbox"), "letter\n", "what was kept")

    # A reload reads all of them again, and none where one is wrong.
    part.write_text(part.read_text() + "instance gamma {\n}\n")
    session.ok("reload")
    check_equal(set(session.ps()), {"alpha", "beta", "gamma"}, "the instances after a reload")
    part.write_text(part.read_text() + "\nnonsense\n")
    result = session.coffer("reload")
    check_equal(result.code, 5, "the end of a reload with an error")
    check_in(f"{part}:7: unknown directive 'nonsense'", result.err, "what is said of it")
    part.unlink()
    result = session.coffer("reload")
    check_in(f"{session.config_path}:1: include: 'part.scfg': cannot be opened", result.err, "what is said of a file that has gone")
    check_equal(set(session.ps()), {"alpha", "beta", "gamma"}, "the instances after that")
    session.ok("run", "gamma", "true")


if __name__ == "__main__":
    main(know_the_file_where_a_block_stands, save_by_restic_what_goes_on, save_into_a_directory_what_goes_on, thaw_what_a_killed_backup_held)
