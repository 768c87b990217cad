# Cofferdam as a package: callPackage it with a nixpkgs that has wlroots 0.20.
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
  glibc,
  libinput,
  libpng,
  libscfg,
  libseccomp,
  libxkbcommon,
  pango,
  passt,
  pixman,
  wayland,
  wayland-protocols,
  wlroots_0_20,
}:
stdenv.mkDerivation {
  pname = "cofferdam";
  version = "0.1.0";

  src = lib.cleanSourceWith {
    src = ../.;
    filter = path: type: !(lib.hasPrefix "build" (baseNameOf path) && type == "directory");
  };

  strictDeps = true;
  nativeBuildInputs = [ makeWrapper meson ninja pkg-config python3 scdoc wayland-scanner ];
  # glibc.static: coffer-init runs in any root, so it brings all that it needs.
  buildInputs = [
    cairo cmocka glibc.static libinput libpng libscfg libseccomp libxkbcommon pango pixman wayland wayland-protocols
    wlroots_0_20
  ];
  mesonFlags = [ "-Dwerror=false" ];
  postPatch = "patchShebangs tests";

  # The tests of single files; those with a desktop and sandboxes of their own need user namespaces.
  doCheck = true;
  nativeCheckInputs = [ python3 dbus ];
  checkPhase = ''
    runHook preCheck
    meson test --no-rebuild --print-errorlogs --suite unit
    runHook postCheck
  '';

  # What the supervisor starts: see README.md.
  postInstall = ''
    wrapProgram $out/bin/cofferdam --prefix PATH : ${lib.makeBinPath [ bubblewrap passt ]}
  '';

  passthru.providedSessions = [ "cofferdam" ];

  meta = {
    description = "A desktop that keeps applications apart, and an isolating Wayland compositor";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "cofferdam";
  };
}
