# Packages without nixpkgs: two tools that refer to one library, a shell, and a thing that nobody refers to; and the
# roots that are made of them. bash: a static shell; show: tests/instances/show.c; version: changes all hashes.
{ source, bash, show, version ? "1" }:
let
  system = builtins.currentSystem;
  path = "/usr/bin:/bin";
  build = name: script: more: derivation ({
    inherit name system;
    builder = "/bin/sh";
    PATH = path;
    args = [ "-c" script ];
  } // more);
  root = import (source + "/nix/root.nix");
  shell = "/bin/sh";
in
rec {
  library = build "library" "mkdir $out; echo library $version >$out/text" { inherit version; };
  secret = build "secret" "mkdir $out; echo secret >$out/text" { };
  fonts = build "fonts" "mkdir $out; echo '<fontconfig/>' >$out/fonts.conf" { };
  tool = build "tool" ''
    mkdir -p $out/bin $out/share/applications $out/share/icons
    cp ${builtins.path { path = show; name = "show"; }} $out/bin/show
    echo $library >$out/share/library
    printf '[Desktop Entry]\nType=Application\nName=Show\nExec=show %%U\nIcon=show\n' >$out/share/applications/show.desktop
  '' { inherit library; };
  withShell = build "with-shell" ''
    mkdir -p $out/bin
    cp $tool/bin/show $out/bin/show
    cp ${builtins.path { path = bash; name = "bash"; }} $out/bin/sh
    echo $tool >$out/tool
  '' { inherit tool; };

  other = build "other" ''
    mkdir -p $out/bin
    cp ${builtins.path { path = show; name = "show"; }} $out/bin/other
    ln -s $library $out/library
  '' { inherit library; };
  both = build "both" "mkdir -p $out/bin; ln -s $tool/bin/show $other/bin/other $out/bin" { inherit tool other; };

  bare = root { name = "coffer-bare"; inherit system shell path; environment = tool; };
  pair = root { name = "coffer-pair"; inherit system shell path; environment = both; };
  shelled = root { name = "coffer-shelled"; inherit system shell path; environment = withShell; etc = { inherit fonts; }; };
}
