#!/usr/bin/env python3
"""Measures how much a flooding client slows another one down, on Cofferdam and on peers, and prints a table.

usage: fairness.py BUILD-DIRECTORY [SECONDS [PEER...]]     peers: cofferdam sway labwc weston

Each compositor runs headless with the pixman renderer, one after the other. The victim does one wl_display.sync a
millisecond and repaints a window; on Cofferdam it is in another instance than the flood. These are timings, so no
test is made of them: they depend on the machine and on what else it does.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

FLOODS = ("idle", "cpu", "damage", "create", "never-reads", "many")
CONFIG = "instance victim {\n}\ninstance attacker {\n}\n"


class Peer:
    def __init__(self, name, build):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="fair-", dir="/tmp"))
        self.runtime = self.directory / "r"
        self.runtime.mkdir(mode=0o700)
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("WAYLAND_")}
        self.environment |= {
            "XDG_RUNTIME_DIR": str(self.runtime), "HOME": str(self.directory), "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1", "XDG_CONFIG_HOME": str(self.directory),
            "XDG_STATE_HOME": str(self.directory / "state"),
        }
        config = self.directory / "config"
        config.write_text(CONFIG if name == "cofferdam" else "")
        command = {
            "cofferdam": [f"{build}/instances/cofferdam", "-c", str(config)],
            "sway": ["sway", "-c", str(config)],
            "labwc": ["labwc"],
            "weston": ["weston", "--backend=headless", "--renderer=pixman", "--no-config"],
        }[name]
        self.sockets = ["wayland-1", "wayland-1"]
        if name == "cofferdam":
            self.sockets = ["cofferdam/instances/victim/wayland-0", "cofferdam/instances/attacker/wayland-0"]
        elif name in ("labwc", "weston"):
            self.sockets = ["wayland-0" if name == "labwc" else "wayland-1"] * 2
        self.log = open(self.directory / "log", "wb")
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)

    def wait(self):
        deadline = time.monotonic() + 20
        while not (self.runtime / self.sockets[0]).exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"it does not start; its log is {self.log.name}")
            time.sleep(0.05)
        time.sleep(1)  # until it has drawn and settled
        self.make_realtime()

    def make_realtime(self):
        """As sway makes itself where it may: or all but sway would lose to whatever else the machine does."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        pids = [int(pid) for pid in children
                if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("cofferdam-comp")]
        try:
            os.sched_setscheduler(pids[0] if pids else self.process.pid, os.SCHED_RR, os.sched_param(1))
        except PermissionError:
            print("without SCHED_RR, for which this user has no right")

    def client(self, load, socket, *words, **options):
        environment = self.environment | {"WAYLAND_DISPLAY": str(self.runtime / socket)}
        return subprocess.Popen([load, *words], env=environment, stdin=subprocess.DEVNULL, stderr=self.log, **options)

    def measure(self, load, flood, seconds):
        attacker = self.client(load, self.sockets[1], flood) if flood != "idle" else None
        time.sleep(0.5)
        victim = self.client(load, self.sockets[0], "victim", str(seconds), stdout=subprocess.PIPE, text=True)
        try:
            out, _ = victim.communicate(timeout=seconds * 5 + 20)
        except subprocess.TimeoutExpired:
            victim.kill()
            out = ""
        if attacker is not None and attacker.poll() is not None:
            print(f"the flood {flood} ended early: the next line does not count")
        if attacker is not None:
            attacker.kill()
            attacker.wait()
        time.sleep(0.5)
        return [float(word) for word in out.split()] or None

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory)


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 4
    names = sys.argv[3:] or ["cofferdam", "sway", "labwc", "weston"]
    print(f"{'':10} {'flood':12} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'frames/s':>8} {'p50 x':>6} {'p99 x':>6}")
    for name in names:
        if name != "cofferdam" and shutil.which(name) is None:
            print(f"{name:10} is not installed here")
            continue
        peer = Peer(name, build)
        idle = None
        try:
            peer.wait()
            for flood in FLOODS:
                result = peer.measure(str(build / "tests/bench/load"), flood, seconds)
                if result is None:
                    print(f"{name:10} {flood:12} the victim got no answer, or was thrown out", flush=True)
                    continue
                idle = idle or result
                p50, p99, longest, frames = result
                print(f"{name:10} {flood:12} {p50:8.3f} {p99:8.3f} {longest:8.1f} {frames:8.1f} "
                      f"{p50 / idle[0]:6.1f} {p99 / idle[1]:6.1f}", flush=True)
        finally:
            peer.stop()


main()
