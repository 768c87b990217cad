#!/usr/bin/env python3
"""coffer's help, manual, completions and the default config say the same. Usage: documents.py COFFER SOURCE"""

import re
import subprocess
import sys
from pathlib import Path

coffer, source = sys.argv[1], Path(sys.argv[2])
failures = []


def read(path):
    return (source / path).read_text(encoding="utf-8")


def check(holds, what):
    if not holds:
        failures.append(what)


def commands():
    """The rows of `coffer --help`: name, synopsis, summary."""
    text = subprocess.run([coffer, "--help"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return re.findall(r"^  ([a-z]+) (.*?) {2,}(.+)$", text, re.MULTILINE)


def options(name):
    text = subprocess.run([coffer, name, "--help"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return re.findall(r"--[a-z]+", text)


def check_commands():
    manual = read("doc/coffer.1.scd")
    completions = {name: read("ctl/completion/" + name) for name in ("coffer.bash", "_coffer", "coffer.fish")}
    rows = commands()
    check(len(rows) == 20, f"{len(rows)} rows in coffer --help")
    for name, synopsis, summary in rows:
        headings = re.findall(rf"^\*coffer {name}( [a-z]+)?\*.*$", manual, re.MULTILINE)
        check(headings, f"coffer(1) has no entry for {name}")
        section = manual.split(f"*coffer {name}", 1)[-1]
        for word in re.findall(r"NAME|APP|COMMAND|FILE", synopsis):
            check(f"_{word}_" in section.split("\n", 1)[0], f"coffer(1): {name} without {word}")
        for option in options(name):
            check(f"*{option}*" in section, f"coffer(1): {name} without {option}")
        for file, text in completions.items():
            check(re.search(rf"\b{name}\b", text), f"{file} does not know {name}")
            for option in options(name):
                check(option.removeprefix("--") in text, f"{file} does not know {option}")
        check(summary in completions["_coffer"], f"_coffer says something else of {name}")
        check(summary.lower() in completions["coffer.fish"].lower(), f"coffer.fish says something else of {name}")


def check_exit_codes():
    status = read("doc/coffer.1.scd").split("# EXIT STATUS", 1)[1].split("\n# ", 1)[0]
    codes = re.findall(r"EXIT_CODE_\w+ = (\d+)", read("wire/control.h"))
    check(len(codes) == 6, f"{len(codes)} exit codes in wire/control.h")
    check(re.findall(r"^\*(\d+)\*$", status, re.MULTILINE) == codes, "coffer(1): other exit codes than wire/control.h")


def check_members():
    section = read("doc/coffer.1.scd").split("# JSON", 1)[1].split("\n# ", 1)[0]
    members = set(re.findall(r'json_key\(&?json, "(\w+)"\)', read("ctl/show.c")))
    members |= set(re.findall(r'json_key\(&?json, "(\w+)"\)', read("ctl/show_limits.c")))
    members |= set(re.findall(r'{ WINDOW_\w+, "(\w+)" }', read("ctl/show.c")))
    check(len(members) > 25, f"only {len(members)} members in ctl/show.c")
    for member in members:
        check(re.search(rf"^\|  .*\b{member}\b", section, re.MULTILINE), f"coffer(1): JSON without {member}")


def check_keys():
    """Of a row of digits, the manual names the first and the last."""
    bound = set(re.findall(r"^bind (\S+)", read("config/default.scfg"), re.MULTILINE))
    expected = {chord for chord in bound if not re.search(r"\+[2-8]$", chord)} | {"Super+Escape"}
    section = read("doc/cofferdam.1.scd").split("|[ *Key*", 1)[1].split("\n\n", 1)[0]
    documented = set(re.findall(r"\*(Super\+[^*]+)\*", section))
    check(len(bound) > 20, f"only {len(bound)} chords in the default config")
    check(documented == expected, f"cofferdam(1): keys differ: {sorted(documented ^ expected)}")


check_commands()
check_exit_codes()
check_members()
check_keys()
for failure in failures:
    print(failure, file=sys.stderr)
sys.exit(1 if failures else 0)
