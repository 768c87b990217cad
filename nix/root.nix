# An instance's root: a directory that `root closure PATH` reads (instances/closure.h), with the list of every store
# path that is needed. Plain `derivation`, so that it works without nixpkgs too.
#
#   name          of the derivation
#   system        "x86_64-linux"
#   shell, path   a POSIX shell, and a PATH with ln, mkdir and sort: to build with, and not in the result
#   environment   a store path with bin/, share/ and so on; what the instance has at hand. What it refers to, and
#                 that alone, is found inside besides: no shell, unless this has one
#   etc           store paths by their names in /etc: { fonts = …; ssl = …; }
#   graphics      the GPU's drivers, for instances that may use it, or null
{ name, system, shell, path, environment, etc ? { }, graphics ? null }:
let
  inherit (builtins) attrNames concatLists concatStringsSep genList length elemAt match;
  files = attrNames etc;
  bad = builtins.filter (file: match "[A-Za-z0-9_][A-Za-z0-9_.-]*" file == null) files;
  # exportReferencesGraph wants pairs: a file's name, and the path whose closure is written there.
  parts = [ environment ] ++ map (file: etc.${file}) files ++ (if graphics == null then [ ] else [ graphics ]);
in
if bad != [ ] then throw "cofferdam: etc.\"${builtins.head bad}\" is no name of a file in /etc"
else derivation {
  inherit name system environment;
  builder = shell;
  PATH = path;
  args = [ ./root.sh ];
  exportReferencesGraph = concatLists (genList (i: [ "graph-${toString i}" (elemAt parts i) ]) (length parts));
  graphs = length parts;
  etcNames = concatStringsSep " " files;
  etcPaths = concatStringsSep " " (map (file: "${etc.${file}}") files);
  graphics = if graphics == null then "" else "${graphics}";
  preferLocalBuild = true;
  allowSubstitutes = false;
}
