"""Network nat: a way out, and none to this machine."""

import os
import re
import select
import signal
import socket
import subprocess
import time

from supervisor import BACKEND, Skip, command_of, descendants, is_alive, run_tests, wait_until

NAT = "instance work {\n\tnetwork nat\n}\n"


def find(supervisor, command):
    return [pid for pid in descendants(supervisor.process.pid) if command_of(pid).startswith(command)]


def need_tun():
    """pasta makes its interface by this device."""
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise Skip("this user may not open /dev/net/tun")


def host_addresses():
    """Every address of this machine but those of its loopback."""
    text = subprocess.run(["ip", "-o", "addr"], capture_output=True, text=True, check=True).stdout
    return [address for address in re.findall(r"inet6? ([0-9a-f.:]+)", text)
        if address != "::1" and not address.startswith(("127.", "fe80"))]


def gateways():
    text = subprocess.run("ip route; ip -6 route", shell=True, capture_output=True, text=True, check=True).stdout
    return re.findall(r"default via ([0-9a-f.:]+)", text)


def test_has_a_network_of_its_own(make):
    need_tun()
    supervisor = make(NAT)
    names = supervisor.output_of("work", "tail -n +3 /proc/net/dev | cut -d: -f1").split()
    assert len(names) == 2 and "lo" in names, names
    assert os.readlink("/proc/self/ns/net") not in supervisor.output_of("work", "readlink /proc/self/ns/net")
    routes = supervisor.output_of("work", "ip route 2>&1")
    assert "default" in routes, routes
    assert supervisor.output_of("work", "cat /etc/resolv.conf") == "nameserver 169.254.1.1\n"


def listen(host, family=socket.AF_INET):
    """A server on a port that programs are given by name: those that are handed out, pasta never forwards."""
    for port in range(20000 + os.getpid() % 1000, 32000):
        try:
            return socket.create_server((host, port), family=family)
        except OSError:
            continue
    raise Skip("no port is free")


def test_loopback_of_the_host_is_closed(make):
    """By none of the names that it might have: its own, the gateway's, the resolver's, this machine's addresses."""
    need_tun()
    with listen("127.0.0.1") as server, listen("::1", socket.AF_INET6) as server6:
        supervisor = make(NAT)
        ports = (server.getsockname()[1], server6.getsockname()[1])
        addresses = ["127.0.0.1", "127.0.0.2", "::1", "169.254.1.1", "localhost", "0.0.0.0", *gateways(), *host_addresses()]
        for address in addresses:
            for port in ports:
                output = supervisor.output_of("work", "python3 -c 'import socket, sys; "
                    f"socket.create_connection((\"{address}\", {port}), 1)' 2>&1; echo tried")
                assert output.endswith("tried\n"), output
                # Some other machine may answer to such an address. Ours must not have.
                assert not came_in(server) and not came_in(server6), f"{address} {port}"


def came_in(server):
    return bool(select.select([server], [], [], 0)[0])


def test_nothing_comes_in(make):
    """What the instance listens on is not there on this side."""
    need_tun()
    supervisor = make(NAT)
    with listen("127.0.0.1") as free:
        port = free.getsockname()[1]
    supervisor.run("work", "python3", "-c", f"import socket, time; s = socket.create_server(('0.0.0.0', {port})); "
        "print('listening', flush=True); time.sleep(60)").check()
    wait_until(lambda: "listening\n" in supervisor.instance_log("work"), "the instance's server")
    # pasta would look for new ports once a second: what is not there after three is not to come.
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            raise AssertionError("a port of the instance is open on the host")


def test_no_right_over_the_network(make):
    need_tun()
    supervisor = make(NAT)
    output = supervisor.output_of("work", "ip link set lo down; ip addr add 10.0.0.1/8 dev lo; unshare -Urn true; nsenter -t 1 -n true")
    assert output.count("ermitted") + output.count("denied") >= 4, output


