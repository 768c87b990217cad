#!/usr/bin/env python3
"""`coffer check`: which file it reads, what it says, how it exits. Usage: check.py COFFER DEFAULT"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

GOOD = "instance work {\n}\n"
BAD = "instance work {\n\tcolour red\n}\nlayout {\n\tgap no\n}\n"
failures = 0


def check(coffer, words, environment, code, out, err):
    """err: how each line begins."""
    global failures
    result = subprocess.run([coffer, "check", *words], env={"LC_ALL": "C.UTF-8", "XDG_CONFIG_DIRS": "/nonexistent", **environment},
                            capture_output=True, timeout=30)
    actual_out, actual_err = result.stdout.decode(), result.stderr.decode().splitlines()
    lines = len(actual_err) == len(err) and all(a.startswith(e) for a, e in zip(actual_err, err))
    if result.returncode != code or actual_out != out or not lines:
        print(f"coffer check {words} {environment}:\n  expected {code}, {out!r}, {err}\n"
              f"  not {result.returncode}, {actual_out!r}, {actual_err}", file=sys.stderr)
        failures += 1


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def main(coffer, default):
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        good = write(top / "good file", GOOD)
        bad = write(top / "bad", BAD)
        escapes = write(top / "es\x1b[1mcapes", "\x1b]0;x\x07 {\n}\n")
        nothing = {"HOME": str(top / "nothing")}
        check(coffer, [good], nothing, 0, f"{good}: no errors\n", [])
        check(coffer, [bad], nothing, 5, "", [f"{bad}:2: ", f"{bad}:5: "])
        check(coffer, [default], nothing, 0, f"{default}: no errors\n", [])
        check(coffer, [top / "missing"], nothing, 5, "", [f"{top}/missing: "])
        check(coffer, [top], nothing, 5, "", [f"{top}: "])
        check(coffer, ["/dev/zero"], nothing, 5, "", ["/dev/zero: "])
        check(coffer, [good, bad], nothing, 2, "", ["coffer: write it as: coffer check [FILE]"])
        including = write(top / "including", "include bad\ninclude none\n")
        check(coffer, [including], nothing, 5, "", [f"{including}:2: include: 'none': cannot be opened", f"{bad}:2: ", f"{bad}:5: "])
        check(coffer, ["--json", good], nothing, 2, "", ["coffer: check has no option --json"])
        check(coffer, [escapes], nothing, 5, "", [f"{top}/es\\x1b[1mcapes:1: "])

        # The person's own, in either place; then the default of the installation that coffer is part of.
        own = write(top / "home/.config/cofferdam/config", GOOD)
        moved = write(top / "xdg/cofferdam/config", GOOD)
        home = {"HOME": str(top / "home")}
        check(coffer, [], home, 0, f"{own}: no errors\n", [])
        check(coffer, [], {**home, "XDG_CONFIG_HOME": str(top / "xdg")}, 0, f"{moved}: no errors\n", [])
        check(coffer, [], {**home, "XDG_CONFIG_HOME": "relative"}, 0, f"{own}: no errors\n", [])
        installed = top / "prefix/bin/coffer"
        installed.parent.mkdir(parents=True)
        shutil.copy(coffer, installed)
        shared = write(top / "prefix/share/cofferdam/default.scfg", GOOD)
        check(installed, [], nothing, 0, f"{shared}: no errors\n", [])
        check(installed, [], home, 0, f"{own}: no errors\n", [])
        shutil.copy(bad, own)
        check(installed, [], home, 5, "", [f"{own}:2: ", f"{own}:5: "])
        if os.geteuid() != 0:  # root reads everything
            own.chmod(0)
            check(installed, [], home, 5, "", [f"{own}: "])
    return 1 if failures else 0


sys.exit(main(*sys.argv[1:]))
