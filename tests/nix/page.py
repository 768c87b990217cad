"""doc/nix.md, as it is written: its blocks for the shell in turn, with tests/nix/nixpkgs in the place of nixpkgs."""

import os
import pathlib
import sys

import nixtool

nixtool.require(bash=True)
from supervisor import run_tests, wait_until  # noqa: E402

SOURCE = pathlib.Path(os.environ["TEST_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/doc"))
import page as pages  # noqa: E402

nix = nixtool.make()


def test_the_page_works_as_it_is_written(make):
    supervisor = make("", start=False)
    supervisor.config = f"{supervisor.home}/.config/cofferdam/config"
    supervisor.state = f"{supervisor.home}/.local/state"
    del supervisor.environment["XDG_STATE_HOME"]
    os.symlink(SOURCE, f"{supervisor.home}/cofferdam")
    os.mkdir(f"{supervisor.directory}/bin")
    os.symlink(os.environ["TEST_COFFER"], f"{supervisor.directory}/bin/coffer")
    environment = {
        **nix.environment, "HOME": supervisor.home, "XDG_RUNTIME_DIR": supervisor.runtime,
        "PATH": f"{supervisor.directory}/bin:{os.environ['PATH']}", "NIX_PATH": f"nixpkgs={SOURCE}/tests/nix/nixpkgs",
        "COFFER_TEST_SHELL": nixtool.BASH, "COFFER_TEST_SHOW": os.environ["TEST_STATIC"],
    }
    notes = pathlib.Path(supervisor.state, "cofferdam/mail/home/notes")
    output, ran = "", 0
    for kind, text in pages.blocks(SOURCE / "doc/nix.md"):
        if kind == "sh":
            output = pages.run(text, environment, supervisor.home, nixtool.PATIENCE)
            ran += 1
            if "echo $PATH" in text:
                wait_until((notes / "usr").exists, "what the instance has written")
                path = (notes / "path").read_text().strip()
                assert path == os.path.realpath(f"{supervisor.home}/.config/cofferdam/mail-root") + "/sw/bin", path
                root = path.removesuffix("/sw/bin")
                listed = open(f"{root}/store-paths").read()
                assert sorted(os.listdir(f"{root}/etc")) == ["dbus-1", "fonts", "ssl", "zoneinfo"]
                assert "-foot\n" in listed and "-dejavu\n" in listed and "-hello\n" not in listed, listed
        elif kind == "text":
            left = pages.missing(text, output)
            assert not left, f"the page says {left} of: {output}"
        elif text == "$ cofferdam\n":
            supervisor.start()
    assert ran > 6, ran


run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
