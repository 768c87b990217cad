#!/usr/bin/env python3
"""`coffer apps`: what of a root it lists, and that nothing in the root leads out of it. Usage: apps.py COFFER"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

coffer = sys.argv[1]
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)


def entry(name, command="true", more=""):
    return f"[Desktop Entry]\nType=Application\nName={name}\nExec={command}\n{more}"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


with tempfile.TemporaryDirectory() as name:
    top = Path(name).resolve()
    root = top / "root"
    share = root / "usr/share"
    config = top / "config"
    config.write_text(f"instance work {{\n\troot {root}\n\tapp own sh -c \"a b\"\n}}\ninstance other {{\n\troot {root}\n}}\n"
                      f"instance gone {{\n\troot {top}/none\n\tapp x y\n}}\n")
    write(share / "applications/b.desktop", entry("Beta", 'beta "a b" %U', "Icon=beta\nName[de]=Bethe\n"))
    write(share / "applications/kde/a.desktop", entry("Alpha", "alpha", "Terminal=true\nIcon=/usr/share/alpha.png\n"))
    write(share / "applications/masked.desktop", entry("Masked"))
    write(root / "usr/local/share/applications/masked.desktop", entry("Masked", "true", "NoDisplay=true\n"))
    write(share / "applications/hidden.desktop", entry("Hidden", "true", "Hidden=true\n"))
    write(share / "applications/.dot.desktop", entry("Dot"))
    write(share / "applications/a blank.desktop", entry("Blank"))
    write(share / "applications/new\nline.desktop", entry("Line"))
    write(share / "applications/text.txt", entry("Text"))
    write(share / "applications/a/b/c/d/e/deep.desktop", entry("Deep"))
    write(share / "applications/odd.desktop", entry("O\x1b[1mdd"))
    write(share / "applications/bidi.desktop", entry("b\u202ei"))
    write(share / "icons/hicolor/48x48/apps/beta.png", "")
    write(share / "alpha.png", "")
    # What leads out of the root leads to the root's own, or nowhere.
    write(top / "outside/out.desktop", entry("Outside"))
    os.symlink(top / "outside/out.desktop", share / "applications/link.desktop")
    os.symlink("../../../../outside/out.desktop", share / "applications/up.desktop")
    os.symlink(top / "outside", share / "applications/outside")
    os.symlink("/usr/share/applications/b.desktop", share / "applications/inside.desktop")
    os.symlink("..", share / "applications/loop")
    os.mkfifo(share / "applications/fifo.desktop")
    (share / "applications/directory.desktop").mkdir()

    def run(*words, code=0, **environment):
        done = subprocess.run([coffer, "apps", *words, "-c", config], capture_output=True, text=True, timeout=60, env={
            "HOME": str(top), "XDG_RUNTIME_DIR": str(top / "run"), "LC_ALL": "C.UTF-8", **environment})
        check(done.returncode == code, f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    rows = [line.split() for line in run("work").splitlines()]
    check(rows == [["INSTANCE", "APP", "NAME"], ["work", "own", "own"], ["work", "kde-a.desktop", "Alpha"],
                   ["work", "b.desktop", "Beta"], ["work", "inside.desktop", "Beta"],
                   ["work", "bidi.desktop", "b\\xe2\\x80\\xaei"]], f"work has {rows}")
    rows = run().splitlines()
    check(len(rows) == 1 + 5 + 4 + 1 and rows[-1].split() == ["gone", "x", "x"], f"all have {rows}")
    check("Bethe" in run("work", LC_ALL="de_DE.UTF-8"), "the names are not in the person's language")
    apps = {app["app"]: app for app in json.loads(run("work", "--json"))}
    check(apps["own"]["command"] == ["sh", "-c", "a b"] and apps["own"]["icon_file"] is None, f"own is {apps['own']}")
    beta, alpha = apps["b.desktop"], apps["kde-a.desktop"]
    check(beta["command"] == ["beta", "a b"] and beta["icon_file"] == f"{share}/icons/hicolor/48x48/apps/beta.png", f"{beta}")
    check(alpha["terminal"] and alpha["icon_file"] == f"{share}/alpha.png" and not beta["terminal"], f"{alpha}")
    check("there is no instance 'nobody'" in run("nobody", code=4), "nobody is somebody")

for failure in failures:
    print(failure, file=sys.stderr)
sys.exit(1 if failures else 0)
