"""A closure as an instance's root: real derivations in a real store, and a real sandbox that sees nothing else."""

import os
import subprocess

import nixtool

nixtool.require(bash=True)
from supervisor import BACKEND, command_of, descendants, run_tests, wait_until  # noqa: E402

SOURCE, COFFER = os.environ["TEST_SOURCE"], os.environ["TEST_COFFER"]
nix = nixtool.make()
build = nix.build_root


def shown(supervisor, *paths):
    """What show prints in the instance work."""
    before = supervisor.instance_log("work").count("show has ended") if os.path.exists(
        supervisor.path("instances", "work", "log")) else 0
    supervisor.run("work", "show", *paths).check()
    wait_until(lambda: supervisor.instance_log("work").count("show has ended") > before, "the end of show")
    return supervisor.instance_log("work")


def without_mtab(text):
    """A container has that link in /etc besides."""
    return text.replace(" mtab ", " ") if BACKEND == "podman" else text


def test_store_paths_are_listed(make):
    bare = build("bare")
    listed = open(f"{bare}/store-paths").read().splitlines()
    assert listed == sorted([build("library"), build("tool")]), listed
    closure = nix.run("nix-store", "--query", "--requisites", bare).splitlines()
    assert sorted(closure) == sorted([*listed, bare]), "Nix knows of other paths than the list does"


def test_two_packages_share_what_they_need(make):
    pair, library = build("pair"), build("library")
    listed = open(f"{pair}/store-paths").read().splitlines()
    assert listed == sorted([build("both"), library, build("other"), build("tool")]), listed
    supervisor = make(f"instance work {{\n\troot closure {pair}\n}}\n")
    log = shown(supervisor, f"{build('tool')}/share/library")
    assert f"{library}\n" in log, log
    supervisor.run("work", "other", f"{build('other')}/library/text").check()
    wait_until(lambda: "library 1\n" in supervisor.instance_log("work"), "the library, by way of the other")
    tree = sandbox_tree(supervisor)
    assert sorted(tree["store"]) == sorted(os.path.basename(path) for path in (pair, *listed)), tree


def instance(more):
    """A root as nix/instance.nix makes it, of tests/nix/nixpkgs."""
    nix.environment.update(COFFER_TEST_SHELL=nixtool.BASH, COFFER_TEST_SHOW=os.environ["TEST_STATIC"])
    return nix.build(f"let pkgs = import {SOURCE}/tests/nix/nixpkgs {{ }}; in import {SOURCE}/nix/instance.nix"
                     f' {{ inherit pkgs; name = "work"; packages = [ pkgs.foot ]; shell = pkgs.bash; {more} }}')


def test_fonts_icons_and_certificates_are_declared(make):
    root = instance("fonts = [ pkgs.dejavu_fonts pkgs.hello ]; etc.greeting = pkgs.hello;")
    supervisor = make(f"instance work {{\n\troot closure {root}\n}}\n")
    output = supervisor.output_of("work", "foot /etc/fonts/fonts.conf /etc/ssl/certs/ca-certificates.crt "
                                  "/etc/ssl/certs/ca-bundle.crt $XDG_DATA_DIRS/icons/text; echo $XCURSOR_PATH; cd /etc; echo *; "
                                  "echo greeting/bin/* zoneinfo/*")
    fonts, *rest = output.splitlines()
    assert [os.path.basename(path).split("-", 1)[1] for path in fonts.split()] == ["dejavu", "hello"], output
    assert rest[:4] == ["cacert", "cacert", "icons", f"{root}/sw/share/icons"], output
    assert without_mtab(rest[4]).split() == ["dbus-1", "fonts", "greeting", "group", "hostname", "hosts", "machine-id", "nsswitch.conf",
                               "passwd", "ssl", "zoneinfo"], output
    assert rest[5] == "greeting/bin/hello zoneinfo/text", output


def test_what_is_not_declared_is_not_there(make):
    root = instance("fonts = [ ]; icons = [ ]; certificates = null; dbus = false;")
    supervisor = make(f"instance work {{\n\troot closure {root}\n}}\n")
    output = supervisor.output_of("work", "cd /etc; echo *; cd $XDG_DATA_DIRS && echo *")
    assert without_mtab(output.splitlines()[0]).split() == ["group", "hostname", "hosts", "machine-id", "nsswitch.conf", "passwd", "zoneinfo"], output
    listed = open(f"{root}/store-paths").read()
    for name in ("-dejavu\n", "-icons\n", "-cacert\n", "-dbus-1\n"):
        assert name not in listed, listed


