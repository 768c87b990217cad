# services.cofferdam.ephemeralHost: a machine whose own system keeps nothing. What lasts is the Nix store, the state
# store, the config, and what is listed; all of that lies on one file system, and restoring it restores the machine.
{ config, lib, options, ... }:
let
  inherit (lib) mkIf mkOption types;
  cfg = config.services.cofferdam.ephemeralHost;

  people = lib.filterAttrs (name: _: lib.elem name cfg.users) config.users.users;
  homeOf = name: config.users.users.${name}.home;
  isWithin = outer: path: path == outer || lib.hasPrefix "${outer}/" path;

  # Of a file system, may it outlast the machine?
  memory = [ "tmpfs" "ramfs" "overlay" "proc" "sysfs" "devtmpfs" "devpts" ];
  mayLast = path: path == cfg.directory || path == "/boot" || isWithin "/boot" path || isWithin "/nix" path
    || lib.elem path cfg.exceptions;
  lasting = lib.filter (path: !lib.elem config.fileSystems.${path}.fsType memory && !mayLast path)
    (lib.attrNames config.fileSystems);

  hasPassword = person: person.hashedPassword != null || person.hashedPasswordFile != null;
  open = lib.filter (name: !(config.users.users ? ${name}) || !hasPassword config.users.users.${name}) cfg.users;

  # Nobody remembers whose number was whose: whoever has it after a restart has the files.
  unnumbered = lib.filter (name: config.users.users ? ${name} && config.users.users.${name}.uid == null) cfg.users;

  # What is in memory would be on the disk.
  swaps = map (swap: swap.device) (lib.filter (swap: !swap.randomEncryption.enable) config.swapDevices);

  # An exception may be anything but what holds the system or the person's home as a whole.
  tooMuch = lib.filter
    (path: !lib.hasPrefix "/" path || lib.elem path [ "/" "/etc" "/home" "/nix" "/root" "/usr" "/var" "/var/lib" ]
      || lib.any (name: isWithin path (homeOf name)) (lib.attrNames people)
      || lib.any (part: part == "." || part == "..") (lib.splitString "/" path))
    cfg.exceptions;

  # Where it was switched on; a module that stands in no file of its own has a name in the place of it.
  files = lib.filter (lib.hasPrefix "/") (map toString options.services.cofferdam.ephemeralHost.enable.files);
  require = assertion: message: {
    inherit assertion;
    message = "services.cofferdam.ephemeralHost: ${message}"
      + lib.optionalString (files != [ ]) " (it is on in ${lib.concatStringsSep ", " files})";
  };
  fileSystemOf = path: config.fileSystems.${path} or { fsType = ""; neededForBoot = false; };

  # In a person's home, links: the directories on the way have to be the person's.
  profiles = ".local/state/nix/profiles"; # the instances' generations, or each restart would be a coffer update
  kept = [ ".local/state/cofferdam" ".config/cofferdam" profiles ];
  ways = [ ".config" ".local" ".local/state" ".local/state/nix" ];
  linkRules = name:
    let
      person = config.users.users.${name};
      rule = type: path: mode: "${type} ${path} ${mode} ${name} ${person.group} -";
    in
    lib.concatMap
      (path: [ (rule "d" "${cfg.directory}${person.home}/${path}" "0700")
        "L+ ${person.home}/${path} - ${name} ${person.group} - ${cfg.directory}${person.home}/${path}" ])
      kept
    ++ map (path: rule "d" "${person.home}/${path}" "0700") ways
    ++ [ (rule "d" "${cfg.directory}${person.home}" "0700") ]
    ++ map (path: rule "d" "${cfg.directory}${person.home}/${path}" "0700") ways
    # What a person has installed by hand lies beside them, and lasts no more than what root has. Only when it starts.
    ++ [ "R! ${cfg.directory}${person.home}/${profiles}/[!c]* - - - - -" ];
in
{
  options.services.cofferdam.ephemeralHost = {
    enable = lib.mkEnableOption "a host that keeps nothing but the store, the config and listed exceptions";
    directory = mkOption {
      type = types.path;
      default = "/persist";
      description = "Where the file system is mounted that keeps what lasts. Back up this, and no more.";
    };
    users = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Those whose state store and config last.";
    };
    exceptions = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "/var/lib/bluetooth" "/etc/NetworkManager/system-connections" ];
      description = "Directories of the system that last all the same. They are kept under `directory` by the same path.";
    };
    size = mkOption {
      type = types.str;
      default = "25%";
      description = "The most that the root file system may hold, of the memory.";
    };
  };

  config = mkIf cfg.enable {
    fileSystems = {
      "/" = { device = "none"; fsType = "tmpfs"; options = [ "mode=0755" "size=${cfg.size}" ]; };
    } // lib.genAttrs cfg.exceptions (path: {
      device = "${cfg.directory}${path}";
      fsType = "none";
      options = [ "bind" "x-systemd.requires=cofferdam-exceptions.service" ];
      noCheck = true;
    });
    # What is bound has to exist, the first time too.
    systemd.services.cofferdam-exceptions = mkIf (cfg.exceptions != [ ]) {
      description = "Make the directories that last";
      unitConfig = { DefaultDependencies = false; RequiresMountsFor = [ cfg.directory ]; };
      before = [ "local-fs.target" ];
      serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
      script = lib.concatMapStrings (path: "mkdir -p ${lib.escapeShellArg "${cfg.directory}${path}"}\n") cfg.exceptions;
    };
    systemd.tmpfiles.rules = lib.concatMap linkRules (lib.attrNames people)
      # What root has installed by hand lies in /nix, and lasts no more than what others have. Only when it starts.
      ++ map (path: "R! /nix/var/nix/profiles/${path} - - - - -") [ "default" "default-*-link" "per-user/*/*" ];

    users.mutableUsers = false;
    nix.channel.enable = false;
    boot.tmp.cleanOnBoot = lib.mkDefault true;

    assertions = [
      (require config.programs.cofferdam.enable "programs.cofferdam.enable is off: there would be no desktop")
      (require ((fileSystemOf "/").fsType == "tmpfs") "the root file system is no tmpfs: take your own fileSystems.\"/\" out")
      (require ((fileSystemOf "/nix").fsType != "") "fileSystems.\"/nix\" is missing: the Nix store has to last")
      (require ((fileSystemOf cfg.directory).fsType != "" && (fileSystemOf cfg.directory).neededForBoot)
        "fileSystems.\"${cfg.directory}\" is missing, or lacks neededForBoot = true")
      (require (!config.users.mutableUsers) "users.mutableUsers is on: who is added by hand would be gone after a restart")
      (require (!config.nix.channel.enable) "nix.channel.enable is on: what is installed by hand would be gone after a restart")
      (require (cfg.users != [ ]) "users is empty: nobody's state would last")
      (require (open == [ ]) "without hashedPassword or hashedPasswordFile nobody could log in as ${toString open}")
      (require (unnumbered == [ ])
        "without users.users.NAME.uid another could have the files after a restart: set it for ${toString unnumbered}")
      (require (swaps == [ ])
        "swapDevices would leave memory on a disk: set randomEncryption.enable for ${toString swaps}, or take it out")
      (require (tooMuch == [ ]) "exceptions holds what is too much, or no path: ${toString tooMuch}")
      (require (lasting == [ ]) "these file systems would last and are not in exceptions: ${toString lasting}")
    ];
  };
}
