# Without flakes: nix-shell gives what ./dev needs.
{ pkgs ? import <nixpkgs> { } }:
import ./nix/devshell.nix { inherit pkgs; }
