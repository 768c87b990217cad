"""Results in TAP, as they come, and their number at the end."""

import sys

_failed = []
_count = 0


def result(holds, what, more=""):
    global _count
    _count += 1
    print(f"{'ok' if holds else 'not ok'} {_count} - {what}")
    if not holds:
        _failed.append(what)
        print("".join(f"# {line}\n" for line in str(more).splitlines()), end="")


def end():
    """Ends the script."""
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)
