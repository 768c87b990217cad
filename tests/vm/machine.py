"""A virtual machine by qemu: Debian's own kernel, the file system that this runs in (read-only, changes go to memory), a
screen, a keyboard, a pointer. Hands are QMP's, eyes its screendump; commands in it go over its second serial line."""

import base64
import json
import lzma
import os
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "session"))
from checks import Failure, wait_for
from picture import Picture

MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio-gpu", "virtio_input", "evdev", "tun", "fuse")

# The initial ramdisk's: finds the disk, which is ours, and goes on there.
INIT = r"""#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc p /proc; $B mount -t sysfs s /sys; $B mount -t devtmpfs d /dev
while read -r module; do $B insmod /m/$module; done < /m/list
$B mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro root /ro
$B mount -t tmpfs t /rw; $B mkdir /rw/u /rw/w
$B mount -t overlay -o lowerdir=/ro,upperdir=/rw/u,workdir=/rw/w o /root
$B mkdir -p /root/run /root/proc /root/sys /root/dev
$B mount -t tmpfs t /root/run
$B cp /agent.py /guest.sh /root/run/
for d in proc sys dev; do $B mount --move /$d /root/$d; done
exec $B switch_root /root /bin/bash /run/guest.sh
"""

# What a distribution does before a person can log in: devices, a seat, a user. `person` may have the seat, `stranger` not.
GUEST = r"""
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mkdir -p /dev/pts /dev/shm /home/person /home/stranger /root
mount -t devpts d /dev/pts
for d in /dev/shm /tmp /var/tmp; do mkdir -p $d; mount -t tmpfs -o mode=1777 t $d; done
mkdir -p /sys/fs/cgroup; mount -t cgroup2 c /sys/fs/cgroup
ip link set lo up
printf 'person:x:1000:1000::/home/person:/bin/bash\nstranger:x:1001:1001::/home/stranger:/bin/bash\n' >>/etc/passwd
printf 'person:x:1000:\nstranger:x:1001:\nseat:x:990:person\n' >>/etc/group
chown 1000:1000 /home/person; chown 1001:1001 /home/stranger
mkdir -p /run/user; install -d -m 700 -o 1000 -g 1000 /run/user/1000; install -d -m 700 -o 1001 -g 1001 /run/user/1001
/lib/systemd/systemd-udevd --daemon; udevadm trigger --action=add; udevadm settle -t 60
chmod 666 /dev/net/tun; chown person /dev/tty1 /dev/tty2 /dev/tty3
setsid seatd -g seat >/run/seatd.log 2>&1 &
while ! test -S /run/seatd.sock; do sleep 0.1; done
exec python3 /run/agent.py
"""

AGENT = r"""
import base64, json, os, subprocess, tty
fd = os.open("/dev/ttyS1", os.O_RDWR | os.O_NOCTTY)
tty.setraw(fd)
os.write(fd, b"HELLO\n")
for line in os.fdopen(os.dup(fd), "rb"):
    order = json.loads(line)
    try:
        done = subprocess.run(["bash", "-c", order["script"]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=order["timeout"])
        code, out = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, out = 124, late.stdout or b""
    data = json.dumps({"code": code, "out": base64.b64encode(out[-200000:]).decode()}).encode() + b"\n"
    while data:
        data = data[os.write(fd, data):]
"""


