#!/usr/bin/env python3
"""The NixOS module, evaluated with nixpkgs' lib, which NIXPKGS_LIB points to. Usage: module.py SOURCE COFFER"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nixtool
from mistakes import EXPECTED, REFUSED
from tap import end, result

source, coffer = sys.argv[1:3]
nixtool.require()
lib = os.environ.get("NIXPKGS_LIB")
if not lib:
    print("1..0 # SKIP NIXPKGS_LIB does not point to nixpkgs' lib")
    sys.exit(0)
TEST = f"import {source}/tests/nix/module.nix {{ source = {source}; lib = import {lib}; }}"

with tempfile.TemporaryDirectory() as name:
    top = Path(name)
    nix = nixtool.Nix(top)
    value = json.loads(nix.evaluate(f"let t = {TEST}; in {{ inherit (t) text roots problems host backends options; }}"))

    (top / "config").write_text(value["text"])
    done = subprocess.run([coffer, "check", top / "config"], capture_output=True, text=True, timeout=60,
                          env={"LC_ALL": "C.UTF-8", "HOME": "/home/u"})
    result(done.returncode == 0, "what the module writes is a good config", done.stderr + value["text"])
    roots = re.findall(r"root closure (\S+)", value["text"])
    result(sorted(root.split("-", 1)[1] for root in roots) == ["coffer-mail", "coffer-vault"] and
           "\troot /srv/roots/bookworm\n" in value["text"], "an instance without a root of its own has one of its packages", value["text"])
    result("cofferdam-mail" in value["roots"] and "cofferdam-old" not in value["roots"] and "--set" in value["roots"],
           "the first generation is made where the root is built", value["roots"])

    for key, expected in EXPECTED.items():
        actual = value["problems"][key]
        good = actual == [] if expected is None else len(actual) == 1 and expected in actual[0]
        result(good, f"assertions: {key}", f"{actual}, not {expected}")
    for key, expected in REFUSED.items():
        said = nix.run("nix-instantiate", "--eval", "--strict", "--json", "--expr", f"({TEST}).refused.{key}", code=1)
        result(expected in said, f"refused by its type: {key}", said)

    backends = value["backends"]
    result(sorted(backends["machine"]) == ["conmon", "crun", "podman", "qemu_kvm", "vhost-device-vsock", "virtiofsd", "waypipe"] and not backends["plain"],
           "a machine has what its instances' backends need, and no more", backends)
    result(backends["inside"] == {"a": [], "b": [], "c": ["waypipe"]}, "a virtual machine brings its way out", backends)

    host = value["host"]
    result(host["root"]["fsType"] == "tmpfs" and host["mutableUsers"] is False, "the root is in memory, and users are fixed", host)
    result(host["exception"]["device"] == "/persist/var/lib/bluetooth" and "bind" in host["exception"]["options"],
           "an exception lies in the directory that lasts", host)
    result("L+ /home/anna/.local/state/cofferdam - anna users - /persist/home/anna/.local/state/cofferdam" in host["rules"],
           "the state store lies there too", host["rules"])
    kept = "/persist/home/anna/.local/state/nix/profiles"
    result(f"L+ /home/anna/.local/state/nix/profiles - anna users - {kept}" in host["rules"] and f"R! {kept}/[!c]* - - - - -" in host["rules"],
           "and the instances' generations, without what was installed by hand", host["rules"])

    sys.path.insert(0, f"{source}/tests/doc")
    import page
    examples = [text for kind, text in page.blocks(Path(source, "doc/nix.md")) if kind == "nix"]
    paths = []
    for number, text in enumerate(examples):
        paths.append(top / f"example-{number}.nix")
        paths[-1].write_text(text)
    pages = json.loads(nix.evaluate(
        f"(import {source}/tests/nix/module.nix {{ source = {source}; lib = import {lib}; pages = [ {' '.join(map(str, paths))} ]; }}).pages"))
    for number, example in enumerate(pages):
        (top / "config").write_text(example["text"])
        done = subprocess.run([coffer, "check", top / "config"], capture_output=True, text=True, timeout=60,
                              env={"LC_ALL": "C.UTF-8", "HOME": "/home/u"})
        result(example["problems"] == [] and done.returncode == 0, f"example {number + 1} of doc/nix.md is right",
               f"{example['problems']} {done.stderr}")
    result(len(pages) == 2, "doc/nix.md has two examples", len(pages))

    rows = [row for row in json.load(open(f"{source}/nix/directives.json")) if row["table"] == "directives"]
    options = {option["name"]: option["description"] for option in value["options"]}
    missing = [row["name"] for row in rows
               if row["kind"] != "flag" and not any(row["doc"][1:] in str(text) for text in options.values()) and row["kind"] != "rules"]
    result(not missing, f"each of {len(rows)} directives is an option with its description", missing)

end()
