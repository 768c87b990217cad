# In the place of nixpkgs: as much as nix/instance.nix and doc/nix.md want, of plain derivations that a shell builds.
# COFFER_TEST_SHELL and COFFER_TEST_SHOW name a static shell, and the program of tests/instances/show.c.
{ }:
let
  system = builtins.currentSystem;
  shell = "/bin/sh";
  build = name: script: more: derivation ({
    inherit name system;
    builder = shell;
    PATH = "/usr/bin:/bin";
    args = [ "-eu" "-c" script ];
  } // more);
  file = variable: builtins.path { path = builtins.getEnv variable; name = "program"; };
  program = name: from: build name "mkdir -p $out/bin; cp $from $out/bin/$name; chmod +x $out/bin/*" { inherit from; };
  show = file "COFFER_TEST_SHOW";
  data = name: build name "mkdir -p $out/share/$name $out/etc/ssl/certs; echo $name >$out/share/$name/text; echo $name >$out/etc/ssl/certs/ca-bundle.crt" { };
in
rec {
  lib = {
    optional = condition: value: if condition then [ value ] else [ ];
    optionalAttrs = condition: set: if condition then set else { };
  };
  stdenv.hostPlatform = { inherit system; };
  runtimeShell = shell;
  coreutils = build "coreutils" "mkdir -p $out/bin; for name in ln mkdir sort; do ln -s /usr/bin/$name $out/bin/$name; done" { };

  bash = build "bash" "mkdir -p $out/bin; cp $from $out/bin/bash; ln -s bash $out/bin/sh" { from = file "COFFER_TEST_SHELL"; };
  foot = program "foot" show;
  hello = program "hello" show;
  dejavu_fonts = data "dejavu";
  adwaita-icon-theme = data "icons";
  cacert = data "cacert";
  dbus = data "dbus-1";
  tzdata = data "zoneinfo";

  linkFarm = name: entries: build name ''
    set -- $targets
    for name in $names; do
      mkdir -p "$out/$name" && rmdir "$out/$name"
      ln -s "$1" "$out/$name"
      shift
    done
  '' { names = map (entry: entry.name) entries; targets = map (entry: "${entry.path}") entries; };
  makeFontsConf = { fontDirectories }: build "fonts.conf" "echo \"$fonts\" >$out" { fonts = fontDirectories; };
  buildEnv = { name, paths, pathsToLink, ignoreCollisions }: build name ''
    for path in $paths; do
      for part in $parts; do
        if [ -d "$path$part" ]; then
          mkdir -p "$out$part"
          cp -rsn "$path$part/." "$out$part"
        fi
      done
    done
  '' { inherit paths; parts = pathsToLink; };
}
