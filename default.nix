# Without flakes: nix-build gives the package, with the nixpkgs of NIX_PATH or the one given.
{ pkgs ? import <nixpkgs> { } }:
pkgs.callPackage ./nix/package.nix { }
