# The NixOS module. It writes the config file and builds the instances' roots, and does nothing that a person could
# not do by hand with the same file.
#
# self: from a flake, its package; else null, and ./package.nix is built with the system's nixpkgs.
{ self ? null }:
{ config, lib, options, pkgs, ... }:
let
  inherit (lib) mkEnableOption mkIf mkOption types;
  text = import ./text.nix;
  table = import ./options.nix { inherit lib; };
  cfg = config.programs.cofferdam;

  # ---- roots ----

  rootOf = name: instance: import ./instance.nix {
    inherit pkgs name;
    inherit (instance) packages shell fonts icons certificates dbus etc;
    graphics = if lib.elem "gpu" instance.allow then instance.graphics else null;
    backend = backendOf instance;
  };

  # ---- backends ----

  backendOf = instance: if instance.backend != null then instance.backend else "bubblewrap";

  # What cofferdam starts for an instance of that kind; what bubblewrap needs comes with the package.
  backendPackages = {
    podman = [ pkgs.podman pkgs.conmon pkgs.crun ];
    vm = [ pkgs.qemu_kvm pkgs.vhost-device-vsock pkgs.virtiofsd pkgs.waypipe ];
  };
  backends = lib.unique (map backendOf (lib.attrValues cfg.instances));

  # As the machine itself has them, those of other makers too.
  drivers = pkgs.buildEnv {
    name = "coffer-graphics";
    paths = [ config.hardware.graphics.package ] ++ config.hardware.graphics.extraPackages;
  };

  extra = {
    packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = ''
        Its programs. The instance sees their closure in /nix/store, and nothing else of it. Name a program in `apps` as
        its package's bin/ does, not by a path into the store: a path would not follow `coffer update`.
      '';
    };
    shell = mkOption {
      type = types.nullOr types.package;
      default = null;
      description = "A shell that it has at hand, as /bin/sh too. Without it there is none, unless a package brings one.";
    };
    fonts = mkOption {
      type = types.listOf types.package;
      default = [ pkgs.dejavu_fonts ];
      defaultText = lib.literalExpression "[ pkgs.dejavu_fonts ]";
      description = "The fonts that it sees, as /etc/fonts.";
    };
    icons = mkOption {
      type = types.listOf types.package;
      default = [ pkgs.adwaita-icon-theme ];
      defaultText = lib.literalExpression "[ pkgs.adwaita-icon-theme ]";
      description = "Icon and cursor themes.";
    };
    certificates = mkOption {
      type = types.nullOr types.package;
      default = pkgs.cacert;
      defaultText = lib.literalExpression "pkgs.cacert";
      description = "The certificate authorities that it trusts, as /etc/ssl/certs; null for none.";
    };
    dbus = mkOption {
      type = types.bool;
      default = true;
      description = "A session bus of its own, which GTK and Qt programs want.";
    };
    graphics = mkOption {
      type = types.nullOr types.package;
      default = drivers;
      defaultText = lib.literalMD "those of `hardware.graphics`";
      description = "The GPU's drivers, as /run/opengl-driver, where `allow` has gpu; null for none.";
    };
    etc = mkOption {
      type = types.attrsOf types.path;
      default = { };
      description = "Further entries of its /etc, by name.";
    };
  };

  # ---- the file ----

  # Of an instance, what the config has a directive for. Its root is what was built, unless the person says another.
  settingsOf = name: instance:
    lib.filterAttrs (_: value: value != null) (removeAttrs instance (lib.attrNames extra))
    // { root = if instance.root != null then instance.root else { closure = "${cfg.roots.${name}}"; }; };
  settings = removeAttrs cfg [ "enable" "package" "roots" "file" ]
    // { instances = lib.mapAttrs settingsOf cfg.instances; };
  # Each is said in words of its own before anything is built; what is left, coffer check finds.
  problems = text.problems (settings // {
    instances = lib.mapAttrs (name: instance: settingsOf name (instance // { root = "host"; })) cfg.instances;
  }) ++ lib.mapAttrsToList
    (name: _: "instances.${name}.root: this machine has no programs in /usr, which host means: expected packages, or a path")
    (lib.filterAttrs (_: instance: instance.root == "host") cfg.instances);

  # A module that stands in no file of its own has a name in the place of it.
  filesOf = option: lib.filter (lib.hasPrefix "/") (map toString option.files or [ ]);
  # With the files that it was said in: a problem begins with the option's name.
  whereOf = problem:
    let
      name = builtins.head (builtins.match "([^.:]*).*" problem);
      files = filesOf (options.programs.cofferdam.${name} or { });
    in
    lib.optionalString (files != [ ]) " (in ${lib.concatStringsSep ", " files})";

  file = pkgs.runCommand "cofferdam-config"
    { text = text.text settings; passAsFile = [ "text" ]; nativeBuildInputs = [ cfg.package ]; }
    ''
      cp "$textPath" "$out"
      HOME=/homeless coffer check "$out"
    '';

  block = let directives = table.block "instance"; in directives // extra // {
    root = directives.root // {
      description = ''
        Where its programs come from, where not from `packages`: the path of a directory tree with a system in it, or
        { closure = PATH; } for a root that nix/root.nix has made. In the config: `root`; see cofferdam-config(5).
        Without it: what is built from `packages`.
      '';
    };
  };

  instances = (table.block "top").instances // {
    type = types.attrsOf (types.submodule { options = block; });
    example = lib.literalExpression ''
      {
        work = {
          packages = [ pkgs.foot pkgs.thunderbird ];
          apps.terminal = "foot";
          apps.mail = [ "thunderbird" "--mail" ];
          network = "nat";
          persist = [ ".thunderbird" ];
          color = "#1775fd";
        };
      }
    '';
  };
