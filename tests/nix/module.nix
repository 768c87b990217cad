# The NixOS module against nixpkgs' lib alone: the parts of NixOS and of nixpkgs that it touches are stood in for. With
# the whole of nixpkgs nothing is: then each of these is a machine that could be built.
{ lib, source, nixpkgs ? null, pages ? [ ] }:
let
  inherit (lib) mkOption types;
  thing = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; };
  any = default: mkOption { type = types.anything; inherit default; };
  many = mkOption { type = types.listOf types.anything; default = [ ]; };

  pkgs = {
    inherit lib;
    stdenv.hostPlatform.system = "x86_64-linux";
    runtimeShell = "/bin/sh";
    linkFarm = name: entries: thing name;
    makeFontsConf = { fontDirectories }: thing "fonts.conf";
    buildEnv = { name, paths, ... }: derivation { inherit name paths; system = "x86_64-linux"; builder = "/bin/sh"; };
    runCommand = name: more: script: derivation { inherit name; inherit (more) text; system = "x86_64-linux"; builder = "/bin/sh"; };
    callPackage = path: more: thing "cofferdam";
  } // lib.genAttrs [ "coreutils" "dejavu_fonts" "adwaita-icon-theme" "cacert" "mesa" "tzdata" "dbus" "bash" "foot" "waypipe" "podman" "conmon" "crun"
    "qemu_kvm" "vhost-device-vsock" "virtiofsd" ] thing;

  nixos = {
    options = {
      assertions = many;
      environment.etc = any { };
      environment.systemPackages = many;
      services.displayManager.sessionPackages = many;
      hardware.graphics = {
        enable = mkOption { type = types.bool; default = false; };
        package = any (thing "drivers");
        extraPackages = many;
      };
      fonts.packages = many;
      system.userActivationScripts = any { };
      nix.package = any (thing "nix");
      nix.channel.enable = mkOption { type = types.bool; default = true; };
      users.mutableUsers = mkOption { type = types.bool; default = true; };
      users.users = mkOption {
        default = { };
        type = types.attrsOf (types.submodule ({ name, ... }: {
          options = {
            home = mkOption { type = types.str; default = "/home/${name}"; };
            isNormalUser = mkOption { type = types.bool; default = false; };
            uid = mkOption { type = types.nullOr types.int; default = null; };
            group = mkOption { type = types.str; default = "users"; };
            extraGroups = mkOption { type = types.listOf types.str; default = [ ]; };
            hashedPassword = mkOption { type = types.nullOr types.str; default = null; };
            hashedPasswordFile = mkOption { type = types.nullOr types.str; default = null; };
          };
        }));
      };
      fileSystems = mkOption {
        default = { };
        type = types.attrsOf (types.submodule {
          options = {
            device = mkOption { type = types.nullOr types.str; default = null; };
            fsType = mkOption { type = types.str; default = "auto"; };
            options = mkOption { type = types.listOf types.str; default = [ ]; };
            neededForBoot = mkOption { type = types.bool; default = false; };
            noCheck = mkOption { type = types.bool; default = false; };
          };
        });
      };
      swapDevices = mkOption {
        default = [ ];
        type = types.listOf (types.submodule {
          options.device = mkOption { type = types.str; };
          options.randomEncryption.enable = mkOption { type = types.bool; default = false; };
        });
      };
      systemd.services = any { };
      systemd.tmpfiles.rules = mkOption { type = types.listOf types.str; default = [ ]; };
      boot.tmp.cleanOnBoot = mkOption { type = types.bool; default = false; };
    };
  };

  # What a machine needs besides, of which none but the root file system may be in a page's way.
  machine = {
    boot.loader.grub.enable = false;
    system.stateVersion = lib.trivial.release;
    fileSystems."/" = lib.mapAttrs (_: lib.mkDefault) { device = "/dev/disk/by-label/root"; fsType = "ext4"; };
  };
  module = import (source + "/nix/module.nix") { };
  evaluate = given:
    if nixpkgs == null then lib.evalModules { specialArgs = { inherit pkgs; }; modules = [ nixos module given ]; }
    else import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = "x86_64-linux";
      modules = [ machine module given ];
    };
  failed = evaluated: map (entry: entry.message) (lib.filter (entry: !entry.assertion) evaluated.config.assertions);

  # Nobody is locked out of it, which NixOS looks for.
  root.users.users.root.hashedPassword = "$6$ZiGSOy0Y0dVAqDsb$dO83z6c8EZe4Q6IYGN/xfVs4cBGV/nJI3z7YxNNaTlf.PksyfmKRrLPcvs2YqHz9zPidxf9JKjJVnocawF7rK1";
  on = more: root // { programs.cofferdam = { enable = true; } // more; };
  host = more: lib.recursiveUpdate (lib.recursiveUpdate root {
    programs.cofferdam.enable = true;
    services.cofferdam.ephemeralHost = { enable = true; users = [ "anna" ]; exceptions = [ "/var/lib/bluetooth" ]; };
    users.users.anna = { isNormalUser = true; uid = 1000; inherit (root.users.users.root) hashedPassword; };
    fileSystems = {
      "/nix" = { device = "/dev/sda2"; fsType = "ext4"; };
      "/persist" = { device = "/dev/sda3"; fsType = "ext4"; neededForBoot = true; };
      "/boot" = { device = "/dev/sda1"; fsType = "vfat"; };
    };
  }) more;

  # Every option of the tables, with its description: that these can be written is all of the test.
  documented = lib.optionAttrSetToDocList { inherit ((evaluate { }).options) programs services; };

  full = import ./full.nix;
