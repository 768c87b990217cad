#!/usr/bin/env python3
"""The package, the flake's outputs and whole machines, evaluated with all of nixpkgs, which NIXPKGS points to; nothing
is built, and nothing fetched. Usage: system.py SOURCE"""

import json
import os
import sys
from pathlib import Path

import nixtool
from mistakes import EXPECTED, REFUSED
from tap import end, result

source = sys.argv[1]
nixtool.require()
nixpkgs = os.environ.get("NIXPKGS")
if not nixpkgs:
    print("1..0 # SKIP NIXPKGS does not point to nixpkgs")
    sys.exit(0)
# No derivation may be built to know of another.
PURE = ("--option", "allow-import-from-derivation", "false")
SYSTEM = f"import {source}/tests/nix/system.nix {{ source = {source}; nixpkgs = {nixpkgs}; }}"


def module(pages=""):
    return (f"import {source}/tests/nix/module.nix {{ source = {source}; nixpkgs = {nixpkgs}; "
            f"lib = import {nixpkgs}/lib; pages = [ {pages} ]; }}")


def attributes(value, path=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from attributes(inner, f"{path}.{name}" if path else name)
    else:
        yield path, value


nix = nixtool.make()


def evaluate(expression, code=0):
    return nix.run("nix-instantiate", "--eval", "--strict", "--json", "--read-write-mode", *PURE, "--expr", expression,
                   code=code, patience=900)


value = json.loads(evaluate(f"let t = {SYSTEM}; in {{ inherit (t) outputs byHand script; }}"))
for path, drv in attributes({**value["outputs"], **value["byHand"]}):
    result(drv.endswith(".drv") and os.path.exists(drv), f"there is a derivation: {path}", drv)
result(value["byHand"]["overlay"] == value["byHand"]["default"], "the overlay gives the package", value["byHand"])
result(sorted(value["outputs"]["packages"]) == ["aarch64-linux", "x86_64-linux"], "for two architectures", value["outputs"])
try:
    compile(value["script"], "testScript", "exec")
    result("coffer run work" in value["script"], "the machine's test is Python", value["script"])
except SyntaxError as error:
    result(False, "the machine's test is Python", error)

said = evaluate(f"({SYSTEM}).old", code=1)
result("has no wlroots_0_20: take nixos-26.05 or later" in said, "a nixpkgs that is too old is told so", said)

# Whole machines: what is wrong stops them, what a page says does not.
problems = json.loads(evaluate(f"({module()}).problems"))
for key, expected in EXPECTED.items():
    actual = problems[key]
    result(actual == [] if expected is None else len(actual) == 1 and expected in actual[0],
           f"assertions: {key}", f"{actual}, not {expected}")
for key, expected in REFUSED.items():
    said = evaluate(f"({module()}).refused.{key}", code=1)
    result(expected in said, f"refused by its type: {key}", said)

sys.path.insert(0, f"{source}/tests/doc")
import page
examples = []
for number, text in enumerate(text for kind, text in page.blocks(Path(source, "doc/nix.md")) if kind == "nix"):
    examples.append(nix.top / f"example-{number}.nix")
    examples[-1].write_text(text)
for number, path in enumerate(examples):
    example = json.loads(evaluate(f"({module(path)}).pages"))[0]
    result(example["problems"] == [] and os.path.exists(example["toplevel"]), f"example {number + 1} of doc/nix.md is a machine", example)
said = evaluate(f"(builtins.head ({module(f'{source}/tests/nix/named.nix')}).pages).toplevel", code=1)
result("Failed assertions:" in said and EXPECTED["named"] in said, "a mistake stops the machine, and is said with its file", said)
end()