class Machine:
    def __init__(self, pictures, width=1280, height=720, limit=900):
        self.pictures = pathlib.Path(pictures)
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.width, self.height = width, height
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="cofferdam-vm-"))
        self._make_ramdisk()
        # The processor's own virtualization is faster, and where this is a virtual machine itself it may not work.
        for accelerator in (("kvm",) if os.access("/dev/kvm", os.R_OK | os.W_OK) else ()) + ("tcg,thread=multi",):
            if self._start(accelerator, limit):
                return
            self.process.terminate()
            self.process.wait()
        raise Failure(f"the machine has not come up: {self.pictures}/qemu.log, {self.pictures}/serial.log")

    def _start(self, accelerator, limit):
        for name in ("qmp", "agent"):
            (self.work / name).unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["timeout", str(limit), "qemu-system-x86_64", "-accel", accelerator, "-M", "q35",
             "-cpu", "max", "-smp", "2", "-m", "2048", "-nodefaults", "-no-user-config", "-display", "none", "-vga", "none",
             "-device", f"virtio-gpu-pci,xres={self.width},yres={self.height},id=gpu0",
             "-device", "virtio-keyboard-pci,id=keyboard0", "-device", "virtio-tablet-pci,id=tablet0",
             "-device", "pcie-root-port,id=port1,chassis=1", "-device", "pcie-root-port,id=port2,chassis=2",
             "-serial", f"file:{self.pictures}/serial.log",
             "-chardev", f"socket,id=agent,path={self.work}/agent,server=on,wait=off", "-serial", "chardev:agent",
             "-qmp", f"unix:{self.work}/qmp,server=on,wait=off",
             "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
             "-kernel", str(self.kernel), "-initrd", str(self.work / "ramdisk"),
             "-append", "console=ttyS0 panic=-1 quiet mitigations=off nokaslr", "-no-reboot"],
            stdin=subprocess.DEVNULL, stdout=open(self.pictures / "qemu.log", "wb"), stderr=subprocess.STDOUT)
        self.qmp_lines = self._connect("qmp").makefile("rwb", buffering=0)
        json.loads(self.qmp_lines.readline())
        self.qmp("qmp_capabilities")
        agent = self._connect("agent")
        self.agent = agent.makefile("rwb", buffering=0)
        said = b""
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and self.process.poll() is None:
            if select.select([agent], [], [], 1)[0]:
                said += agent.recv(4096)
                if said.endswith(b"HELLO\n"):
                    return True
            elif self.qmp("query-status")["status"] == "internal-error":
                return False
        return False

    def _make_ramdisk(self):
        base = self.work / "tree"
        for name in ("bin", "m", "proc", "sys", "dev", "root", "ro", "rw"):
            (base / name).mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), base / "bin" / "busybox")
        for name, text in (("init", INIT), ("guest.sh", GUEST), ("agent.py", AGENT)):
            (base / name).write_text(text)
        (base / "init").chmod(0o755)
        kernels = sorted(pathlib.Path("/usr/lib/modules").glob("*/vmlinuz"))
        if not kernels:
            raise Failure("no kernel in /usr/lib/modules")
        self.kernel = kernels[-1]
        version = self.kernel.parent.name
        names = []
        for module in MODULES:
            shown = subprocess.run(["modprobe", "-S", version, "--show-depends", module],
                                   stdout=subprocess.PIPE, text=True, check=True).stdout
            for line in shown.splitlines():
                if not line.startswith("insmod"):
                    continue  # it is a part of the kernel itself
                path = pathlib.Path(line.split()[1])
                name = path.name.removesuffix(".xz")
                if name not in names:
                    names.append(name)
                    data = path.read_bytes()
                    (base / "m" / name).write_bytes(lzma.decompress(data) if path.suffix == ".xz" else data)
        (base / "m" / "list").write_text("".join(name + "\n" for name in names))
        subprocess.run("find . | cpio -o -H newc --quiet >../ramdisk", shell=True, cwd=base, check=True)

    def _connect(self, name):
        deadline = time.monotonic() + 20
        while True:
            one = socket.socket(socket.AF_UNIX)
            try:
                one.connect(str(self.work / name))
                one.settimeout(700)  # longer than any command may take
                return one
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise Failure(f"qemu does not start: {self.pictures}/qemu.log")
                time.sleep(0.1)

    def qmp(self, command, **arguments):
        order = {"execute": command}
        if arguments:
            order["arguments"] = arguments
        self.qmp_lines.write(json.dumps(order).encode() + b"\n")
        while line := self.qmp_lines.readline():
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise Failure(f"{command}: {answer['error']}")
        raise Failure("qemu has gone")

    # -- commands --

    def try_run(self, script, patience=30):
        """As root; its exit code and all that it printed."""
        self.agent.write(json.dumps({"script": script, "timeout": patience}).encode() + b"\n")
        line = b""
        while not line.endswith(b"\n"):
            part = self.agent.readline()
            if not part:
                raise Failure("the machine has gone")
            line += part
        answer = json.loads(line)
        return answer["code"], base64.b64decode(answer["out"]).decode(errors="replace")

    def run(self, script, patience=30):
        code, out = self.try_run(script, patience)
        if code != 0:
            raise Failure(f"{script}: {code}: {out}")
        return out

    # -- hands --

    def _event(self, *events):
        self.qmp("input-send-event", events=list(events))

    def key(self, name, down):
        self._event({"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}})

    def press(self, chord):
        """Names of qcodes joined by +, pressed in order and let go in the other."""
        names = chord.split("+")
        for name in names:
            self.key(name, True)
            time.sleep(0.03)
        for name in reversed(names):
            self.key(name, False)
            time.sleep(0.03)

    PLAIN = {" ": "spc", "-": "minus", "=": "equal", ",": "comma", ".": "dot", "/": "slash", ";": "semicolon",
             "'": "apostrophe", "\n": "ret"}
    SHIFTED = {"!": "1", "$": "4", "&": "7", "*": "8", "(": "9", ")": "0", "_": "minus", "+": "equal", ":": "semicolon",
               '"': "apostrophe", "<": "comma", ">": "dot", "?": "slash", "|": "backslash", "~": "grave_accent", "{": "bracket_left", "}": "bracket_right"}

    def type(self, text):
        """As on a US keyboard."""
        for one in text:
            if one in self.SHIFTED or one.isupper():
                self.press("shift+" + self.SHIFTED.get(one, one.lower()))
            else:
                self.press(self.PLAIN.get(one, one))

    def move(self, x, y):
        self._event({"type": "abs", "data": {"axis": "x", "value": int(x * 32767 / self.width)}},
                    {"type": "abs", "data": {"axis": "y", "value": int(y * 32767 / self.height)}})
        time.sleep(0.1)

    def move_by(self, dx, dy):
        self._event({"type": "rel", "data": {"axis": "x", "value": dx}}, {"type": "rel", "data": {"axis": "y", "value": dy}})
        time.sleep(0.05)

    def button(self, down, name="left"):
        self._event({"type": "btn", "data": {"button": name, "down": down}})
        time.sleep(0.1)

    def click(self, x, y, name="left"):
        self.move(x, y)
        self.button(True, name)
        self.button(False, name)

    # -- eyes --

    def picture(self):
        path = self.work / "screen.ppm"
        self.qmp("screendump", filename=str(path), format="ppm")
        return Picture.of_ppm(path.read_bytes())

    def keep(self, name):
        """A picture for people; its path."""
        path = self.pictures / f"{name}.png"
        self.qmp("screendump", filename=str(path), format="png")
        return path

    def end(self):
        try:
            self.agent.write(json.dumps({"script": "echo o >/proc/sysrq-trigger", "timeout": 5}).encode() + b"\n")
            self.process.wait(15)
        except (OSError, subprocess.TimeoutExpired):
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)
