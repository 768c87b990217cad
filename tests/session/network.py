"""`network nat`: an address and a way out, and no way to anything that listens on this machine."""

import json
import os
import pathlib
import shlex
import socket
import sys
import time

from checks import PAUSE, check, check_equal
from harness import main

NAT = "instance alpha {\n\tnetwork nat\n}\n\ninstance beta {\n\tnetwork nat\n}\n"

# Tries each address, and tells the first that answers as the host's listener does.
CONNECT = """
import json, socket, sys
answers = {}
for address in json.loads(sys.argv[1]):
    try:
        with socket.create_connection(address, 3) as connection:
            connection.settimeout(3)
            answers[str(address)] = connection.recv(16).decode()
    except OSError as error:
        answers[str(address)] = "no"
print(json.dumps(answers))
"""

LOOK = """
import fcntl, json, socket, struct
found = {}
for _, name in socket.if_nameindex():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            found[name] = socket.inet_ntoa(fcntl.ioctl(probe, 0x8915, struct.pack("256s", name.encode()))[20:24])
        except OSError:
            found[name] = None
print(json.dumps(found))
"""


def gateway():
    """The default route's gateway over IPv4: proc_pid_net(5)."""
    for line in pathlib.Path("/proc/net/route").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == "00000000" and fields[7] == "00000000":
            return socket.inet_ntoa(bytes.fromhex(fields[2])[::-1])
    return None


def own_address():
    """The address that this machine would go out with. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]


def accepted(listener):
    count = 0
    listener.setblocking(False)
    while True:
        try:
            listener.accept()[0].close()
            count += 1
        except BlockingIOError:
            return count


def go_out_and_not_to_the_host(case):
    # On every address of the host, and on its loopback alone; both before the instance starts.
    with socket.create_server(("", 0)) as everywhere, socket.create_server(("127.0.0.1", 0)) as local:
        session = case.session(NAT)
        addresses = json.loads(session.inside_ok("alpha", f"python3 -c {shlex.quote(LOOK)}"))
        others = {name: address for name, address in addresses.items() if name != "lo"}
        check_equal(len(others), 1, f"interfaces of alpha besides lo ({addresses})")
        check(all(others.values()), f"it has an address: {others}")
        routes = session.inside_ok("alpha", "cat /proc/net/route").splitlines()
        check(any(line.split()[1] == "00000000" for line in routes[1:]), f"there is a way out: {routes}")
        for listener in (everywhere, local):
            port = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port), 3):
                pass
            check_equal(accepted(listener), 1, "connections from the host itself")
            targets = [(host, port) for host in
                       ("127.0.0.1", "127.0.0.2", "localhost", gateway(), own_address(), "169.254.1.1", "169.254.2.1")]
            session.inside_ok("alpha", f"python3 -c {shlex.quote(CONNECT)} {shlex.quote(json.dumps(targets))}", 90)
            check_equal(accepted(listener), 0, f"connections from alpha, which tried {targets}")
    session.ok("stop", "alpha")
    session.inside_ok("alpha", "true")
    session.ok("kill", "alpha")


def let_nobody_in(case):
    session = case.session(NAT)
    session.ok("run", "alpha", "python3", "-c",
               "import socket; s = socket.create_server(('', 45454)); print('listening', flush=True); s.accept(); "
               "print('reached', flush=True)")
    session.wait_instance_log("alpha", "listening")
    targets = [(host, 45454) for host in ("127.0.0.1", gateway(), own_address())]
    session.inside_ok("beta", f"python3 -c {shlex.quote(CONNECT)} {shlex.quote(json.dumps(targets))}", 60)
    check("reached" not in session.instance_log("alpha"), "what listens in alpha is not reached from beta")
    # pasta would notice what listens within a second or two.
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        for host in ("127.0.0.1", own_address()):
            check(not can_connect(host, 45454), f"what listens in alpha is not reached from the host by {host}")
        time.sleep(PAUSE)


def can_connect(host, port):
    try:
        socket.create_connection((host, port), 3).close()
        return True
    except OSError:
        return False


def keep_the_walls_of_an_instance_without(case):
    session = case.session(NAT)
    name = "\0cofferdam-test-nat"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        code, _ = session.inside("alpha", "python3 -c " + shlex.quote(
            f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})"))
        check_equal(code, 1, "connecting to an abstract socket of the host")
    status = session.inside_ok("alpha", "cat /proc/self/status")
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        check(line in status, f"{line!r} in the status of a program in alpha")
    check(session.inside("alpha", "unshare -U true")[0] != 0, "unshare -U is refused")
    code, _ = session.inside("alpha", "ip link add test type dummy")
    check(code != 0, "nobody in alpha has a right over its network")


def what_is_missing():
    """pasta(1) opens this device in the instance's name; udev lets everybody, a bare machine may not."""
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "this user may not open /dev/net/tun"
    return None if gateway() else "this machine has no way out itself"


if __name__ == "__main__":
    if what_is_missing():
        print(f"1..0 # SKIP {what_is_missing()}")
        sys.exit(0)
    main(go_out_and_not_to_the_host, let_nobody_in, keep_the_walls_of_an_instance_without)
