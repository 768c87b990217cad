"""Real sandboxes: what an instance can see, reach and do, and that nothing of it stays."""

import os

from supervisor import is_alive, run_tests, wait_until

WORK = """
instance work {
	app hello sh -c "echo hello"
}
"""


def test_starts_a_program_and_stops(make):
    supervisor = make(WORK)
    supervisor.run("work", "hello").check()
    assert supervisor.ps()["work"]["state"] == "running"
    wait_until(lambda: "hello\n" in supervisor.instance_log("work"), "the program's output")
    supervisor.ask("stop", "work").check()
    assert supervisor.ps()["work"]["state"] == "stopped"


if __name__ == "__main__":
    run_tests([value for name, value in list(globals().items()) if name.startswith("test_")])
