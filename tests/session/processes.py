"""What /proc tells of processes, and two calls of prctl(2)."""

import ctypes
import os
import pathlib
import signal

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
libc = ctypes.CDLL(None, use_errno=True)


def processes():
    """Every process there is: pid → (parent, state)."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name, in parentheses, may hold anything.
                fields = pathlib.Path(f"/proc/{entry}/stat").read_bytes().rpartition(b")")[2].split()
                found[int(entry)] = (int(fields[1]), fields[0].decode())
            except (OSError, IndexError):
                continue
    return found


def descendants(ancestor):
    """Those that descend from a process and are not zombies."""
    every = processes()
    found, queue = [], [ancestor]
    while queue:
        parent = queue.pop()
        children = [pid for pid, (its_parent, _) in every.items() if its_parent == parent]
        queue += children
        found += [pid for pid in children if every[pid][1] not in "ZX"]
    return found


def is_alive(pid):
    return processes().get(pid, (0, "X"))[1] not in "ZX"


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "(gone)"


def die_with_us():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans():
    """What our descendants leave behind becomes ours, and is seen."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