def test_sees_its_closure_alone(make):
    bare, library, secret = build("bare"), build("library"), build("secret")
    supervisor = make(f"instance work {{\n\troot closure {bare}\n}}\n")
    log = shown(supervisor, f"{library}/text", f"{secret}/text", "/usr/bin/env", "/bin/sh", "/etc/hostname", "/etc/fonts",
                "/etc/os-release", f"{bare}/store-paths")
    for wanted in ("library 1\n", f"{secret}/text: No such file", "/usr/bin/env: No such file", "/bin/sh: No such file",
                   "work\n", "/etc/fonts: No such file", "/etc/os-release: No such file"):
        assert wanted in log, (wanted, log)
    # The whole of the store and of /, as the sandbox has it.
    tree = sandbox_tree(supervisor)
    assert sorted(tree["store"]) == sorted(os.path.basename(path) for path in (bare, library, build("tool"))), tree
    assert "usr" not in tree["root"] and "bin" not in tree["root"] and "lib" not in tree["root"], tree
    answer = supervisor.run("work", "sh", "-c", "true")
    assert answer.code == 11 and "command not found" in answer.text, answer.text


def sandbox_tree(supervisor):
    """What lies in / and in the store of the instance, seen from outside by way of its processes' root."""
    init = next(pid for pid in descendants(supervisor.process.pid) if command_of(pid) == "coffer-init")
    root = f"/proc/{init}/root"
    return {"root": os.listdir(root), "store": os.listdir(root + str(nix.store))}


def test_shell_and_etc_that_were_asked_for(make):
    shelled, fonts = build("shelled"), build("fonts")
    supervisor = make(f"instance work {{\n\troot closure {shelled}\n}}\n")
    output = supervisor.output_of("work", "echo $PATH; echo $SHELL; show /etc/fonts/fonts.conf; cd /etc; echo *; "
                                  f"echo x >{fonts}/new; echo x >/etc/new; echo {nix.store}/*")
    assert output.startswith(f"{shelled}/sw/bin\n{shelled}/sw/bin/sh\n<fontconfig/>\n"), output
    assert "fonts group hostname hosts machine-id nsswitch.conf passwd" in without_mtab(output), output
    assert output.count("Read-only file system") == 2, output
    assert fonts in output and build("tool") in output and build("secret") not in output, output


def test_apps_are_those_of_its_root(make):
    bare = build("bare")
    supervisor = make(f"instance work {{\n\troot closure {bare}\n\tapp own show /etc/hostname\n}}\n")
    environment = {**nix.environment, "HOME": supervisor.home, "XDG_RUNTIME_DIR": supervisor.runtime,
                   "XDG_STATE_HOME": supervisor.state, "PATH": f"{os.path.dirname(COFFER)}:{os.environ['PATH']}"}

    def run(*words):
        return subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, check=True).stdout

    assert [line.split() for line in run(COFFER, "apps", "work").splitlines()[1:]] == [
        ["work", "own", "own"], ["work", "show.desktop", "Show"]]
    run(COFFER, "run", "work", "show.desktop")
    wait_until(lambda: "show has ended" in supervisor.instance_log("work"), "the end of show")
    # And by the menu, with a chooser that always takes the first.
    run(f"{SOURCE}/ctl/coffer-menu", "head", "-n", "1")
    wait_until(lambda: supervisor.instance_log("work").count("show has ended") == 2, "the end of show")
    assert "\nwork\n" in supervisor.instance_log("work")


def test_bad_roots_start_nothing(make):
    supervisor = make(f"instance work {{\n\troot closure {build('secret')}\n}}\n")
    answer = supervisor.run("work", "show")
    assert answer.code == 11 and "store-paths: No such file" in answer.text, answer.text
    supervisor.write_config(f"instance work {{\n\troot closure {nix.top}/none\n}}\n")
    supervisor.ask("reload").check()
    answer = supervisor.run("work", "show")
    assert answer.code == 11 and "build it first" in answer.text, answer.text


run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
