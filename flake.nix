{
  description = "Cofferdam: a desktop that keeps applications apart";
  # The release that the package is made for: the first with wlroots 0.20.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  outputs = inputs: import ./nix/outputs.nix inputs;
}
