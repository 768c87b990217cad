#!/usr/bin/env python3
"""SECURITY.md's table of protocols is the table that the gate goes by: the same interfaces, audiences and reasons.
With --write, prints the table as it should stand."""

import subprocess
import sys

AUDIENCES = {
	"everyone": "every instance",
	"own": "every instance, its own",
	"granted": "by a word in the config",
	"shell": "trusted shell",
	"nobody": "nobody",
}
ORDER = list(AUDIENCES)


def table(program):
	rows = [line.split("\t") for line in subprocess.check_output([program], text=True).splitlines()]
	rows.sort(key=lambda row: (ORDER.index(row[1]), row[0]))
	return [f"| {interface} | {AUDIENCES[audience]} | {why} |" for interface, audience, _, why in rows]


def main():
	expected = table(sys.argv[1])
	if sys.argv[2] == "--write":
		print("\n".join(expected))
		return 0
	with open(sys.argv[2], encoding="utf-8") as file:
		lines = file.read().splitlines()
	start = lines.index("| interface | who may bind it | why |") + 2
	end = next(i for i in range(start, len(lines)) if not lines[i].startswith("|"))
	found = lines[start:end]
	for line in found:
		if line not in expected:
			print("not so in policy/protocols.c:", line)
	for line in expected:
		if line not in found:
			print("missing:", line)
	print(f"{len(expected)} rows")
	return 0 if found == expected and len(expected) > 60 else 1


if __name__ == "__main__":
	sys.exit(main())
