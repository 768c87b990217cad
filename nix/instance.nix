# An instance's root from nixpkgs' packages: what the NixOS module builds for each instance, and what a person builds by
# hand on another system. See doc/nix.md.
{
  pkgs,
  # The instance's name.
  name,
  # What it has at hand, and with it what that needs.
  packages ? [ ],
  # A shell, as /bin/sh too; without it there is none.
  shell ? null,
  # As /etc/fonts.
  fonts ? [ pkgs.dejavu_fonts ],
  # Icon and cursor themes.
  icons ? [ pkgs.adwaita-icon-theme ],
  # The certificate authorities that it trusts, as /etc/ssl/certs; or null.
  certificates ? pkgs.cacert,
  # A session bus of its own.
  dbus ? true,
  # The GPU's drivers, as /run/opengl-driver, where the config says `allow gpu`; or null.
  graphics ? null,
  # Further entries of /etc, by name.
  etc ? { },
  # As the config's `backend`. A virtual machine's windows come out of it by waypipe, which it has to have inside.
  backend ? "bubblewrap",
}:
let
  inherit (pkgs) lib;
  fontsOf = pkgs.linkFarm "coffer-fonts" [
    { name = "fonts.conf"; path = pkgs.makeFontsConf { fontDirectories = fonts; }; }
  ];
  certificatesOf = pkgs.linkFarm "coffer-certificates" [
    { name = "certs/ca-certificates.crt"; path = "${certificates}/etc/ssl/certs/ca-bundle.crt"; }
    { name = "certs/ca-bundle.crt"; path = "${certificates}/etc/ssl/certs/ca-bundle.crt"; }
  ];
in
import ./root.nix {
  name = "coffer-${name}";
  inherit (pkgs.stdenv.hostPlatform) system;
  shell = pkgs.runtimeShell;
  path = "${pkgs.coreutils}/bin";
  environment = pkgs.buildEnv {
    name = "coffer-${name}-environment";
    paths = packages ++ icons ++ lib.optional (shell != null) shell ++ lib.optional dbus pkgs.dbus
      ++ lib.optional (backend == "vm") pkgs.waypipe;
    pathsToLink = [ "/bin" "/etc/xdg" "/lib/gio" "/share" ];
    ignoreCollisions = true;
  };
  etc =
    lib.optionalAttrs (fonts != [ ]) { fonts = fontsOf; }
    // lib.optionalAttrs (certificates != null) { ssl = certificatesOf; }
    // lib.optionalAttrs dbus { dbus-1 = "${pkgs.dbus}/share/dbus-1"; }
    // { zoneinfo = "${pkgs.tzdata}/share/zoneinfo"; }
    // etc;
  inherit graphics;
}
