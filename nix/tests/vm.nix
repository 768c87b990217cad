# A whole machine: the module, a person, a headless session, and two instances with closures. Run by the flake's
# checks, where nixpkgs and KVM are: nix build .#checks.x86_64-linux.vm
{ module }:
{ lib, pkgs, ... }:
{
  name = "cofferdam";

  nodes.machine = {
    imports = [ module ];
    users.users.anna = { isNormalUser = true; hashedPassword = ""; linger = true; };
    programs.cofferdam = {
      enable = true;
      instances.work = {
        packages = [ pkgs.foot pkgs.coreutils ];
        shell = pkgs.bash;
        apps.terminal = "foot";
        color = "#1775fd";
        persist = [ "notes" ];
      };
      instances.vault.packages = [ pkgs.hello ];
      instances.box = {
        backend = "podman";
        packages = [ pkgs.coreutils ];
        shell = pkgs.bash;
        persist = [ "notes" ];
      };
    };
  };

  testScript = { nodes, ... }: ''
    import shlex

    def anna(command):
        return machine.succeed(f"su -l anna -c {shlex.quote('export XDG_RUNTIME_DIR=/run/user/$(id -u); ' + command)}")

    machine.wait_for_unit("multi-user.target")
    machine.wait_until_succeeds("test -d /run/user/$(id -u anna)")

    with subtest("the config is good, and coffer finds it"):
        assert "/etc/xdg/cofferdam/config: no errors" in anna("coffer check")

    with subtest("a session starts, and an instance runs from its closure"):
        anna("WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman "
             "systemd-run --user --unit cofferdam -E WLR_BACKENDS -E WLR_LIBINPUT_NO_DEVICES -E WLR_RENDERER "
             "${nodes.machine.programs.cofferdam.package}/bin/cofferdam")
        machine.wait_until_succeeds("su -l anna -c 'XDG_RUNTIME_DIR=/run/user/$(id -u) coffer ps'")
        anna("coffer run work sh -c 'ls /nix/store >notes/store; ls / >notes/root; hostname >notes/name || true'")
        notes = "/home/anna/.local/state/cofferdam/work/home/notes"
        machine.wait_until_succeeds(f"test -s {notes}/root")
        store = machine.succeed(f"cat {notes}/store").split()
        listed = machine.succeed("cat ${nodes.machine.programs.cofferdam.roots.work}/store-paths").split()
        assert {path.rsplit("/", 1)[1] for path in listed} | {"${baseNameOf nodes.machine.programs.cofferdam.roots.work}"} == set(store)
        assert not [name for name in store if name.endswith("-${pkgs.hello.name}")]
        assert "sys" not in machine.succeed(f"cat {notes}/root").split()

    with subtest("a container has the same kind of root"):
        anna("coffer run box sh -c 'ls /nix/store >notes/store'")
        kept = "/home/anna/.local/state/cofferdam/box/home/notes/store"
        machine.wait_until_succeeds(f"test -s {kept}")
        assert not [name for name in machine.succeed(f"cat {kept}").split() if name.endswith("-${pkgs.hello.name}")]
        assert machine.succeed(f"stat -c %U {kept}").strip() == "anna"

    with subtest("there is no shell that was not asked for"):
        machine.fail("su -l anna -c 'XDG_RUNTIME_DIR=/run/user/$(id -u) coffer run vault sh -c true'")
        anna("coffer run vault hello")

    with subtest("each instance has a generation of its own"):
        anna("systemctl --user start nixos-activation.service")
        assert "${nodes.machine.programs.cofferdam.roots.work}" in anna("coffer generations work --json")
  '';
}
