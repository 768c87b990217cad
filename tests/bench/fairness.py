#!/usr/bin/env python3
"""Measures how much a flooding client slows another one down, on Cofferdam and on peers, and prints a table.

usage: fairness.py BUILD-DIRECTORY [SECONDS [PEER...]]     peers: cofferdam sway labwc weston

Each compositor runs headless with the pixman renderer, one after the other, on one output of 1280x720. The victim does one
wl_display.sync a millisecond and repaints a window; then it is typed to, where the compositor has virtual keyboards (weston
has none). On Cofferdam it is in another instance than the flood. `video` is no flood but an honest client that repaints a
window of the output's size 60 times a second; how often it may is said after its line. Compositors and victim are given
SCHED_RR where this user may, as sway gives itself: else all would be measured by what the machine does besides.

These are timings, so no test is made of them.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FLOODS = ("idle", "cpu", "video", "requests", "damage", "paint", "create", "never-reads", "many")
CONFIG = "instance victim {\n}\ninstance attacker {\n}\n"
COLUMNS = ("p50", "p99", "max", "frames", "key p50", "key p99", "key max")


def make_realtime(pid):
    try:
        os.sched_setscheduler(pid, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        print("without SCHED_RR, for which this user has no right")


class Peer:
    def __init__(self, name, build):
        self.name = name
        self.load = str(build / "tests/bench/load")
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
            # Without a renderer its headless backend would paint nothing at all.
            "weston": ["weston", "--backend=headless", "--renderer=pixman", "--width=1280", "--height=720", "--no-config",
                       "--socket=wayland-1"],
        }[name]
        self.sockets = ["wayland-0" if name == "labwc" else "wayland-1"] * 2
        self.keys = self.sockets[0] if name != "weston" else None
        if name == "cofferdam":
            self.sockets = ["cofferdam/instances/victim/wayland-0", "cofferdam/instances/attacker/wayland-0"]
            self.keys = "cofferdam/shell/wayland-0"
        self.log = open(self.directory / "log", "wb")
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)

    def wait(self):
        deadline = time.monotonic() + 20
        while not (self.runtime / self.sockets[0]).exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"{self.name} does not start; its log is {self.log.name}")
            time.sleep(0.05)
        time.sleep(1)  # until it has drawn and settled
        make_realtime(self.find_compositor())

    def find_compositor(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        pids = [int(pid) for pid in children
                if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("cofferdam-comp")]
        return pids[0] if pids else self.process.pid

    def client(self, socket, *words, **options):
        environment = self.environment | {"WAYLAND_DISPLAY": str(self.runtime / socket)}
        return subprocess.Popen([self.load, *words], env=environment, stderr=self.log, text=True,
                                stdout=subprocess.PIPE, **options)

    def start_victim(self, seconds):
        keys = [str(self.runtime / self.keys)] if self.keys else []
        victim = self.client(self.sockets[0], "victim", str(seconds), *keys, stdin=subprocess.PIPE)
        make_realtime(victim.pid)
        if victim.stdout.readline() != "ready\n":
            victim.kill()
            victim.wait()
            return None
        return victim

    def start_flood(self, flood):
        attacker = self.client(self.sockets[1], flood, stdin=subprocess.DEVNULL) if flood != "idle" else None
        time.sleep(0.5)
        return attacker

    def measure(self, flood, seconds):
        """The victim is to have the keyboard: on Cofferdam no window takes it from another one, elsewhere each new one does."""
        if self.name == "cofferdam":
            victim = self.start_victim(seconds)
            attacker = self.start_flood(flood)
        else:
            attacker = self.start_flood(flood)
            victim = self.start_victim(seconds)
        out = ""
        if victim is not None:
            try:
                out, _ = victim.communicate("go\n", timeout=seconds * 10 + 20)
            except subprocess.TimeoutExpired:
                victim.kill()
                victim.communicate()
        rate = ""
        if attacker is not None:
            if attacker.poll() is not None:
                print(f"the flood {flood} ended early: the next line does not count")
            attacker.send_signal(signal.SIGTERM)
            rate, _ = attacker.communicate()
        time.sleep(0.5)
        return [None if word == "-" else float(word) for word in out.split()], rate.strip()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory)


def times(value, idle):
    return f"{value / idle:.1f}" if value is not None and idle else "-"


def show(name, flood, result, idle, rate):
    words = [f"{value:8.3f}" if value is not None else f"{'-':>8}" for value in result]
    words += [f"{'-':>8}"] * (len(COLUMNS) - len(words))
    ratios = [f"{times(result[i], idle[i]) if i < len(result) and i < len(idle) else '-':>8}" for i in (0, 1, 4, 5)]
    print(f"{name:10} {flood:12}", *words, *ratios, f" {rate} frames of its own" if rate else "", flush=True)


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 4
    names = sys.argv[3:] or ["cofferdam", "sway", "labwc", "weston"]
    print(f"load of the machine: {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors; times in ms; x: times idle")
    print(f"{'':10} {'flood':12}", *(f"{word:>8}" for word in COLUMNS + ("p50 x", "p99 x", "key50 x", "key99 x")))
    for name in names:
        if name != "cofferdam" and shutil.which(name) is None:
            print(f"{name:10} is not installed here")
            continue
        peer = Peer(name, build)
        idle = None
        try:
            peer.wait()
            for flood in FLOODS:
                result, rate = peer.measure(flood, seconds)
                if not result:
                    print(f"{name:10} {flood:12} the victim got no answer, or was thrown out", flush=True)
                    continue
                idle = idle or result
                show(name, flood, result, idle, rate)
        finally:
            peer.stop()
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")


main()
