"""coffer update, rollback and generations: an instance changes at its next start, and only when it is told to."""

import json
import os
import subprocess

import nixtool

nixtool.require(bash=True)
from supervisor import run_tests, wait_until  # noqa: E402

COFFER = os.environ["TEST_COFFER"]
nix = nixtool.make()


def build(version, attribute="shelled"):
    return nix.build_root(attribute, version)


def coffer(supervisor, *words, code=0):
    done = subprocess.run([COFFER, *words], capture_output=True, text=True, timeout=nixtool.PATIENCE, env={
        **nix.environment, "HOME": supervisor.home, "XDG_RUNTIME_DIR": supervisor.runtime, "XDG_STATE_HOME": supervisor.state})
    assert done.returncode == code, f"coffer {words} ended with {done.returncode}: {done.stdout}{done.stderr}"
    return (done.stdout if code == 0 else done.stderr).rstrip("\n")


def offer(supervisor, root):
    supervisor.write_config(f"instance work {{\n\troot closure {root}\n}}\ninstance other {{\n\troot closure {root}\n}}\n"
                            "instance plain {\n}\n")
    supervisor.ask("reload").check()


def root_of(supervisor, name="work"):
    """Of the instance as it starts now."""
    path = supervisor.output_of(name, "echo $PATH").strip()
    supervisor.ask("stop", name).check()
    return path.removesuffix("/sw/bin")


def generations(supervisor, name="work"):
    return [(entry["number"], entry["path"], entry["current"])
            for entry in json.loads(coffer(supervisor, "generations", name, "--json"))]


def test_changes_when_told(make):
    first, second, third = (build(version) for version in "123")
    assert len({first, second, third}) == 3
    supervisor = make("")
    offer(supervisor, first)
    assert generations(supervisor) == []
    assert "no generations yet" in coffer(supervisor, "generations", "work")
    assert root_of(supervisor) == first
    # Without a generation, it follows the config.
    offer(supervisor, second)
    assert root_of(supervisor) == second
    offer(supervisor, first)

    assert coffer(supervisor, "update", "work") == "work: generation 1, from its next start on"
    assert generations(supervisor) == [(1, first, True)]
    assert "nothing to do" in coffer(supervisor, "update", "work")
    # With one, it does not, until it is told to; and what runs stays as it is.
    offer(supervisor, second)
    assert supervisor.output_of("work", "echo $PATH") == f"{first}/sw/bin\n"
    assert coffer(supervisor, "update", "work") == "work: generation 2, from its next start on"
    assert supervisor.output_of("work", "echo $PATH") == f"{first}/sw/bin\n"
    supervisor.ask("stop", "work").check()
    assert root_of(supervisor) == second

    assert coffer(supervisor, "rollback", "work") == "work: generation 1, from its next start on"
    assert root_of(supervisor) == first
    assert generations(supervisor) == [(1, first, True), (2, second, False)]
    assert "no generation before" in coffer(supervisor, "rollback", "work", code=1)
    offer(supervisor, third)
    assert root_of(supervisor) == first
    coffer(supervisor, "update", "work")
    assert generations(supervisor) == [(1, first, False), (2, second, False), (3, third, True)]
    assert "current" in coffer(supervisor, "generations", "work").splitlines()[3]


def test_each_by_itself(make):
    first, second = build("1"), build("2")
    supervisor = make("")
    offer(supervisor, first)
    coffer(supervisor, "update", "work")
    coffer(supervisor, "update", "other")
    assert supervisor.output_of("other", "echo mine >/tmp/mark; echo $PATH") == f"{first}/sw/bin\n"
    profile = f"{supervisor.state}/nix/profiles/cofferdam-other"
    before = os.lstat(profile)

    offer(supervisor, second)
    for command, expected in (("update", second), ("rollback", first)):
        coffer(supervisor, command, "work")
        assert root_of(supervisor) == expected
        now = os.lstat(profile)
        assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "the other's profile was written"
        assert generations(supervisor, "other") == [(1, first, True)]
        assert supervisor.output_of("other", "read mark </tmp/mark; echo $mark; echo $PATH") == f"mine\n{first}/sw/bin\n"
    supervisor.ask("stop", "other").check()
    assert root_of(supervisor, "other") == first


def collect_garbage():
    """Looks into every process of the machine, and fails where one has what it cannot read: then it is tried again."""
    def is_done():
        try:
            nix.run("nix-store", "--gc")
            return True
        except RuntimeError as error:
            if "/proc/" not in str(error):
                raise
            return False
    wait_until(is_done, "the garbage was not collected", 60)


def test_garbage_is_what_no_generation_needs(make):
    first, second, other = (build(version) for version in "456")
    supervisor = make("")
    for root in (first, second):
        offer(supervisor, root)
        coffer(supervisor, "update", "work")
    for link in os.listdir(nix.home):
        os.unlink(nix.home / link)
    collect_garbage()
    assert os.path.exists(first) and os.path.exists(second) and not os.path.exists(other)
    coffer(supervisor, "rollback", "work")
    assert root_of(supervisor) == first
    # One whose store path is gone says so, and what to do.
    profile = f"{supervisor.state}/nix/profiles/cofferdam-work"
    nix.run("nix-env", "--profile", profile, "--switch-generation", "2")
    nix.run("nix-env", "--profile", profile, "--delete-generations", "1")
    os.unlink(f"{profile}-2-link")
    os.symlink(other, f"{profile}-2-link")
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "build it first" in answer.text, answer.text


def test_profiles_are_not_shared(make):
    supervisor = make("")
    offer(supervisor, build("1"))
    coffer(supervisor, "update", "work")
    supervisor.write_config(f"instance work {{\n\tfiles {supervisor.state}/nix rw\n}}\n")
    supervisor.ask("reload").check()
    answer = supervisor.run("work", "true")
    assert answer.code == 11 and "what instances start from" in answer.text, answer.text


def test_what_has_none(make):
    supervisor = make("")
    offer(supervisor, f"{nix.top}/none")
    assert "build it first" in coffer(supervisor, "update", "work", code=1)
    offer(supervisor, build("1", "secret"))
    assert "is no instance's root" in coffer(supervisor, "update", "work", code=1)
    assert "its programs come from host" in coffer(supervisor, "update", "plain", code=1)
    assert "there is no instance 'nobody'" in coffer(supervisor, "generations", "nobody", code=4)


run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
