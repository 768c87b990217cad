# Cofferdam as a package, for callPackage. Needs wlroots 0.20: nixos-26.05 is the first release that has it.
{
  lib,
  stdenv,
  makeWrapper,
  meson,
  ninja,
  pkg-config,
  python3,
  scdoc,
  wayland-scanner,
  bubblewrap,
  cairo,
  cmocka,
  dbus,
  dejavu_fonts,
  glibc,
  gnutar,
  libdrm,
  libinput,
  libpng,
  libscfg,
  libseccomp,
  libxkbcommon,
  makeFontsConf,
  pango,
  passt,
  pixman,
  restic,
  wayland,
  wayland-protocols,
  wlroots_0_20 ? throw "cofferdam: nixpkgs ${lib.version} has no wlroots_0_20: take nixos-26.05 or later",
  zstd,
}:
stdenv.mkDerivation {
  pname = "cofferdam";
  version = "0.1.0";

  src = lib.cleanSourceWith {
    src = ../.;
    filter = path: type: !(lib.hasPrefix "build" (baseNameOf path) && type == "directory");
  };

  strictDeps = true;
  # Where meson finds wayland-scanner and scdoc, which are programs of the machine that builds.
  depsBuildBuild = [ pkg-config ];
  nativeBuildInputs = [ makeWrapper meson ninja pkg-config python3 scdoc wayland-scanner ];
  # glibc.static: coffer-init runs in any root, so it brings all that it needs.
  buildInputs = [
    cairo cmocka glibc.static libdrm libinput libpng libscfg libseccomp libxkbcommon pango pixman wayland wayland-protocols
    wlroots_0_20
  ];
  mesonFlags = [ "-Dwerror=false" ];
  postPatch = "patchShebangs tests";

  # The tests of single files; those with a desktop and sandboxes of their own need user namespaces.
  doCheck = true;
  nativeCheckInputs = [ python3 dbus ];
  # A home that is there, and letters: a builder has neither.
  preCheck = "export HOME=$TMPDIR";
  env.FONTCONFIG_FILE = makeFontsConf { fontDirectories = [ dejavu_fonts ]; };
  checkPhase = ''
    runHook preCheck
    meson test --no-rebuild --print-errorlogs --suite unit
    runHook postCheck
  '';

  # What they start: the supervisor its sandboxes; coffer what writes, reads and unpacks backups. Nix itself and the
  # menu's chooser are the machine's.
  postInstall = ''
    wrapProgram $out/bin/cofferdam --prefix PATH : ${lib.makeBinPath [ bubblewrap passt ]}
    wrapProgram $out/bin/coffer --suffix PATH : ${lib.makeBinPath [ bubblewrap gnutar restic zstd ]}
  '';

  passthru.providedSessions = [ "cofferdam" ];

  meta = {
    description = "A desktop that keeps applications apart, and an isolating Wayland compositor";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "cofferdam";
  };
}
