#!/usr/bin/env python3
"""floors.py bites: a copy of the tree with one breach of each kind put in must fail, and name it."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

BREACHES = {
	"base/utf8.c": '#include "config/config.h"\n',
	"policy/keys.c": "#include <wlr/types/wlr_seat.h>\n",
	"instances/main.c": '#include "compositor/seat.h"\n',
	"config/config.c": '#include "policy/keys.h"\n',
	"compositor/scene.h": '#include "compositor/strip.h"\n',  # strip includes scene: a circle
}


def run(script, root):
	return subprocess.run([sys.executable, script, root], capture_output=True, text=True)


def main():
	script, source = sys.argv[1], pathlib.Path(sys.argv[2])
	failed = 0
	for name, line in BREACHES.items():
		with tempfile.TemporaryDirectory() as directory:
			root = pathlib.Path(directory)
			for room in ("base", "wire", "policy", "config", "clipboard", "instances", "compositor", "ctl"):
				shutil.copytree(source / room, root / room)
			path = root / name
			path.write_text(line + path.read_text())
			result = run(script, root)
			if result.returncode == 0:
				print(f"{name}: a breach was not noticed: {line.strip()}")
				failed += 1
	return 1 if failed else 0


if __name__ == "__main__":
	sys.exit(main())
