"""What tests/nix/module.nix does wrong, by its name there, and what is said of it; of some, nothing."""

EXPECTED = {
    "none": None,
    "colors": "programs.cofferdam.instances.b.color: it is the colour of a: expected another",
    "names": "programs.cofferdam.instances.Work: expected a name of 1 to 31 lower-case letters",
    "starts": "programs.cofferdam.instances.a.start: it has no app 'x'",
    "lines": "programs.cofferdam.instances.a.apps.x: a word of the config holds no line feed",
    "host": None,
    "shadow": "nobody could log in as anna",
    "number": "without users.users.NAME.uid another could have the files after a restart: set it for anna",
    "swap": "set randomEncryption.enable for /dev/sda4,",
    "usr": "programs.cofferdam.instances.a.root: this machine has no programs in /usr",
    "named": "tests/nix/named.nix)",
    "nobody": "users is empty",
    "store": "fileSystems.\"/nix\" is missing",
    "late": "lacks neededForBoot = true",
    "more": "these file systems would last and are not in exceptions: /srv",
    "home": "exceptions holds what is too much, or no path: /home/anna",
    "etc": "exceptions holds what is too much, or no path: /etc",
    "dots": "exceptions holds what is too much, or no path: /srv/../etc",
    "mutable": "users.mutableUsers is on",
    "channel": "nix.channel.enable is on",
    "desktop": "programs.cofferdam.enable is off",
}
# Messages of nixpkgs' types, of which only the option's name is ours.
REFUSED = {
    "backend": "programs.cofferdam.instances.a.backend",
    "colour": "programs.cofferdam.instances.a.colour",
    "color": "programs.cofferdam.instances.a.color",
    "number": "programs.cofferdam.clipboard.expire",
}
