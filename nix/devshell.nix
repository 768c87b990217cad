# A shell in which ./dev finds all that it uses.
{ pkgs }:
let cofferdam = pkgs.callPackage ./package.nix { };
in
pkgs.mkShell {
  inputsFrom = [ cofferdam ];
  packages = with pkgs; [
    bubblewrap passt dbus foot wl-clipboard wtype grim wlrctl wayland-utils netcat-openbsd glib zenity
    nix restic rsync zstd clang-tools gdb git iproute2 mandoc strace
  ];
  # ./dev: use the libraries here, and make no root of Debian's packages.
  COFFERDAM_DEV = "host";
}
