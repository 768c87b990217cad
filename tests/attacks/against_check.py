#!/usr/bin/env python3
"""Checks how against.py reads what a program says: nothing that was not asked may count as held."""

import sys

import against

HELD = "ok 1 - it holds\n# 0.10 s\n"
THROUGH = "# a.c:1: no\n# got through: no\nnot ok 2 - it holds\n# 0.10 s\n"
CRASHED = "# crashed: SIGSEGV\n# got through: no\nnot ok 3 - it lives\n"
ABSENT = "# absent: no such_v1\nok 4 - it holds # SKIP\n"
UNMEASURED = "# not measured: nothing moves\nok 5 - it holds # SKIP\n"
OURS = "ok 6 - our frame is whole # SKIP ours only\n"
LATE = "# not measured: did not end within 90 s\nnot ok 7 - it holds\n"

CASES = (
    (HELD, "held"),
    (HELD + THROUGH, "got through 1/2"),
    (THROUGH, "got through"),
    (HELD + THROUGH + CRASHED, "crashed"),
    (ABSENT, "held: not there"),
    (HELD + ABSENT, "held"),
    (UNMEASURED, "not measured"),
    (ABSENT + UNMEASURED, "not measured"),
    (HELD + UNMEASURED, "held 1/2"),
    (LATE, "not measured"),
    (OURS, "ours only"),
    (HELD + OURS, "held"),
    ("", "not measured"),
)


def main():
    print(f"1..{len(CASES) + 2}")
    failed = 0
    for number, (text, verdict) in enumerate(CASES, 1):
        plan = f"1..{text.count('ok ')}\n" if text else ""
        found = against.parse(plan + text, True).verdict()
        failed += found != verdict
        print(f"{'ok' if found == verdict else 'not ok'} {number} - {verdict!r}, and it is {found!r}")
    own = against.parse("1..1\n# a.c:1: it is gone\nnot ok 1 - it stays\n", False)
    right = own.verdict() == "got through" and own.said == [("through", "it stays", "a.c:1: it is gone")]
    print(f"{'ok' if right else 'not ok'} {len(CASES) + 1} - what fails on ours is told")
    short = against.parse("1..2\n" + HELD, True).verdict()
    print(f"{'ok' if short == 'held 1/2' else 'not ok'} {len(CASES) + 2} - what ends early has not held, and it is {short!r}")
    return failed > 0 or not right or short != "held 1/2"


sys.exit(main())