in
{
  text = (evaluate (on (full // {
    instances = full.instances // {
      mail = { packages = [ pkgs.foot ]; shell = pkgs.bash; color = "#c12408"; etc.motd = pkgs.bash; apps.terminal = "foot"; };
    };
  }))).config.programs.cofferdam.file.text;
  roots = (evaluate (on { instances.mail = { }; instances.old.root = "/srv/old"; })).config.system.userActivationScripts.cofferdam;
  problems = lib.mapAttrs (_: module: failed (evaluate module)) {
    none = on { instances.a = { color = "#000000"; }; };
    colors = on { instances.a.color = "#aabbcc"; instances.b.color = "#AABBCC"; };
    names = on { instances.Work = { }; };
    starts = on { instances.a.start = [ "x" ]; };
    lines = on { instances.a.apps.x = [ "a\nb" ]; };
    host = host { };
    shadow = host { users.users.anna.hashedPassword = null; };
    number = host { users.users.anna.uid = null; };
    swap = host { swapDevices = [ { device = "/dev/sda4"; } { device = "/dev/sda5"; randomEncryption.enable = true; } ]; };
    usr = on { instances.a.root = "host"; };
    named = { imports = [ root ./named.nix ]; };
    nobody = host { services.cofferdam.ephemeralHost.users = [ ]; };
    store = let whole = host { }; in whole // { fileSystems = removeAttrs whole.fileSystems [ "/nix" ]; };
    late = host { fileSystems."/persist".neededForBoot = false; };
    more = host { fileSystems."/srv".fsType = "ext4"; };
    home = host { services.cofferdam.ephemeralHost.exceptions = [ "/home/anna" ]; };
    etc = host { services.cofferdam.ephemeralHost.exceptions = [ "/etc" ]; };
    dots = host { services.cofferdam.ephemeralHost.exceptions = [ "/srv/../etc" ]; };
    mutable = host { users.mutableUsers = lib.mkForce true; };
    channel = host { nix.channel.enable = lib.mkForce true; };
    desktop = host { programs.cofferdam.enable = false; };
  };
  # Which of what the backends need the machine gets, and which the instances.
  backends =
    let
      config = (evaluate (on { instances = { a = { }; b.backend = "podman"; c.backend = "vm"; }; })).config;
      names = map lib.getName;
      few = packages: lib.intersectLists (names packages) (names [ pkgs.podman pkgs.conmon pkgs.crun pkgs.qemu_kvm pkgs.vhost-device-vsock pkgs.virtiofsd pkgs.waypipe ]);
    in
    {
      machine = few config.environment.systemPackages;
      plain = few (evaluate (on { instances.a = { }; })).config.environment.systemPackages;
      inside = lib.mapAttrs (_: root: few root.environment.paths) config.programs.cofferdam.roots;
    };
  host = let config = (evaluate (host { })).config; in {
    root = config.fileSystems."/";
    exception = config.fileSystems."/var/lib/bluetooth";
    rules = config.systemd.tmpfiles.rules;
    inherit (config.users) mutableUsers;
  };
  options = map (option: { inherit (option) name description; }) (lib.filter (option: lib.hasPrefix "programs.cofferdam." option.name) documented);
  # Modules that stand in a page of doc/.
  pages = map (page: let evaluated = evaluate page; in {
    problems = failed evaluated;
    text = evaluated.config.programs.cofferdam.file.text;
    toplevel = if nixpkgs == null then null else evaluated.config.system.build.toplevel.drvPath;
  }) pages;
  # For those whose message is nixpkgs' own: a test evaluates each by itself.
  refused = lib.mapAttrs (_: module: (evaluate module).config.programs.cofferdam.file.text) {
    backend = on { instances.a.backend = "docker"; };
    colour = on { instances.a.colour = "#000000"; };
    color = on { instances.a.color = "blue"; };
    number = on { clipboard.expire = 4000; };
  };
}
