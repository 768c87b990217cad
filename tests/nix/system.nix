# What the flake gives, evaluated with the whole of nixpkgs and nothing built: each is the path of a derivation.
{ source, nixpkgs }:
let
  inherit (flake.outputs) lib;
  # As a string: nothing of it has to be in a store.
  flake = { outPath = toString nixpkgs; } // import (nixpkgs + "/flake.nix") // {
    outputs = (import (nixpkgs + "/flake.nix")).outputs { self = flake // flake.outputs; };
  };
  self = outputs // { outPath = source; };
  outputs = (import (source + "/flake.nix")).outputs { inherit self; nixpkgs = flake // flake.outputs; };

  pkgs = import nixpkgs { system = "x86_64-linux"; config = { }; overlays = [ ]; };
  paths = lib.mapAttrsRecursiveCond (set: !lib.isDerivation set) (_: thing: thing.drvPath);
  without = name: pkgs.lib.callPackageWith (removeAttrs pkgs [ name ]) (source + "/nix/package.nix") { };
  vm = outputs.checks.x86_64-linux.vm;
in
{
  outputs = paths { inherit (outputs) packages devShells checks; };
  byHand = {
    default = (import (source + "/default.nix") { inherit pkgs; }).drvPath;
    shell = (import (source + "/shell.nix") { inherit pkgs; }).drvPath;
    overlay = (import nixpkgs { system = "x86_64-linux"; config = { }; overlays = [ outputs.overlays.default ]; }).cofferdam.drvPath;
    # An instance's root, as on another distribution; and a machine of the flake's module, as in doc/nix.md.
    root = (import (source + "/nix/instance.nix") {
      inherit pkgs;
      name = "mail";
      packages = [ pkgs.foot ];
      shell = pkgs.bash;
      graphics = pkgs.mesa;
    }).drvPath;
    machine = (lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        outputs.nixosModules.default
        {
          programs.cofferdam = { enable = true; instances = lib.genAttrs [ "work" "home" "vault" ] (_: { allow = [ "gpu" ]; }); };
          # NixOS refuses the name of a session that no package has.
          services.displayManager = { ly.enable = true; defaultSession = "cofferdam"; };
          boot.loader.grub.enable = false;
          fileSystems."/" = { device = "/dev/disk/by-label/root"; fsType = "ext4"; };
          system.stateVersion = lib.trivial.release;
        }
      ];
    }).config.system.build.toplevel.drvPath;
  };
  script = vm.config.testScriptString or (vm.config.testScript { inherit (vm) nodes; });
  old = (without "wlroots_0_20").drvPath;
}
