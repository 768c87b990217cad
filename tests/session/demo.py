"""The demonstration, as `./dev run` plays it where there is no screen."""

import os
import pathlib

from checks import FACTOR, check_equal, check_in, program
from harness import main
from picture import Picture

STAGES = ["1-two-instances", "2-typed", "3-copied", "4-taken", "5-before", "6-given", "7-pasted", "8-third"]


def play_the_demonstration(case):
    pictures = case.directory / "pictures"
    pictures.mkdir()
    directories = [str(pathlib.Path(program(name)).parent) for name in ("coffer", "cofferdam-demo")
                   if "/" in program(name)]
    session = case.session(
        None, "-c", os.environ["TEST_DEMO_CONFIG"], "-x", "-s", "cofferdam-demo", ready=False,
        environment={"PATH": ":".join([*directories, os.environ["PATH"]]), "COFFERDAM_DEMO_DIR": str(pictures)},
    )
    code = session.wait_end(120 * FACTOR)
    check_equal(code, 0, "the exit status of the demonstration")
    check_in("steps were seen to work", session.log(), "what it says at its end")
    made = sorted(path.stem for path in pictures.glob("*.png"))
    check_equal(made, STAGES, "pictures")
    shown = set()
    for name in made:
        png = (pictures / f"{name}.png").read_bytes()
        check_equal(Picture.size_of_png(png), (1280, 720), f"the size of {name}.png")
        check_in(str(pictures / f"{name}.png"), session.log(), "what it says")
        shown.add(png)
    check_equal(len(shown), len(STAGES), "pictures that differ from all others")


if __name__ == "__main__":
    main(play_the_demonstration)
