#!/usr/bin/env python3
"""Tries the attacks on Cofferdam and on other compositors, and prints a table of what held.

usage: against.py BUILD-DIRECTORY PEER[,PEER…] [--markdown FILE] [ATTACK…]

Each attack is a program of tests/attacks/, with cases. On Cofferdam all of them are run; on a peer those that need no
interface of ours. PEER is sway, labwc, weston, or all; with “+context” after sway or labwc the attacker is a client that
the peer was told to be sandboxed. Ends with 0 where ours held, whatever the peers did; with 1 where it did not; with 2 where
something could not be run at all.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

PEERS = ("sway", "labwc", "weston")
# The attacker is a client that the peer was told to be sandboxed (security-context-v1).
CONTEXTS = ("sway+context", "labwc+context")

ATTACKS = {
    "P1": "paint outside of the window",
    "P2": "lie about the window's geometry",
    "P3": "popups over others",
    "P4": "a popup's grab as a trap",
    "P5": "a fake of another's frame",
    "P6": "fullscreen, then a fake desktop",
    "P7": "a window out of sight",
    "P8": "a giant cursor",
    "P9": "titles with control characters",
    "P10": "call itself by another's app_id",
    "P11": "transparent, to steal a click",
    "F1": "a window while the person types",
    "F2": "activation tokens of every kind",
    "F3": "hold the pointer and the chords",
    "F4": "log the person's chords",
    "F5": "keys held across a switch",
    "F6": "motion over another's window",
    "F7": "capture, virtual keyboard, overlay",
    "F8": "frames and idleness as sensors",
    "F9": "what the monitors are",
    "F10": "move without a button",
    "C1": "the focus, after another copied",
    "C2": "set the clipboard without focus",
    "C3": "swap between take and give",
    "C4": "a source that never writes",
    "C5": "a million MIME types",
    "C6": "types and text that do harm",
    "C7": "drags over others",
    "C8": "the primary selection",
    "C9": "a destination that never reads",
    "C10": "give twice, give late",
    "R1": "cut off shared memory",
    "R2": "sizes at the integer limits",
    "R3": "objects without end",
    "R4": "connections without end",
    "R5": "never read the socket",
    "R6": "a flood of requests",
    "R7": "never answer",
    "R8": "map, resize, ring without end",
    "R9": "objects in hostile order",
    "R10": "random bytes",
    "S1": "reach out of the sandbox",
    "S2": "instances' names",
    "S3": "links and devices in the state",
    "S4": "namespaces, keyrings, io_uring",
    "S5": "kill the compositor",
    "S6": "kill the sandbox",
    "S7": "malformed messages",
    "S8": "a prompt that pops up",
}

# Why an attack cannot be tried on a peer, where it is not that one needs `coffer` or the frame to see it.
WHY = {
    "P5": "asks whose a window is said to be: peers say nothing",
    "P7": "asks for the frame that says whose a window is",
    "C3": "there is no take and give: a paste asks the source itself",
    "C4": "there is no take: who pastes waits for itself",
    "C6": "there is no crossing: every type is everybody's",
    "C9": "there is no give",
    "C10": "there is no give",
    "R6": "counts by our own account of time; fairness.md has the times of others",
    "S5": "there is nobody to start it again",
    "S8": "peers ask nothing",
}


class Result:
    """What one attack did on one compositor: its cases by how they ended, and what was said."""

    def __init__(self):
        self.cases = {"held": 0, "through": 0, "crashed": 0, "absent": 0, "unmeasured": 0, "ours": 0}
        self.said = []

    def add(self, case, end, reason):
        self.cases[end] += 1
        if reason and end != "held":
            self.said.append((end, case, reason))

    def add_all(self, other):
        for end, count in other.cases.items():
            self.cases[end] += count
        self.said += other.said

    def verdict(self):
        cases = self.cases
        asked = sum(cases.values()) - cases["ours"]
        if cases["crashed"]:
            return "crashed"
        if cases["through"]:
            return "got through" if cases["through"] == asked else f"got through {cases['through']}/{asked}"
        if cases["held"]:
            return "held" if not cases["unmeasured"] else f"held {cases['held']}/{asked}"
        if cases["absent"] and not cases["unmeasured"]:
            return "held: not there"
        return "not measured" if asked else "ours only"


def parse(output, is_peer):
    """Reads the TAP of one program, with the lines of the peers' ends (tests/protocol/lib/test.h)."""
    result = Result()
    notes = []
    plan = 1
    for line in output.splitlines():
        if line.startswith("1.."):
            plan = int(line[3:])
        note = re.match(r"# (got through|crashed|absent|not measured): (.*)", line)
        case = re.match(r"(not )?ok \d+ - (.*?)( # SKIP.*)?$", line)
        if note:
            notes.append(note.groups())
        elif line.startswith("# ") and not is_peer and not notes and ": " in line:
            notes.append(("got through", line[2:]))
        elif case:
            failed, name, skip = case.groups()
            kinds = dict(reversed(notes))
            if skip and "ours only" in skip:
                result.add(name, "ours", "")
            elif "crashed" in kinds:
                result.add(name, "crashed", kinds["crashed"])
            elif failed and is_peer and "not measured" in kinds:
                result.add(name, "unmeasured", kinds["not measured"])
            elif failed:
                result.add(name, "through", kinds.get("got through", "it failed"))
            elif skip:
                end = "absent" if "absent" in kinds else "unmeasured"
                result.add(name, end, kinds.get("absent", kinds.get("not measured", "")))
            else:
                result.add(name, "held", "")
            notes = []
    for _ in range(sum(result.cases.values()), plan):
        result.add("", "unmeasured", "the attack's program ended before its cases did")
    return result


