#!/usr/bin/env python3
"""nix/text.nix: what it writes is what coffer reads, word for word; what it refuses, it refuses with these words.
Usage: text.py SOURCE COFFER WORDS"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nixtool
from tap import end, result

source, coffer, words = sys.argv[1:4]
TEXT = f"import {source}/nix/text.nix"


def nix_string(text):
    return json.dumps(text, ensure_ascii=False).replace("${", "\\${")


# Each would be something else, were it not quoted, or quoted wrongly.
HOSTILE = [
    "", " ", "a b", "\t", "\"", "'", "\\", "\\\\", "\\\"", "a\"b'c\\d", "{", "}", "{}", "a{", "a}b", "#a", "a #b", ";", "$HOME",
    "`id`", "$(id)", "%s%n", "*", "~", "../..", "-", "--", "ä", "日本", "🦊", "é́", "\\n", "\\u000a", "}\"", "\" }",
    "\"; root \"/\"", "x" * 300, "[ ]", "''", "${x}", "a=b=c", "café}", "||", "&&", ">", "\u00a0",
]
# (settings in Nix, what is said)
REFUSED = [
    ('{ instances.Work = { }; }', "instances.Work: expected a name of 1 to 31 lower-case letters, digits and hyphens"),
    ('{ instances."a\\nb" = { }; }', "holds no line feed"),
    ('{ instances.shell = { }; }', "instances.shell: the name is reserved"),
    ('{ instances.a.colour = "#000000"; }', "instances.a.colour: there is no such option: expected color, "),
    ('{ instances.a.color = "blue"; }', "instances.a.color: expected a colour as #rrggbb, not 'blue'"),
    ('{ instances.a.color = "#aabbcc"; instances.b.color = "#AABBCC"; }',
     "instances.b.color: it is the colour of a: expected another"),
    ('{ instances.a.backend = "docker"; }', "instances.a.backend: expected "),
    ('{ instances.a.network = true; }', "instances.a.network: expected none or nat"),
    ('{ instances.a.allow = [ "everything" ]; }', "instances.a.allow: expected gpu, "),
    ('{ instances.a.persist = ".config"; }', "instances.a.persist: expected a list of words"),
    ('{ instances.a.files."/srv" = "rx"; }', "instances.a.files./srv: expected ro or rw, not 'rx'"),
    ('{ instances.a.apps.x = "sh -c true"; }', 'instances.a.apps.x: expected a list of words, such as ["sh","-c","true"]'),
    ('{ instances.a.apps.x = [ "sh" "-c" "a\\nb" ]; }', "instances.a.apps.x: a word of the config holds no line feed"),
    ('{ instances.a.apps.x = [ "a" "#" ]; }', "instances.a.apps.x: '#' alone cannot stand in the config"),
    ('{ instances.a.apps.x = [ ]; }', "instances.a.apps.x: expected a command"),
    ('{ instances.a.apps."B" = "x"; }', "instances.a.apps.B: expected a name"),
    ('{ instances.a.apps.x = [ "\\u202e" ]; }'.replace("\\u202e", "\u202e"), "invisible"),
    ('{ instances.a.env."A B" = "x"; }', "instances.a.env.A B: expected the name of a variable"),
    ('{ instances.a.env.A = "x\\ny"; }', "instances.a.env.A: a word of the config holds no line feed"),
    ('{ instances.a.start = [ "x" ]; }', "instances.a.start: it has no app 'x'"),
    ('{ instances.a.limits.colours = 3; }', "instances.a.limits.colours: expected clients, "),
    ('{ instances.a.limits.clients = 0; }', "instances.a.limits.clients: expected a whole number from 1 to 1000000, not 0"),
    ('{ instances.a.root = { closures = "/x"; }; }', "instances.a.root: expected host, a path, or { closure = PATH; }"),
    ('{ instances.a = 3; }', "instances.a: expected a set, not 3"),
    ('{ binds."Super+x" = [ "run" "nobody" "x" ]; }', "binds.Super+x: there is no instance 'nobody'"),
    ('{ binds."Super+x" = [ "run" "a" "x" ]; instances.a = { }; }', "binds.Super+x: a has no app 'x'"),
    ('{ binds."Super+x" = "explode"; }', "binds.Super+x: expected an action, run, exec, "),
    ('{ binds."Super+x" = [ "close" "now" ]; }', "binds.Super+x: close: expected nothing after it"),
    ('{ clipboard.rules = [ { action = "deny"; from = "a"; } ]; }', "clipboard.rules: expected { action, from, to }"),
    ('{ clipboard.rules = [ { action = "deny"; from = "a"; to = "*"; } ]; }', "clipboard.rules: there is no instance 'a'"),
    ('{ clipboard.rules = [ { action = "mock"; from = "*"; to = "*"; } ]; }', "clipboard.rules: expected allow, ask or deny"),
    ('{ clipboard.expire = 4000; }', "clipboard.expire: expected a whole number of seconds from 0 to 3600, not 4000"),
    ('{ clipboard.limit = "lots"; }', "clipboard.limit: expected a number of bytes from 1024 to 67108864"),
    ('{ layout.main-ratio = 2; }', "layout.main-ratio: expected a number from 0.1 to 0.9, not 2"),
    ('{ input.mouse.tap = "on"; }', "input.mouse: there is no such option"),
    ('{ outputs.x.enable = "yes"; }', "outputs.x.enable: expected true or false, not 'yes'"),
    ('{ outputs.x.position = [ 1 ]; }', "outputs.x.position: expected two whole numbers"),
    ('{ outputs.x.scale = "huge"; }', "outputs.x.scale: expected a number from 0.5 to 4 or auto, not 'huge'"),
    ('{ shell.exec = "waybar"; }', "shell.exec: expected a list of commands"),
    ('{ gap = 3; }', "gap: there is no such option"),
]

nixtool.require()
with tempfile.TemporaryDirectory() as name:
    top = Path(name)
    nix = nixtool.Nix(top)

    for path in sorted([*Path(source).glob("*.nix"), *Path(source, "nix").rglob("*.nix")]):
        nix.run("nix-instantiate", "--parse", path)
    result(True, "every file of nix/ is Nix")

    # One commit of the release that flake.nix names, and nothing that Nix would have to look up.
    flake = top / "flake"
    flake.mkdir()
    for file in ("flake.nix", "flake.lock"):
        shutil.copy(Path(source, file), flake)
    locked = json.loads(nix.run("nix", "flake", "metadata", "--offline", "--no-update-lock-file", "--json", f"path:{flake}"))
    pin = locked["locks"]["nodes"]["nixpkgs"]
    result(len(pin["locked"]["rev"]) == 40 and pin["locked"]["narHash"].startswith("sha256-"), "the flake is locked", pin)

    def check(text):
        path = top / "config"
        path.write_text(text)
        return subprocess.run([coffer, "check", path], capture_output=True, text=True, timeout=60,
                              env={"LC_ALL": "C.UTF-8", "HOME": "/home/u"})

    # Every option at once.
    full = json.loads(nix.evaluate(
        f"let t = {TEXT}; in {{ text = t.text (import {source}/tests/nix/full.nix);"
        " names = builtins.concatLists (map (b: map (r: { inherit (r) name kind; }) (t.optionsOf b))"
        " [ \"output\" \"keyboard\" \"pointer\" \"shell\" \"clipboard\" \"layout\" \"instance\" ]); }"))
    done = check(full["text"])
    result(done.returncode == 0, "every option at once is a good config", done.stderr + full["text"])
    # A rule's first word is its action; what this version only reserves is left out.
    missing = [row["name"] for row in full["names"] if row["kind"] not in ("lines", "line", "rules", "flag")
               and f"\t{row['name']} " not in full["text"]]
    result(not missing, "every option is among them", missing)
    result(nix.evaluate(f"({TEXT}).text {{ }}") .strip() == '""', "no settings are an empty file")

    # Word for word.
    apps = "".join(f"apps.app{i} = [ {nix_string(word)} \"after\" ];" for i, word in enumerate(HOSTILE) if word)
    env = "".join(f"env.V{i} = {nix_string(word)};" for i, word in enumerate(HOSTILE))
    apps += 'apps.second = [ "x" %s ];' % " ".join(nix_string(word) for word in HOSTILE)
    text = json.loads(nix.evaluate(f"({TEXT}).text {{ instances.a = {{ {apps} {env} persist = [ \"a b\" \"c\\\"d\" ]; }}; }}"))
    done = check(text)
    result(done.returncode == 0, "hostile words are a good config", done.stderr)
    read = json.loads(subprocess.run([words, top / "config"], stdout=subprocess.PIPE, check=True, timeout=60).stdout)["a"]
    expected = {f"app{i}": [word, "after"] for i, word in enumerate(HOSTILE) if word}
    expected["second"] = ["x", *HOSTILE]
    expected["-env"] = [f"V{i}={word}" for i, word in enumerate(HOSTILE)]
    expected["-persist"] = ["a b", "c\"d"]
    read["-env"].sort(key=lambda variable: int(variable[1:].split("=")[0]))
    wrong = [key for key in expected if read.get(key) != expected[key]]
    result(not wrong, "hostile words arrive as they were", [(key, read.get(key), expected[key]) for key in wrong])

    # What is refused, all in one evaluation.
    settings = " ".join(settings for settings, _ in REFUSED)
    problems = json.loads(nix.evaluate(f"map ({TEXT}).problems [ {settings} ]"))
    for (settings, expected), actual in zip(REFUSED, problems):
        result(any(expected in line for line in actual), f"refused: {settings[:60]!r}", f"{actual}, not {expected}")
    said = nix.evaluate(f"({TEXT}).text {{ gap = 3; instances.a.network = 3; }}", code=1)
    result("gap: there is" in said and "instances.a.network: expected" in said, "text throws every problem at once", said)

end()