def test_nothing_is_left_of_it(make):
    need_tun()
    supervisor = make(NAT)
    supervisor.run("work", "sleep", "1000").check()
    pastas = find(supervisor, "pasta")
    assert len(pastas) == 1, pastas
    supervisor.ask("stop", "work").check()
    wait_until(lambda: not is_alive(pastas[0]), "the end of pasta")
    wait_until(lambda: descendants(supervisor.process.pid) == [supervisor.compositor.pid], "nothing is left")
    assert sorted(os.listdir(supervisor.path("instances", "work"))) == ["log", "wayland-0"]


def test_two_have_nothing_in_common(make):
    need_tun()
    supervisor = make(NAT + "instance other {\n\tnetwork nat\n}\n")
    supervisor.run("other", "python3", "-c",
        "import socket, time; s = socket.create_server(('0.0.0.0', 9909)); "
        "print('listening', flush=True); time.sleep(60)").check()
    wait_until(lambda: "listening\n" in supervisor.instance_log("other"), "the other's server")
    address = supervisor.output_of("other", "ip -4 -o addr show scope global | head -1 | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1").strip()
    for target in ("127.0.0.1", address):
        output = supervisor.output_of("work", "python3 -c 'import socket; "
            f"socket.create_connection((\"{target}\", 9909), 1); print(\"connected\")' 2>&1 | tail -1")
        assert "refused" in output, output


def test_end_of_pasta_is_the_end(make):
    """An instance that was to have a network does not go on without, and not with another's either."""
    need_tun()
    supervisor = make(NAT)
    supervisor.run("work", "sleep", "1000").check()
    os.kill(find(supervisor, "pasta")[0], signal.SIGKILL)
    supervisor.compositor.expect_state("work", "failed")
    assert "pasta has ended" in supervisor.ps()["work"]["reason"]
    supervisor.run("work", "true").check()


def make_tools(supervisor):
    """A directory for PATH, in which there is what sandboxes need and no pasta."""
    tools = os.path.join(supervisor.directory, "bin")
    os.mkdir(tools)
    for name in ("bwrap", "podman", "conmon", "crun") if BACKEND == "podman" else ("bwrap",):
        os.symlink(f"/usr/bin/{name}", os.path.join(tools, name))
    return tools


def test_no_pasta_no_start(make):
    """Fails closed: without pasta there is no sandbox, rather than one with the host's network."""
    supervisor = make(NAT, start=False)
    tools = make_tools(supervisor)
    supervisor.environment["PATH"] = tools
    supervisor.start()
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "network nat needs pasta" in answer.text, answer.text
    assert descendants(supervisor.process.pid) == [supervisor.compositor.pid]
    os.unlink(os.path.join(tools, "bwrap"))
    supervisor.write_config("instance work {\n}\n")
    supervisor.ask("reload").check()
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "needs bwrap" in answer.text, answer.text
    with open(os.path.join(tools, "pasta"), "w") as file:
        file.write("#!/bin/sh\necho no tap device today >&2\nexit 1\n")
    os.chmod(os.path.join(tools, "pasta"), 0o700)
    supervisor.write_config(NAT)
    supervisor.ask("reload").check()
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "network: pasta failed: no tap device today" in answer.text, answer.text


def test_stop_while_it_is_being_made(make):
    supervisor = make(NAT, start=False)
    tools = make_tools(supervisor)
    with open(os.path.join(tools, "pasta"), "w") as file:
        file.write("#!/bin/sh\nexec /usr/bin/sleep 1000\n")
    os.chmod(os.path.join(tools, "pasta"), 0o700)
    supervisor.environment["PATH"] = tools
    supervisor.start()
    from threading import Thread
    answers = []
    thread = Thread(target=lambda: answers.append(supervisor.run("work", "true")))
    thread.start()
    supervisor.compositor.expect_state("work", "preparing")
    wait_until(lambda: find(supervisor, "sleep"), "the network's making")
    supervisor.ask("stop", "work").check()
    thread.join()
    assert answers[0].code == 11 and "it was stopped" in answers[0].text, answers[0].text
    wait_until(lambda: descendants(supervisor.process.pid) == [supervisor.compositor.pid], "nothing is left")


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
