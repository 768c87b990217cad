#!/usr/bin/env python3
"""nix/directives.json is what the program's tables say. Usage: directives.py NIX-DESCRIBE DIRECTIVES.JSON"""

import subprocess
import sys

actual = subprocess.run([sys.argv[1]], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
kept = open(sys.argv[2]).read()
if actual != kept:
    here, there = actual.splitlines(), kept.splitlines()
    for line in [line for line in here if line not in there][:5]:
        print(f"missing or changed: {line[:160]}", file=sys.stderr)
    sys.exit("nix/directives.json is not what config/ says: write it anew with `ninja -C BUILD nix-directives`")
