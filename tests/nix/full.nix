# Settings that use every option of directives.json: those given here, and a sample of what came since.
let
  text = import ../../nix/text.nix;
  given = {
    outputs = {
      "*" = { enable = true; scale = "auto"; };
      "DP-1" = { enable = true; scale = 1.25; mode = "1920x1080@59.94"; position = [ 0 (-1080) ]; transform = "flipped-90"; };
    };
    input.keyboard = { xkb-layout = "us,de"; xkb-variant = ",nodeadkeys"; xkb-model = "pc105"; xkb-rules = "evdev"; xkb-options = "ctrl:nocaps"; };
    input.pointer = { accel-speed = -0.5; };
    shell = { exec = [ "waybar" [ "mako" "--default-timeout" "5000" ] ]; menu = [ "fuzzel" "--dmenu" ]; };
    clipboard = {
      limit = 65536;
      type = [ "text/html" "image/svg+xml" ];
      rules = [
        { action = "deny"; from = "vault"; to = "*"; }
        { action = "ask"; from = "*"; to = "vault"; }
        { action = "allow"; from = "work"; to = "vault"; }
      ];
    };
    layout = { main-ratio = 0.6; font = "DejaVu Sans"; };
    binds = {
      "Super+Return" = [ "run" "work" "terminal" ];
      "Super+Shift+Return" = [ "run" "vault" "--" "sh" "-c" "date; exec foot" ];
      "Super+M" = "menu";
      "Super+l" = [ "main-ratio" "-5" ];
    };
    instances.vault = { };
    instances.work = {
      color = "#1775FD";
      root = "/srv/roots/bookworm";
      network = "nat";
      allow = [ "gpu" "pointer-lock" ];
      files = { "~/Documents/work" = "rw"; "/srv/music" = "ro"; };
      persist = [ ".mozilla" ".local/share/fish" ];
      persist-file = [ ".bash_history" ];
      apps.terminal = "foot";
      apps.mail = [ "thunderbird" "--mail" ];
      env.GREETING = "good day";
      start = [ "terminal" ];
      limits.clients = 12;
      limits.shared-memory = "512M";
      memory = "4G";
      kernel = [ "/boot/vmlinuz-6.12" "/usr/lib/modules/6.12" ];
    };
  };
  opens = { instance = [ "instances" "work" ]; output = [ "outputs" "DP-1" ]; keyboard = [ "input" "keyboard" ];
    pointer = [ "input" "pointer" ]; shell = [ "shell" ]; clipboard = [ "clipboard" ]; layout = [ "layout" ]; top = [ ]; };
  sample = row:
    if row.kind == "integer" || row.kind == "size" then row.min
    else if row.kind == "number" then row.min
    else if row.kind == "word" then builtins.head (text.namesOf row)
    else if row.kind == "flag" then true
    else if row.kind == "text" then row.default or "x"
    else null;
  set = path: value: if path == [ ] then value else { ${builtins.head path} = set (builtins.tail path) value; };
  merge = a: b:
    if builtins.isAttrs a && builtins.isAttrs b then
      a // builtins.mapAttrs (name: value: if a ? ${name} then merge a.${name} value else value) b
    else b;
  samples = builtins.concatLists (map
    (block: builtins.concatLists (map
      (row: let value = sample row; in
        if value == null || (row.repeats && row.kind != "flag") then [ ] else [ (set (opens.${block} ++ row.path) value) ])
      (text.optionsOf block)))
    (builtins.attrNames opens));
in
merge (builtins.foldl' merge { } samples) given
