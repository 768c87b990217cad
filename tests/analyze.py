#!/usr/bin/env python3
"""Asks gcc's analyzer and clang's about every C file of the product, and fails where one of them reports something.

    analyze.py BUILD [FILE…]    BUILD: a build directory with compile_commands.json; FILEs as git names them

A report that is wrong is answered in the code: a comment that begins with "analyzer:" and says why, on the line that the
report names or on one of the two before it. Each is looked at when it is written, and again when the code there changes.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
NOT_THE_PRODUCT = ("tests", "nix", "protocols")
REPORT = re.compile(r"^(?P<file>[^\s:]+):(?P<line>\d+):\d+: (?:warning|error): (?P<text>.*\[(?:CWE|-W|clang).*\])$")
# What gcc says in clang's words or the other way about, and what is no report of an analyzer, is of no interest here.
CLANG_CHECKS = (
    "-*,clang-analyzer-*,"
    # It asks for the functions of Annex K, which no C library on Linux has.
    "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,"
    # An order of fields is for who reads them.
    "-clang-analyzer-optin.performance.Padding,"
    # Flags that are ORed are no value of their enum, and need not be.
    "-clang-analyzer-optin.core.EnumCastOutOfRange"
)
# What an analyzer gets wrong wherever it stands: what it says, and what stands in the line that it names.
ALWAYS_WRONG = (
    # wl_container_of() goes from a member to what it is a member of. Bounds of arrays are looked at by gcc's too.
    ("Out of bound access to memory preceding the field", ""),
    # The links of a list that was initialised are never NULL.
    ("Dereference of null pointer", "wl_list_for_each"),
)
# Options that only gcc knows.
GCC_ONLY = ("-Wimplicit-fallthrough=",)


def commands(build):
    """Each source file of the product once: its name, the directory that its command runs in, the command's words."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(os.path.normpath(os.path.join(entry["directory"], entry["file"])))
        if path.is_relative_to(TOP) and path.suffix == ".c":
            name = str(path.relative_to(TOP))
            if name.split("/")[0] not in NOT_THE_PRODUCT and not name.startswith("build"):
                found.setdefault(name, (entry["directory"], shlex.split(entry["command"])))
    return found


def bare(words):
    """A compiler's command without what says where the result goes, and without -Werror."""
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MQ"):
            skip = True
        elif word not in ("-MD", "-c", "-Werror"):
            kept.append(word)
    return kept


def run(argv, directory):
    done = subprocess.run(argv, cwd=directory, capture_output=True, text=True, timeout=900, check=False)
    return done.returncode, done.stdout + done.stderr


def ask_gcc(directory, words, source):
    return run([*bare(words), "-fanalyzer", "-fdiagnostics-path-format=none", "-fdiagnostics-color=never",
                "-c", "-o", "/dev/null"], directory)


def ask_clang(directory, words, source):
    flags = [word for word in bare(words)[1:] if not word.startswith(GCC_ONLY) and not word.endswith(".c")]
    return run(["clang-tidy", "--quiet", f"--checks={CLANG_CHECKS}", source, "--", *flags], directory)


def is_answered(path, line, text):
    """Whether a comment for the analyzers stands there, or none is needed."""
    lines = path.read_text().splitlines()
    if any(says in text and has in lines[line - 1] for says, has in ALWAYS_WRONG):
        return True
    return any("/* analyzer: " in one for one in lines[max(0, line - 3):line])


def reports(output, directory):
    for match in filter(None, map(REPORT.match, output.splitlines())):
        path = pathlib.Path(os.path.normpath(os.path.join(directory, match["file"])))
        yield path, int(match["line"]), match["text"]


def analyze(name, directory, words):
    """Returns what there is to say of a file: lines that are reports, or tell why there can be none."""
    said, answered = [], 0
    source = str(TOP / name)
    for tool, ask in (("gcc", ask_gcc), ("clang", ask_clang)):
        code, output = ask(directory, words, source)
        found = list(dict.fromkeys(reports(output, directory)))
        if code != 0 and not found:
            said += [f"{name}: {tool} failed:", *output.splitlines()[-10:]]
        for path, line, text in found:
            if path.is_relative_to(TOP) and is_answered(path, line, text):
                answered += 1
            else:
                shown = path.relative_to(TOP) if path.is_relative_to(TOP) else path
                said.append(f"{shown}:{line}: {tool}: {text}")
    return said, answered


def main(build, *names):
    for tool in ("clang-tidy",):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not there")
    every = commands(pathlib.Path(build))
    unknown = [name for name in names if name not in every]
    if unknown or not every:
        sys.exit(f"no C file of the product: {' '.join(unknown) or build}")
    wanted = {name: every[name] for name in (names or sorted(every))}
    lines, answered = {}, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(analyze, name, *wanted[name]): name for name in wanted}
        for job in concurrent.futures.as_completed(jobs):
            said, more = job.result()
            answered += more
            for line in said:
                lines[line] = None  # once, though several files include what it is about
                print(line, flush=True)
    print(f"{len(wanted)} files; {answered} reports are answered in the code; {len(lines)} are not")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
