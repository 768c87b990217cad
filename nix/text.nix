# Settings, an attribute set, to the text of a config file: builtins only. What may stand where comes from
# directives.json, which the program's own table of directives writes.
#
#   problems SETTINGS   a list of lines, each of which says where and what; [ ] where all is well
#   text SETTINGS       the file; throws the problems where there are any
#
# An option is called what its directive is called; where there may be several by name, it is a set in the plural:
#
#   { outputs."*".scale = 1.5;
#     binds."Super+Return" = [ "run" "work" "terminal" ];
#     clipboard.rules = [ { action = "deny"; from = "vault"; to = "*"; } ];
#     instances.work = { network = "nat"; apps.terminal = "foot"; files."~/Documents/work" = "rw"; }; }
let
  inherit (builtins)
    all attrNames concatLists concatStringsSep elem elemAt filter fromJSON head isAttrs isBool isFloat isInt
    isList isString length listToAttrs map match readFile replaceStrings stringLength tail toJSON typeOf;

  rows = map (row: row // { min = fromJSON (row.min or "0"); max = fromJSON (row.max or "0"); })
    (fromJSON (readFile ./directives.json));
  directives = filter (row: row.table == "directives") rows;
  actions = filter (row: row.table == "actions") rows;
  reserved = map (row: row.name) (filter (row: row.table == "reserved") rows);

  # ---- options ----

  plural = [ "apps" "binds" "blocks" "limits" ];

  # The rows of a block that are an option, with the option's path: `input keyboard` is input.keyboard. Of rows that
  # share one option (enable and disable; allow, ask and deny) the first speaks for all.
  optionsOf = block:
    let
      path = row:
        if row.kind == "rules" then [ "rules" ]
        else if row.kind == "flag" then [ "enable" ]
        else if elem row.kind plural then [ "${row.name}s" ]
        else [ row.name ] ++ (if row ? selector then [ row.selector ] else [ ]);
      add = known: row:
        if elem row.path (map (other: other.path) known) then known else known ++ [ row ];
    in
    builtins.foldl' add [ ]
      (map (row: row // { path = path row; }) (filter (row: row.block == block) directives));

  namesOf = row: map (word: word.name) (filter (word: !(word ? refusal)) (row.words or [ ]));
  dotted = concatStringsSep ".";

  get = path: set:
    if path == [ ] then set
    else if isAttrs set && set ? ${head path} then get (tail path) set.${head path}
    else null;

  # ---- words ----

  character = escape: fromJSON "\"\\u${escape}\"";
  hex = [ "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "a" "b" "c" "d" "e" "f" ];
  row16 = high: map (low: "00${high}${low}") hex;
  # What a reader of the file would not see; a line feed would begin another directive.
  hidden = map character (
    filter (escape: escape != "0000" && escape != "0009") (row16 "0") ++ row16 "1" ++ [ "007f" ] ++ row16 "8" ++ row16 "9"
    ++ [ "200e" "200f" "2028" "2029" "202a" "202b" "202c" "202d" "202e" "2066" "2067" "2068" "2069" "feff" ]
  );
  holds = characters: string: replaceStrings characters (map (_: "") characters) string != string;

  isBare = string: stringLength string < 256 && match "[A-Za-z0-9_./:+@%=~^*,-]+" string != null;
  quote = string:
    if isBare string then string
    else "\"${replaceStrings [ "\\" "\"" ] [ "\\\\" "\\\"" ] string}\"";

  show = value:
    if isString value then "'${replaceStrings [ "\n" ] [ "\\n" ] value}'"
    else if isInt value || isFloat value || isBool value then toJSON value
    else "a ${typeOf value}";
  list = words:
    if length words < 2 then concatStringsSep "" words
    else "${concatStringsSep ", " (builtins.genList (elemAt words) (length words - 1))} or ${elemAt words (length words - 1)}";

  wrong = where: text: [ "${where}: ${text}" ];
  expect = holds: where: text: if holds then [ ] else wrong where text;

  wordProblems = where: value:
    if !isString value then wrong where "expected a string, not ${show value}"
    else if holds hidden value then
      wrong where "a word of the config holds no line feed, control or invisible character, as ${toJSON value} does"
    else if value == "#" then wrong where "'#' alone cannot stand in the config"
    else [ ];
  wordsProblems = where: value:
    if !isList value then wrong where "expected a list of words, not ${show value}"
    else concatLists (map (wordProblems where) value);
  # One word may stand for a list of one; a line that the config would take for one word is meant to be several.
  commandOf = value: if isList value then value else [ value ];
  commandProblems = where: value:
    if isString value && holds [ " " "\t" ] value then
      wrong where "expected a list of words, such as ${toJSON (filter isString (builtins.split "[ \t]+" value))}: no shell reads it"
    else if value == [ ] then wrong where "expected a command"
    else wordsProblems where (commandOf value);

  isName = string: isString string && stringLength string <= 31 && match "[a-z][a-z0-9-]*" string != null;
  nameProblems = where: name:
    expect (isName name) where
      "expected a name of 1 to 31 lower-case letters, digits and hyphens, the first a letter, not ${show name}";

  oneOf = row: where: value:
    let
      refused = filter (word: word ? refusal && word.name == value) (row.words or [ ]);
    in
    if refused != [ ] then wrong where "${show value} ${(head refused).refusal}: expected ${list (namesOf row)}"
    else expect (elem value (namesOf row)) where "expected ${list (namesOf row)}, not ${show value}";

  inRange = row: value: (isInt value || isFloat value) && row.min <= value && value <= row.max;
  range = row: "from ${toJSON row.min} to ${toJSON row.max}";
  integerProblems = row: where: value:
    expect (isInt value && inRange row value) where
      "expected a whole number${if row ? unit then " of ${row.unit}" else ""} ${range row}, not ${show value}";

  # Sets by name.
  each = value: function: concatLists (map (name: function name value.${name}) (attrNames value));
  setProblems = where: value: function:
    if !isAttrs value then wrong where "expected a set, not ${show value}"
    else each value (name: member: wordProblems where name ++ function "${where}.${name}" name member);
  manyProblems = row: where: value:
    expect (length value <= row.max) where "expected at most ${toJSON row.max} of them, not ${toJSON (length value)}";

  lines = word: words: [ ([ word ] ++ words) ];

  # ---- kinds: what a value looks like, and the lines that it becomes, each a list of words ----

  kinds = {
    flag = {
      problems = row: where: value: expect (isBool value) where "expected true or false, not ${show value}";
      lines = row: value: [ [ (if value then "enable" else "disable") ] ];
    };
    integer = {
      problems = integerProblems;
      lines = row: value: lines row.name [ (toString value) ];
    };
    number = {
      problems = row: where: value:
        expect (inRange row value || elem value (namesOf row)) where
          "expected a number ${range row}${if row ? words then " or ${list (namesOf row)}" else ""}, not ${show value}";
      lines = row: value: lines row.name [ (if isString value then value else toJSON value) ];
    };
    size = {
      problems = row: where: value:
        expect ((isInt value && inRange row value) || (isString value && match "[0-9]+[KMG]?" value != null)) where
          "expected a number of bytes ${range row}, or a size such as '512K' or '16M', not ${show value}";
      lines = row: value: lines row.name [ (toString value) ];
    };
    text = {
      problems = row: wordProblems;
      lines = row: value: lines row.name [ value ];
    };
    word = {
      problems = oneOf;
      lines = row: value: lines row.name [ value ];
    };
    color = {
      problems = row: where: value:
        expect (isString value && match "#[0-9a-fA-F]{6}" value != null) where
          "expected a colour as #rrggbb, not ${show value}";
      lines = row: value: lines row.name [ value ];
    };
    position = {
      problems = row: where: value:
        expect (isList value && length value == 2 && all (inRange row) value && all isInt value) where
          "expected two whole numbers ${range row}, as [ 0 0 ]";
      lines = row: value: lines row.name (map toString value);
    };
    # "host", a path, or a closure as { closure = PATH; }
    root = {
      problems = row: where: value:
        if isAttrs value then
          expect (attrNames value == [ "closure" ]) where "expected host, a path, or { closure = PATH; }"
          ++ wordProblems where (value.closure or "")
        else wordProblems where value;
      lines = row: value: lines row.name (if isAttrs value then [ "closure" value.closure ] else [ value ]);
    };
    command = {
      problems = row: commandProblems;
      lines = row: value: lines row.name (commandOf value);
    };
    commands = {
      problems = row: where: value:
        if !isList value then wrong where "expected a list of commands"
        else manyProblems row where value ++ concatLists (map (commandProblems where) value);
      lines = row: value: map (command: [ row.name ] ++ commandOf command) value;
    };
    words = {
      problems = row: where: value:
        if !isList value then wrong where "expected a list of words, not ${show value}"
        else manyProblems row where value ++ wordsProblems where value
          ++ concatLists (map (word: if row ? words && !isPathRow row then oneOf row where word else [ ]) value);
      lines = row: value: map (word: [ row.name word ]) value;
    };
    line = {
      problems = row: where: value: wordsProblems where (commandOf value);
      lines = row: value: lines row.name (commandOf value);
    };
    lines = {
      problems = row: where: value:
        if !isList value then wrong where "expected a list of lists of words"
        else concatLists (map (line: wordsProblems where (commandOf line)) value);
      lines = row: value: map (line: [ row.name ] ++ commandOf line) value;
    };
    binds = {
      problems = row: where: value:
        setProblems where value (where: name: action: commandProblems where action
          ++ (let command = commandOf action; in
            if command != [ ] && isString (head command) then actionProblems where command else [ ]));
      lines = row: value: map (name: [ row.name name ] ++ commandOf value.${name}) (attrNames value);
    };
    apps = {
      problems = row: where: value:
        setProblems where value (where: name: command: nameProblems where name ++ commandProblems where command);
      lines = row: value: map (name: [ row.name name ] ++ commandOf value.${name}) (attrNames value);
    };
    limits = {
      problems = row: where: value:
        setProblems where value (where: name: amount: oneOf row where name
          # One of them is a size; the program itself says so of the others.
          ++ (if isString amount && match "[0-9]+[KMG]" amount != null then [ ] else integerProblems row where amount));
      lines = row: value: map (name: [ row.name name (toString value.${name}) ]) (attrNames value);
    };
    files = {
      problems = row: where: value: setProblems where value (where: name: oneOf row where);
      lines = row: value: map (path: [ row.name path value.${path} ]) (attrNames value);
    };
    environment = {
      problems = row: where: value:
        setProblems where value (where: name: word: wordProblems where word
          ++ expect (match "[A-Za-z_][A-Za-z0-9_]*" name != null) where "expected the name of a variable");
      lines = row: value: map (name: [ row.name "${name}=${value.${name}}" ]) (attrNames value);
    };
    # Their order counts, so they are a list.
    rules = {
      problems = row: where: value:
        if !isList value then wrong where "expected a list of { action, from, to }"
        else concatLists (map
          (rule:
            if !isAttrs rule || attrNames rule != [ "action" "from" "to" ] then
              wrong where "expected { action, from, to }"
            else oneOf row where rule.action ++ wordProblems where rule.from ++ wordProblems where rule.to)
          value);
      lines = row: value: map (rule: [ rule.action rule.from rule.to ]) value;
    };
    block = {
      problems = row: where: value: blockProblems row.opens where value;
      lines = row: value: [ ];
    };
    blocks = {
      problems = row: where: value:
        setProblems where value (where: name: member:
          (if row.opens == "instance" then
            nameProblems where name ++ expect (!elem name reserved) where "the name is reserved: expected another"
          else [ ]) ++ blockProblems row.opens where member)
        ++ (if isAttrs value then manyProblems row where (attrNames value) else [ ]);
      lines = row: value: [ ];
    };
  };

  # persist and persist-file have the words of their own names, not of their values.
  isPathRow = row: elem row.name (namesOf row);

  actionProblems = where: command:
    let
      found = filter (action: action.name == head command) actions;
      action = head found;
      count = length command - 1;
    in
    if found == [ ] then
      wrong where "expected an action, ${list (map (action: action.name) actions)}, not ${show (head command)}"
    else expect (fromJSON action.least <= count && count <= fromJSON action.most) where
      "${action.name}: expected ${if action.parameters == "" then "nothing" else action.parameters} after it";

  # ---- blocks ----

  blockProblems = block: where: settings:
    let
      options = optionsOf block;
      under = name: if where == "" then name else "${where}.${name}";
      heads = map (row: head row.path) options;
      unknown = filter (name: !elem name heads) (attrNames settings);
      # input has keyboard and pointer below it.
      inner = name: map (row: elemAt row.path 1) (filter (row: head row.path == name && length row.path == 2) options);
      unknownInner = concatLists (map
        (name: map (below: "${name}.${below}") (
          if inner name != [ ] && isAttrs settings.${name} then
            filter (below: !elem below (inner name)) (attrNames settings.${name})
          else [ ]))
        (filter (name: elem name heads) (attrNames settings)));
    in
    if !isAttrs settings then wrong where "expected a set, not ${show settings}"
    else
      concatLists (map (name: wrong (under name) "there is no such option: expected ${list (map (row: dotted row.path) options)}")
        (unknown ++ unknownInner))
      ++ concatLists (map
        (row:
          let value = get row.path settings;
          in if value == null then [ ] else kinds.${row.kind}.problems row (under (dotted row.path)) value)
        options);

  render = words: concatStringsSep " " (map quote words);

  blockText = indent: block: settings:
    concatLists (map
      (row:
        let
          value = get row.path settings;
          opened = opening: inner:
            [ "${indent}${opening} {" ] ++ blockText "${indent}\t" row.opens inner ++ [ "${indent}}" ];
        in
        if value == null then [ ]
        else if row.kind == "blocks" then
          concatLists (map (name: opened "${row.name} ${quote name}" value.${name}) (attrNames value))
        else if row.kind == "block" then
          (if blockText "" row.opens value == [ ] then [ ] else opened (concatStringsSep " " row.path) value)
        else map (words: "${indent}${render words}") (kinds.${row.kind}.lines row value))
      (optionsOf block));

  # ---- what is wrong between one option and another ----

  # Here every value has its form already; null is unset.
  or' = other: value: if value == null then other else value;
  appsOf = instance: attrNames (or' { } (instance.apps or null));
  lower = replaceStrings [ "A" "B" "C" "D" "E" "F" ] [ "a" "b" "c" "d" "e" "f" ];

  # The names, by pairs, of those that have the same value.
  duplicates = valueOf: names:
    concatLists (map
      (name: map (other: { inherit name other; })
        (filter (other: other < name && valueOf other == valueOf name) names))
      names);

  referenceProblems = settings:
    let
      instances = or' { } (settings.instances or null);
      names = attrNames instances;
      known = where: name: expect (elem name names) where "there is no instance ${show name}";
      starts = each instances (name: instance: concatLists (map
        (app: expect (elem app (appsOf instance)) "instances.${name}.start" "it has no app ${show app}")
        (or' [ ] (instance.start or null))));
      runs = each (or' { } (settings.binds or null)) (chord: action:
        let where = "binds.${chord}"; in
        if head (commandOf action) != "run" then [ ]
        else if !elem (elemAt action 1) names then known where (elemAt action 1)
        else expect (elemAt action 2 == "--" || elem (elemAt action 2) (appsOf instances.${elemAt action 1})) where
          "${elemAt action 1} has no app ${show (elemAt action 2)}");
      pairs = concatLists (map
        (rule: concatLists (map
          (name: if name == "*" then [ ] else known "clipboard.rules" name)
          [ rule.from rule.to ]))
        (or' [ ] (get [ "clipboard" "rules" ] settings)));
      colored = filter (name: instances.${name}.color or null != null) names;
      colors = concatLists (map
        (pair: wrong "instances.${pair.name}.color" "it is the colour of ${pair.other}: expected another")
        (duplicates (name: lower instances.${name}.color) colored));
    in
    starts ++ runs ++ pairs ++ colors;

  problems = settings:
    let first = blockProblems "top" "" settings;
    in if first == [ ] then referenceProblems settings else first;
in
{
  inherit problems rows directives actions optionsOf namesOf quote;
  text = settings:
    let found = problems settings;
    in
    if found != [ ] then throw "cofferdam: ${concatStringsSep "\n" found}"
    else concatStringsSep "" (map (line: "${line}\n") (blockText "" "top" settings));
}
