#!/usr/bin/env python3
"""Holds policy/protocols.c against the protocols there are.

    protocols_complete.py TABLE WAYLAND_XML DIRECTORY...

TABLE is the program that prints the rows. Every global interface of WAYLAND_XML and of each *.xml below the
directories must have a row; every row that lets somebody in must name a global that some XML defines. A global is
an interface that no request or event of any interface makes.
"""

import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET

# Object 1 of every connection: made by no request, and in no registry.
NOT_IN_REGISTRY = {"wl_display"}


def read_globals(files):
    """The interfaces that these XML files define and that no message makes."""
    defined, made = set(), set()
    for file in files:
        root = ET.parse(file).getroot()
        if root.tag != "protocol":
            sys.exit(f"{file}: not a protocol")
        for interface in root.iter("interface"):
            defined.add(interface.get("name"))
            made.update(
                arg.get("interface")
                for arg in interface.iter("arg")
                if arg.get("type") == "new_id" and arg.get("interface")
            )
    return defined - made - NOT_IN_REGISTRY


def check(interfaces, rows):
    """What is wrong, a line each: rows is {interface: audience}."""
    errors = [f"{name}: a global without a row" for name in sorted(interfaces - rows.keys())]
    errors += [
        f"{name}: the row lets {audience} see a global that no protocol defines"
        for name, audience in sorted(rows.items())
        if audience != "nobody" and name not in interfaces
    ]
    return errors


def check_myself(interfaces, rows):
    """Would this script notice? It must find known globals and no others, and complain where it should."""
    for name in ("wl_seat", "wl_compositor", "xdg_wm_base", "zwp_linux_dmabuf_v1", "zwlr_layer_shell_v1"):
        if name not in interfaces:
            yield f"{name} was not found among the globals"
        if check(interfaces, {k: v for k, v in rows.items() if k != name}) != [f"{name}: a global without a row"]:
            yield f"{name} without its row was not noticed"
    for name in ("wl_surface", "wl_registry", "wl_display", "xdg_toplevel", "zwlr_layer_surface_v1"):
        if name in interfaces:
            yield f"{name} was taken for a global"
    if not check(interfaces | {"zcd_unheard_of_v1"}, rows):
        yield "a global that nobody classified was not noticed"
    if not check(interfaces, rows | {"wl_saet": "everyone"}):
        yield "a misspelt row was not noticed"


def main():
    table, wayland, *directories = sys.argv[1:]
    files = [pathlib.Path(wayland)]
    for directory in directories:
        found = sorted(pathlib.Path(directory).rglob("*.xml"))
        if not found:
            sys.exit(f"{directory}: no protocols in it")
        files += found

    lines = subprocess.run([table], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = {}
    for line in lines:
        interface, audience, _grant, _why = line.split("\t")
        rows[interface] = audience

    interfaces = read_globals(files)
    errors = check(interfaces, rows)
    if not errors:
        errors = list(check_myself(interfaces, rows))
    for error in errors:
        print(error, file=sys.stderr)
    print(f"{len(files)} files, {len(interfaces)} globals, {len(rows)} rows, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