in
{
  imports = [ ./ephemeral.nix ];

  options.programs.cofferdam = table.block "top" // {
    enable = mkEnableOption "Cofferdam, a desktop that keeps applications apart";
    package = mkOption {
      type = types.package;
      default = if self != null then self.packages.${pkgs.stdenv.hostPlatform.system}.default else pkgs.callPackage ./package.nix { };
      defaultText = lib.literalMD "that of the flake";
      description = "The package to use.";
    };
    inherit instances;
    roots = mkOption {
      type = types.attrsOf types.package;
      readOnly = true;
      default = lib.mapAttrs rootOf cfg.instances;
      defaultText = lib.literalMD "built from `instances`";
      description = "The instances' roots. `coffer update NAME` moves an instance to the one that the config names.";
    };
    file = mkOption {
      type = types.package;
      readOnly = true;
      default = file;
      defaultText = lib.literalMD "written from the other options";
      description = "The config file, which coffer check has passed. A person's own ~/.config/cofferdam/config comes before it.";
    };
  };

  config = mkIf cfg.enable {
    assertions = map (problem: { assertion = false; message = "programs.cofferdam.${problem}${whereOf problem}"; }) problems;
    environment.etc."xdg/cofferdam/config".source = cfg.file;
    environment.systemPackages = [ cfg.package ] ++ lib.concatMap (backend: backendPackages.${backend} or [ ]) backends;
    services.displayManager.sessionPackages = [ cfg.package ];
    hardware.graphics.enable = lib.mkDefault true;
    fonts.packages = [ pkgs.dejavu_fonts ];

    # The first generation of each instance, so that from then on none changes but by coffer update. One that leads
    # nowhere is another machine's.
    system.userActivationScripts.cofferdam = lib.concatStrings (lib.mapAttrsToList
      (name: _: ''
        profile="''${XDG_STATE_HOME:-$HOME/.local/state}/nix/profiles/cofferdam-${name}"
        if [ "$(id -u)" != 0 ] && [ ! -e "$profile" ]; then
          mkdir -p "''${profile%/*}"
          ${config.nix.package}/bin/nix-env --profile "$profile" --set ${cfg.roots.${name}}
        fi
      '')
      (lib.filterAttrs (_: instance: instance.root == null) cfg.instances));
  };
}
