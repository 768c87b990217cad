# What the flake gives. nixpkgs and self are its inputs; default.nix and shell.nix use the same parts without a flake.
{ self, nixpkgs, ... }:
let
  systems = [ "x86_64-linux" "aarch64-linux" ];
  forSystems = function: nixpkgs.lib.genAttrs systems (system: function nixpkgs.legacyPackages.${system});
in
{
  packages = forSystems (pkgs: rec {
    cofferdam = pkgs.callPackage ./package.nix { };
    default = cofferdam;
  });

  overlays.default = final: _: { cofferdam = final.callPackage ./package.nix { }; };

  nixosModules.default = import ./module.nix { inherit self; };

  devShells = forSystems (pkgs: { default = import ./devshell.nix { inherit pkgs; }; });

  checks = forSystems (pkgs: {
    # Builds, and runs the unit tests.
    package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
    # A machine with the module, a person who logs in, and instances with closures.
    vm = pkgs.testers.runNixOSTest (import ./tests/vm.nix { module = self.nixosModules.default; });
    # The module against nixpkgs' lib, and the text against coffer check.
    module = pkgs.runCommand "cofferdam-module"
      {
        nativeBuildInputs = [ pkgs.python3 pkgs.nix self.packages.${pkgs.stdenv.hostPlatform.system}.default ];
        NIXPKGS_LIB = "${nixpkgs}/lib";
      }
      ''
        python3 ${../tests/nix}/module.py ${../.} "$(command -v coffer)" | tee $out
        if grep '^1\.\.0' $out; then exit 1; fi
      '';
  });

  # For other flakes: settings to text, and roots.
  lib = {
    inherit (import ./text.nix) text problems;
    instance = import ./instance.nix;
    root = import ./root.nix;
  };
}
