#!/usr/bin/env python3
"""The floors of ARCHITECTURE.md, enforced: a file includes its own floor and lower ones, never upward, and only
compositor/ includes wlroots. Prints every breach with file and line, and fails on any."""

import pathlib
import re
import sys

# Room → the rooms it may include from, besides itself.
MAY = {
	"base": set(),
	"wire": {"base"},
	"policy": {"base", "config"},
	"config": {"base", "policy"},
	"clipboard": {"base", "config"},
	"store": {"base", "config"},
	"instances": {"base", "wire", "config", "policy", "store"},
	"compositor": {"base", "wire", "config", "policy", "clipboard"},
	"ctl": {"base", "wire", "config", "store"},
}
# policy/ reads the config's types, config/ asks policy/ for colours. That is a pair of rooms on one floor, not a
# circle of files: neither may grow beyond these.
NARROW = {
	("policy", "config"): {"config/config.h"},
	("config", "policy"): {"policy/palette.h"},
	("clipboard", "config"): {"config/config.h"},
	("store", "config"): {"config/config.h"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def breaches(root):
	for room, allowed in MAY.items():
		for path in sorted((root / room).rglob("*.[ch]")):
			for number, line in enumerate(path.read_text().splitlines(), 1):
				found = INCLUDE.match(line)
				if not found:
					continue
				where = f"{path.relative_to(root)}:{number}"
				name = found[2]
				if name.startswith("wlr/") and room != "compositor":
					yield f"{where}: only compositor/ includes wlroots, not {room}/: {name}"
				if name.startswith("wayland-") and room != "compositor":
					yield f"{where}: only compositor/ speaks Wayland, not {room}/: {name}"
				if found[1] != '"':
					continue
				other = name.split("/")[0]
				if other == room:
					continue
				if "/" not in name and not (root / name).exists():
					continue  # made by the build
				if other not in allowed:
					yield f"{where}: {room}/ may not include {name}"
				elif name not in NARROW.get((room, other), {name}):
					yield f"{where}: {room}/ may include only {', '.join(sorted(NARROW[room, other]))} of {other}/"


def unit_of(root, name):
	"""A C file and its header are one; window_state.[ch] is a part of window.[ch], and hidden behind window.h."""
	stem = name.rsplit(".", 1)[0]
	front = stem.split("_")[0]
	return front if front != stem and (root / f"{front}.h").exists() else stem


def circles(root):
	"""Units that include each other in a loop."""
	edges = {}
	for room in MAY:
		for path in (root / room).rglob("*.[ch]"):
			unit = unit_of(root, str(path.relative_to(root)))
			for line in path.read_text().splitlines():
				found = INCLUDE.match(line)
				if found and found[1] == '"' and (root / found[2]).exists():
					target = unit_of(root, found[2])
					if target != unit:
						edges.setdefault(unit, set()).add(target)
	done, path = set(), []

	def visit(unit):
		if unit in path:
			return path[path.index(unit):] + [unit]
		if unit in done:
			return None
		path.append(unit)
		for target in sorted(edges.get(unit, ())):
			loop = visit(target)
			if loop:
				return loop
		path.pop()
		done.add(unit)
		return None

	for unit in sorted(edges):
		loop = visit(unit)
		if loop:
			yield "a circle: " + " → ".join(loop)
			return


def main():
	root = pathlib.Path(sys.argv[1])
	files = sum(1 for room in MAY for _ in (root / room).rglob("*.[ch]"))
	found = list(breaches(root)) + list(circles(root))
	for breach in found:
		print(breach)
	print(f"{files} files read, {len(found)} breaches")
	# A script that reads nothing proves nothing.
	return 1 if found or files < 20 else 0


if __name__ == "__main__":
	sys.exit(main())
