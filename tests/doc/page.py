"""A page of doc/ as something to run: its blocks in their order, and what has to come of them."""

import re
import subprocess

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path):
    """Pairs of a block's kind and its text."""
    return FENCE.findall(path.read_text(encoding="utf-8"))


def run(text, environment, directory, timeout):
    """What a block for the shell wrote; fails where any of its commands does."""
    done = subprocess.run(["bash", "-eu", "-o", "pipefail"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=timeout, env=environment, cwd=directory, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ended with {done.returncode}: {text}\n{done.stdout}")
    return done.stdout


def missing(expected, output):
    """The lines of expected whose words do not stand, in their order, in a line of output of their own."""
    lines = [line.split() for line in output.splitlines()]
    left = []
    for wanted in expected.splitlines():
        words = wanted.split()
        found = next((line for line in lines if is_part(words, line)), None)
        if found is None:
            left.append(wanted)
        else:
            lines.remove(found)
    return left


def is_part(words, line):
    rest = iter(line)
    return all(word in rest for word in words)
