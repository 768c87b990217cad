# The module system's options for every directive, from the same table as the text: type, default and description.
# An option that is unset (null, or empty) is left out of the file, and the program's own default holds.
{ lib }:
let
  inherit (lib) mkOption types;
  text = import ./text.nix;

  command = types.either types.str (types.listOf types.str);
  words = row:
    let names = text.namesOf row;
    in if names == [ ] || lib.elem row.name names then types.str else types.enum names;
  between = row: types.addCheck types.number (value: row.min <= value && value <= row.max) // {
    description = "number from ${builtins.toJSON row.min} to ${builtins.toJSON row.max}";
  };

  ofKind = row: {
    flag = types.bool;
    integer = types.ints.between row.min row.max;
    number = if row ? words then types.either (types.enum (text.namesOf row)) (between row) else between row;
    size = types.either types.ints.positive (types.strMatching "[0-9]+[KMG]?");
    text = types.str;
    word = types.enum (text.namesOf row);
    color = types.strMatching "#[0-9a-fA-F]{6}";
    position = types.listOf types.int;
    root = types.either types.str (types.attrsOf types.str);
    command = command;
    commands = types.listOf command;
    words = types.listOf (words row);
    line = command;
    lines = types.listOf command;
    binds = types.attrsOf command;
    apps = types.attrsOf command;
    limits = types.attrsOf (types.either (types.ints.between row.min row.max) (types.strMatching "[0-9]+[KMG]"));
    files = types.attrsOf (types.enum (text.namesOf row));
    environment = types.attrsOf types.str;
    rules = types.listOf (types.submodule {
      options = {
        action = mkOption { type = types.enum (text.namesOf row); description = "What becomes of it."; };
        from = mkOption { type = types.str; description = "The instance that it comes from, or * for each."; };
        to = mkOption { type = types.str; description = "The instance that it goes to, or * for each."; };
      };
    });
    block = types.submodule { options = block row.opens; };
    blocks = types.attrsOf (types.submodule { options = block row.opens; });
  }.${row.kind};

  empty = {
    block = { };
    blocks = { };
    binds = { };
    apps = { };
    limits = { };
    files = { };
    environment = { };
    commands = [ ];
    words = [ ];
    lines = [ ];
    rules = [ ];
  };

  sentence = string: "${lib.toUpper (lib.substring 0 1 string)}${lib.substring 1 (-1) string}.";
  describe = row:
    sentence (if row.kind == "rules" then "the rules of what may be carried; of those that fit, the last one holds" else row.doc)
    + lib.optionalString (row ? unit) " In ${row.unit}, from ${toString row.min} to ${toString row.max}."
    + " In the config: `${row.name}${lib.optionalString (row.parameters != "") " ${row.parameters}"}`; see cofferdam-config(5)."
    + " Without it: ${let value = row.default or row.unset; in if value == "" then "\"\"" else value}.";

  option = row: mkOption {
    type = if empty ? ${row.kind} then ofKind row else types.nullOr (ofKind row);
    default = empty.${row.kind} or null;
    description = describe row;
  };

  # The options of a block, by name; input.keyboard and input.pointer are a set of two.
  block = name:
    lib.foldl' lib.recursiveUpdate { }
      (map (row: lib.setAttrByPath row.path (option row)) (text.optionsOf name));
in
{ inherit block; }