def identifier(path):
    return path.name.split("_")[0].upper()


def rank(id_):
    return list(ATTACKS).index(id_) if id_ in ATTACKS else len(ATTACKS)


class Run:
    def __init__(self, build):
        self.build = build
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
        # What `meson test` would run, and with what in the environment.
        tests = json.loads(subprocess.run(["meson", "introspect", "--tests", str(build)], check=True,
                                          stdout=subprocess.PIPE).stdout)
        self.tests = {pathlib.Path(test["cmd"][0]): test["env"] for test in tests
                      if re.fullmatch(r"attack [pfcrs]\d+_\w+", test["name"])}

    def programs(self, names):
        """The attacks that were built, in the order of the list."""
        found = [path for path in self.tests
                 if not names or path.name in names or identifier(path).lower() in names]
        return sorted(found, key=lambda path: (rank(identifier(path)), path.name))

    def attack(self, path, peer):
        environment = self.environment | self.tests[path] | {"TEST_TIMEOUT_FACTOR": "2"}
        if peer != "cofferdam":
            environment["TEST_PEER"] = peer
        try:
            done = subprocess.run([str(path)], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=1800, check=False)
        except subprocess.TimeoutExpired:
            result = Result()
            result.add(path.name, "unmeasured", "it did not end within half an hour")
            return result
        return parse(done.stdout.decode(errors="replace"), peer != "cofferdam")


def version(peer):
    if peer == "cofferdam":
        return "Cofferdam"
    program = peer.removesuffix("+context")
    out = subprocess.run([program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    words = re.search(r"\d+(\.\d+)+", out.decode(errors="replace"))
    name = f"{program} {words.group(0) if words else ''}".strip()
    return f"{name}, A in a security context" if peer != program else name


def print_table(rows, peers):
    widths = [max(len(word) for word in column) for column in
              zip(("", "attack", *peers), *((id_, ATTACKS.get(id_, ""), *(r.verdict() for r in results))
                                            for id_, results in rows))]
    for words in [("", "attack", *peers)] + [(id_, ATTACKS.get(id_, ""), *(r.verdict() for r in results))
                                             for id_, results in rows]:
        print("  ".join(word.ljust(width) for word, width in zip(words, widths)).rstrip())


def notes_of(rows, peers):
    """What was said where it was not simply held, once for all that it was said of: (id, peers, end, reason)."""
    for id_, results in rows:
        said = {}
        for peer, result in zip(peers, results):
            for end, _, reason in result.said:
                said.setdefault((end, reason), {})[peer] = True
        for (end, reason), of in said.items():
            yield id_, ", ".join(of), end, reason
        if id_ in WHY and len(results) > 1 and all(r.verdict() == "ours only" for r in results[1:]):
            yield id_, "peers", "ours", WHY[id_]


ENDS = {"through": "got through", "crashed": "crashed", "absent": "held: not there", "unmeasured": "not measured",
        "ours": "ours only"}


def print_notes(rows, peers):
    for id_, peer, end, reason in notes_of(rows, peers):
        print(textwrap.fill(f"{id_} {peer}: {ENDS[end]}: {reason}", 110, subsequent_indent="    "))


def write_markdown(path, rows, peers):
    with open(path, "w", encoding="utf-8") as file:
        print("| | attack |", " | ".join(version(peer) for peer in peers), "|", file=file)
        print("|---" * (len(peers) + 2) + "|", file=file)
        for id_, results in rows:
            cells = [f"**{v}**" if v.startswith(("got", "crash")) else v for v in (r.verdict() for r in results)]
            print(f"| {id_} | {ATTACKS.get(id_, '')} |", " | ".join(cells), "|", file=file)
        print(file=file)
        for id_, peer, end, reason in notes_of(rows, peers):
            print(f"- {id_} {peer}: {ENDS[end]}: {reason}", file=file)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("peers")
    parser.add_argument("attacks", nargs="*")
    parser.add_argument("--markdown")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    peers = list(PEERS) if options.peers == "all" else options.peers.split(",")
    for peer in peers:
        if peer not in PEERS + CONTEXTS:
            print(f"against: there is no peer '{peer}', but {', '.join(PEERS + CONTEXTS)} and all", file=sys.stderr)
            return 2
        program = peer.removesuffix("+context")
        needed = {program, "sway"} if peer == "weston" else {program}  # in a window of which it runs
        for name in sorted(needed):
            if shutil.which(name) is None:
                print(f"against: {name} is not installed here", file=sys.stderr)
                return 2
    peers.insert(0, "cofferdam")
    run = Run(options.build.resolve())
    programs = run.programs([name.lower() for name in options.attacks])
    if not programs:
        print("against: no such attack was built", file=sys.stderr)
        return 2
    rows = {}
    # Most of the time is waiting; but what is measured by memory and time is measured alone.
    for jobs, is_alone in ((options.jobs, False), (1, True)):
        part = [path for path in programs if identifier(path).startswith("R") == is_alone]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for path, results in zip(part, pool.map(lambda path: [run.attack(path, peer) for peer in peers], part)):
                said = "  ".join(f"{peer}: {result.verdict()}" for peer, result in zip(peers, results))
                print(f"against: {path.name}: {said}", file=sys.stderr, flush=True)
                row = rows.setdefault(identifier(path), [Result() for _ in peers])
                for whole, result in zip(row, results):
                    whole.add_all(result)
    rows = sorted(rows.items(), key=lambda row: rank(row[0]))
    print_table(rows, peers)
    print()
    print_notes(rows, peers)
    if options.markdown:
        write_markdown(options.markdown, rows, peers)
    return 0 if all(row[0].verdict() == "held" for _, row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
