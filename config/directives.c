#include "config/directives.h"
#include "config/limit.h"
#include "config/open.h"
#include "config/values.h"

/* ---- words ---- */

/* Values of wl_output.transform, which the compositor hands to outputs as they are. */
static const struct word transforms[] = {
	{ .name = "normal", .value = 0 },
	{ .name = "90", .value = 1 },
	{ .name = "180", .value = 2 },
	{ .name = "270", .value = 3 },
	{ .name = "flipped", .value = 4 },
	{ .name = "flipped-90", .value = 5 },
	{ .name = "flipped-180", .value = 6 },
	{ .name = "flipped-270", .value = 7 },
	{ 0 },
};

static const struct word scales[] = {
	{ .name = "auto", .value = 0 },
	{ 0 },
};

static const struct word enables[] = {
	{ .name = "disable", .value = false },
	{ .name = "enable", .value = true },
	{ 0 },
};

static const struct word tristates[] = {
	{ .name = "on", .value = CONFIG_ON },
	{ .name = "off", .value = CONFIG_OFF },
	{ .name = "default", .value = CONFIG_DEFAULT },
	{ 0 },
};

static const struct word accel_profiles[] = {
	{ .name = "flat", .value = CONFIG_ACCEL_FLAT },
	{ .name = "adaptive", .value = CONFIG_ACCEL_ADAPTIVE },
	{ .name = "default", .value = CONFIG_ACCEL_DEFAULT },
	{ 0 },
};

static const struct word pair_actions[] = {
	{ .name = "allow", .value = CONFIG_PAIR_ALLOW },
	{ .name = "ask", .value = CONFIG_PAIR_ASK },
	{ .name = "deny", .value = CONFIG_PAIR_DENY },
	{ 0 },
};

static const struct word fullscreens[] = {
	{ .name = "strip", .value = false },
	{ .name = "cover", .value = true },
	{ 0 },
};

static const struct word accesses[] = {
	{ .name = "ro", .value = false },
	{ .name = "rw", .value = true },
	{ 0 },
};

static const struct word persists[] = {
	{ .name = "persist", .value = false },
	{ .name = "persist-file", .value = true },
	{ 0 },
};

const struct word backend_words[] = {
	{ .name = "bubblewrap", .value = BACKEND_BUBBLEWRAP },
	{ .name = "podman", .value = BACKEND_PODMAN },
	{ .name = "vm", .value = BACKEND_VM },
	{ 0 },
};

static const struct word accelerations[] = {
	{ .name = "auto", .value = ACCELERATION_AUTO },
	{ .name = "kvm", .value = ACCELERATION_KVM },
	{ .name = "none", .value = ACCELERATION_NONE },
	{ 0 },
};

const struct word network_words[] = {
	{ .name = "none", .value = NETWORK_NONE },
	{ .name = "nat", .value = NETWORK_NAT },
	{ 0 },
};

const struct word grant_words[] = {
	{ .name = "gpu", .value = GRANT_GPU },
	{ .name = "color-management", .value = GRANT_COLOR_MANAGEMENT, .refusal = "is not in this version" },
	{ .name = "toplevel-icon", .value = GRANT_TOPLEVEL_ICON, .refusal = "is not in this version" },
	{ .name = "xdg-output", .value = GRANT_XDG_OUTPUT },
	{ .name = "pointer-lock", .value = GRANT_POINTER_LOCK },
	{ .name = "idle-inhibit", .value = GRANT_IDLE_INHIBIT },
	{ .name = "tearing", .value = GRANT_TEARING, .refusal = "is not in this version" },
	{ .name = "tablet", .value = GRANT_TABLET, .refusal = "is not in this version" },
	{ .name = "input-method", .value = GRANT_INPUT_METHOD, .refusal = "is not in this version" },
	{ .name = "xdg-foreign", .value = GRANT_XDG_FOREIGN, .refusal = "is not in this version" },
	{ 0 },
};

/* ---- the table ---- */

#define PARAMS(least, most) .params_min = least, .params_max = most
#define ANY_PARAMS(least) .params_min = least, .params_max = CONFIG_WORDS_MAX
#define RANGE(from, to) .min = from, .max = to
#define IN_OUTPUT(field) .offset = offsetof(struct config_output, field)
#define IN_INSTANCE(field) .offset = offsetof(struct config_instance, field)
#define IN_CONFIG(field) .offset = offsetof(struct config, field)
#define TEXT_MAX 255

/* One row, a few lines, the same order in each. */
const struct directive directives[] = {
	{ BLOCK_TOP, "output", NULL, "NAME", PARAMS(1, 1), .repeats = true, .max = 64, .opens = BLOCK_OUTPUT,
		.open = open_output, .unset = "every monitor as its own defaults say",
		.doc = "a monitor, by its connector's name, or * for those without a block of their own" },
	{ BLOCK_TOP, "input", "keyboard", "keyboard", PARAMS(1, 1), .opens = BLOCK_KEYBOARD, .open = open_keyboard,
		.unset = "the defaults below", .doc = "all keyboards" },
	{ BLOCK_TOP, "input", "pointer", "pointer", PARAMS(1, 1), .opens = BLOCK_POINTER, .unset = "the defaults below",
		.doc = "all mice and touchpads, and the cursor" },
	{ BLOCK_TOP, "shell", NULL, "", PARAMS(0, 0), .opens = BLOCK_SHELL, .unset = "no programs",
		.doc = "trusted programs, which see and may do what no instance may" },
	{ BLOCK_TOP, "clipboard", NULL, "", PARAMS(0, 0), .opens = BLOCK_CLIPBOARD, .unset = "the defaults below",
		.doc = "what may be carried from one instance to another" },
	{ BLOCK_TOP, "layout", NULL, "", PARAMS(0, 0), .opens = BLOCK_LAYOUT, .unset = "the defaults below",
		.doc = "how windows are placed and text is drawn" },
	{ BLOCK_TOP, "bind", NULL, "CHORD ACTION [PARAMETER...]", ANY_PARAMS(2), .repeats = true, .set = add_bind,
		.max = CONFIG_BINDS_MAX, .unset = "no chord but Super+Escape", .doc = "an action for a chord of keys" },
	{ BLOCK_TOP, "instance", NULL, "NAME", PARAMS(1, 1), .repeats = true, .max = CONFIG_INSTANCES_MAX,
		.opens = BLOCK_INSTANCE, .open = open_instance, .unset = "no instances",
		.doc = "a sandbox of its own, with its programs, its files and its colour" },
	{ BLOCK_TOP, "include", NULL, "PATH...", ANY_PARAMS(1), .repeats = true, .set = add_include, .unset = "nothing",
		.doc = "other files, whose lines stand in its place" },

	{ BLOCK_OUTPUT, "enable", NULL, "", PARAMS(0, 0), .set = set_flag, IN_OUTPUT(enabled), .words = enables,
		.unset = "enable", .doc = "show the desktop on this monitor" },
	{ BLOCK_OUTPUT, "disable", NULL, "", PARAMS(0, 0), .set = set_flag, IN_OUTPUT(enabled), .words = enables,
		.unset = "enable", .doc = "leave this monitor dark" },
	{ BLOCK_OUTPUT, "scale", NULL, "NUMBER|auto", PARAMS(1, 1), .set = set_number, IN_OUTPUT(scale), .words = scales,
		RANGE(0.5, 4), .fallback = "auto", .doc = "how many of the monitor's pixels make one logical pixel" },
	{ BLOCK_OUTPUT, "mode", NULL, "WIDTHxHEIGHT[@HZ]", PARAMS(1, 1), .set = set_mode, IN_OUTPUT(mode_width),
		RANGE(1, 16384), .unset = "the monitor's preferred mode", .doc = "resolution and refresh rate" },
	{ BLOCK_OUTPUT, "position", NULL, "X Y", PARAMS(2, 2), .set = set_position, IN_OUTPUT(x), RANGE(-32768, 32767),
		.unset = "to the right of the monitors before it", .doc = "where its top left corner is, in logical pixels" },
	{ BLOCK_OUTPUT, "transform", NULL, "TRANSFORM", PARAMS(1, 1), .set = set_word, IN_OUTPUT(transform),
		.words = transforms, .fallback = "normal", .doc = "how the picture is turned and mirrored" },

	{ BLOCK_KEYBOARD, "xkb-rules", NULL, "NAME", PARAMS(1, 1), .set = set_text, IN_CONFIG(keyboard.rules),
		RANGE(0, TEXT_MAX), .fallback = "", .doc = "the xkb rules file; \"\" for the system's default" },
	{ BLOCK_KEYBOARD, "xkb-model", NULL, "NAME", PARAMS(1, 1), .set = set_text, IN_CONFIG(keyboard.model),
		RANGE(0, TEXT_MAX), .fallback = "", .doc = "the xkb keyboard model" },
	{ BLOCK_KEYBOARD, "xkb-layout", NULL, "NAME[,NAME...]", PARAMS(1, 1), .set = set_text, IN_CONFIG(keyboard.layout),
		RANGE(0, TEXT_MAX), .fallback = "",
		.doc = "one or several xkb layouts; layout-next goes from one to the next" },
	{ BLOCK_KEYBOARD, "xkb-variant", NULL, "NAME[,NAME...]", PARAMS(1, 1), .set = set_text, IN_CONFIG(keyboard.variant),
		RANGE(0, TEXT_MAX), .fallback = "", .doc = "the variant of each xkb layout, in the same order" },
	{ BLOCK_KEYBOARD, "xkb-options", NULL, "NAME[,NAME...]", PARAMS(1, 1), .set = set_text, IN_CONFIG(keyboard.options),
		RANGE(0, TEXT_MAX), .fallback = "", .doc = "xkb options, such as what Caps Lock does" },
	{ BLOCK_KEYBOARD, "repeat-rate", NULL, "NUMBER", PARAMS(1, 1), .set = set_integer, IN_CONFIG(keyboard.repeat_rate),
		RANGE(0, 200), .unit = "keys a second", .fallback = "25",
		.doc = "how fast a held key repeats; 0 for not at all" },
	{ BLOCK_KEYBOARD, "repeat-delay", NULL, "MILLISECONDS", PARAMS(1, 1), .set = set_integer,
		IN_CONFIG(keyboard.repeat_delay), RANGE(50, 5000), .unit = "milliseconds", .fallback = "600",
		.doc = "how long a key is held before it repeats" },

	{ BLOCK_POINTER, "tap", NULL, "on|off|default", PARAMS(1, 1), .set = set_word, IN_CONFIG(pointer.tap),
		.words = tristates, .fallback = "default", .doc = "a tap on the touchpad is a click" },
	{ BLOCK_POINTER, "natural-scroll", NULL, "on|off|default", PARAMS(1, 1), .set = set_word,
		IN_CONFIG(pointer.natural_scroll), .words = tristates, .fallback = "default",
		.doc = "scrolling moves the content, not the view" },
	{ BLOCK_POINTER, "left-handed", NULL, "on|off|default", PARAMS(1, 1), .set = set_word,
		IN_CONFIG(pointer.left_handed), .words = tristates, .fallback = "default",
		.doc = "left and right button change places" },
	{ BLOCK_POINTER, "middle-emulation", NULL, "on|off|default", PARAMS(1, 1), .set = set_word,
		IN_CONFIG(pointer.middle_emulation), .words = tristates, .fallback = "default",
		.doc = "left and right button together are the middle button" },
	{ BLOCK_POINTER, "disable-while-typing", NULL, "on|off|default", PARAMS(1, 1), .set = set_word,
		IN_CONFIG(pointer.disable_while_typing), .words = tristates, .fallback = "default",
		.doc = "the touchpad rests while keys are typed" },
	{ BLOCK_POINTER, "accel-profile", NULL, "flat|adaptive|default", PARAMS(1, 1), .set = set_word,
		IN_CONFIG(pointer.accel_profile), .words = accel_profiles, .fallback = "default",
		.doc = "whether a fast movement goes farther" },
	{ BLOCK_POINTER, "accel-speed", NULL, "NUMBER", PARAMS(1, 1), .set = set_number, IN_CONFIG(pointer.accel_speed),
		RANGE(-1, 1), .fallback = "0", .doc = "pointer speed, from -1, slow, to 1, fast" },
	{ BLOCK_POINTER, "cursor-theme", NULL, "NAME", PARAMS(1, 1), .set = set_text, IN_CONFIG(pointer.cursor_theme),
		RANGE(0, TEXT_MAX), .fallback = "", .doc = "the cursor theme; \"\" for the system's default" },
	{ BLOCK_POINTER, "cursor-size", NULL, "PIXELS", PARAMS(1, 1), .set = set_integer, IN_CONFIG(pointer.cursor_size),
		RANGE(8, 128), .unit = "pixels", .fallback = "24", .doc = "the cursor's size in logical pixels" },

	{ BLOCK_SHELL, "exec", NULL, "COMMAND...", ANY_PARAMS(1), .repeats = true, .set = add_exec, IN_CONFIG(shell_exec),
		.max = 64, .unset = "none", .doc = "a program started with the desktop" },
	{ BLOCK_SHELL, "menu", NULL, "COMMAND...", ANY_PARAMS(1), .set = set_menu, IN_CONFIG(shell_menu), .unset = "none",
		.doc = "the chooser that the menu action starts" },

	{ BLOCK_CLIPBOARD, "limit", NULL, "SIZE", PARAMS(1, 1), .set = set_size, IN_CONFIG(clipboard.limit),
		RANGE(1024, 64 * 1024 * 1024), .fallback = "16M", .doc = "the most that one transfer carries" },
	{ BLOCK_CLIPBOARD, "expire", NULL, "SECONDS", PARAMS(1, 1), .set = set_integer, IN_CONFIG(clipboard.expire),
		RANGE(0, 3600), .unit = "seconds", .fallback = "60",
		.doc = "how long what was taken waits to be given; 0 for as long as it takes" },
	{ BLOCK_CLIPBOARD, "timeout", NULL, "SECONDS", PARAMS(1, 1), .set = set_integer, IN_CONFIG(clipboard.timeout),
		RANGE(1, 30), .unit = "seconds", .fallback = "2", .doc = "how long the source has to hand its content over" },
	{ BLOCK_CLIPBOARD, "type", NULL, "MIME...", PARAMS(1, 6), .repeats = true, .set = add_types,
		IN_CONFIG(clipboard.types), .max = 6, .unset = "none",
		.doc = "MIME types that may be carried besides UTF-8 text and image/png" },
	{ BLOCK_CLIPBOARD, "allow", NULL, "FROM TO", PARAMS(2, 2), .repeats = true, .set = add_pair,
		IN_CONFIG(clipboard.pairs), .words = pair_actions, .max = 1024, .unset = "every pair is allowed",
		.doc = "carry without a question" },
	{ BLOCK_CLIPBOARD, "ask", NULL, "FROM TO", PARAMS(2, 2), .repeats = true, .set = add_pair,
		IN_CONFIG(clipboard.pairs), .words = pair_actions, .max = 1024, .unset = "every pair is allowed",
		.doc = "carry after a question that shows the content" },
	{ BLOCK_CLIPBOARD, "deny", NULL, "FROM TO", PARAMS(2, 2), .repeats = true, .set = add_pair,
		IN_CONFIG(clipboard.pairs), .words = pair_actions, .max = 1024, .unset = "every pair is allowed",
		.doc = "never carry" },

	{ BLOCK_LAYOUT, "main-ratio", NULL, "NUMBER", PARAMS(1, 1), .set = set_number, IN_CONFIG(main_ratio),
		RANGE(0.1, 0.9), .fallback = "0.55", .doc = "the main area's share of the width" },
	{ BLOCK_LAYOUT, "main-count", NULL, "NUMBER", PARAMS(1, 1), .set = set_integer, IN_CONFIG(main_count), RANGE(1, 9),
		.unit = "windows", .fallback = "1", .doc = "how many windows share the main area" },
	{ BLOCK_LAYOUT, "gap", NULL, "PIXELS", PARAMS(1, 1), .set = set_integer, IN_CONFIG(gap), RANGE(0, 100),
		.unit = "pixels", .fallback = "8", .doc = "the space between windows" },
	{ BLOCK_LAYOUT, "font", NULL, "FAMILY", PARAMS(1, 1), .set = set_text, IN_CONFIG(font), RANGE(1, TEXT_MAX),
		.fallback = "system-ui, Cantarell, sans-serif", .doc = "the font of the strip and of the bands" },

	{ BLOCK_INSTANCE, "color", NULL, "#RRGGBB", PARAMS(1, 1), .set = set_color, IN_INSTANCE(color),
		.unset = "the next of the palette", .doc = "what its windows are framed in" },
	{ BLOCK_INSTANCE, "backend", NULL, "bubblewrap|podman|vm", PARAMS(1, 1), .set = set_word, IN_INSTANCE(backend),
		.words = backend_words, .fallback = "bubblewrap", .doc = "what builds its walls" },
	{ BLOCK_INSTANCE, "network", NULL, "none|nat", PARAMS(1, 1), .set = set_word, IN_INSTANCE(network),
		.words = network_words, .fallback = "none", .doc = "what it reaches" },
	{ BLOCK_INSTANCE, "allow", NULL, "GRANT...", PARAMS(1, 32), .repeats = true, .set = add_grants, IN_INSTANCE(grants),
		.words = grant_words, .max = 32, .unset = "none",
		.doc = "what its programs may use beyond what every instance may" },
	{ BLOCK_INSTANCE, "fullscreen", NULL, "strip|cover", PARAMS(1, 1), .set = set_bool, IN_INSTANCE(fullscreen_cover),
		.words = fullscreens, .fallback = "strip",
		.doc = "whether a fullscreen window stays below the strip or covers it" },
	{ BLOCK_INSTANCE, "root", NULL, "host|PATH|closure PATH", PARAMS(1, 2), .set = set_root, IN_INSTANCE(root),
		.fallback = "host", .doc = "where its programs come from" },
	{ BLOCK_INSTANCE, "files", NULL, "PATH [ro|rw]", PARAMS(1, 2), .repeats = true, .set = add_files,
		IN_INSTANCE(files), .words = accesses, .max = 64, .unset = "none",
		.doc = "a file or directory of yours that it sees; ro where neither is said" },
	{ BLOCK_INSTANCE, "persist", NULL, "PATH...", ANY_PARAMS(1), .repeats = true, .set = add_persist,
		IN_INSTANCE(persist), .words = persists, .max = 64, .unset = "none",
		.doc = "directories of its home that outlast it" },
	{ BLOCK_INSTANCE, "persist-file", NULL, "PATH...", ANY_PARAMS(1), .repeats = true, .set = add_persist,
		IN_INSTANCE(persist), .words = persists, .max = 64, .unset = "none",
		.doc = "files of its home that outlast it" },
	{ BLOCK_INSTANCE, "app", NULL, "NAME COMMAND...", ANY_PARAMS(2), .repeats = true, .set = add_app, IN_INSTANCE(apps),
		.max = 256, .unset = "none", .doc = "a name for a command" },
	{ BLOCK_INSTANCE, "env", NULL, "NAME=VALUE...", ANY_PARAMS(1), .repeats = true, .set = add_environment,
		IN_INSTANCE(environment), .max = 128, .unset = "none", .doc = "variables of its programs' environment" },
	{ BLOCK_INSTANCE, "start", NULL, "APP...", ANY_PARAMS(1), .repeats = true, .set = add_start, IN_INSTANCE(start),
		.max = 64, .unset = "none", .doc = "apps that are started with the desktop" },
	{ BLOCK_INSTANCE, "grace", NULL, "SECONDS", PARAMS(1, 1), .set = set_integer, IN_INSTANCE(grace), RANGE(0, 60),
		.unit = "seconds", .fallback = "3", .doc = "how long its programs have to end when it is stopped" },
	{ BLOCK_INSTANCE, "state-limit", NULL, "SIZE", PARAMS(1, 1), .set = set_size, IN_INSTANCE(state_limit),
		RANGE(1024 * 1024, 1024.0 * 1024 * 1024 * 1024), .unset = "any number",
		.doc = "how much it may keep; looked at when it starts, and now and then while it runs" },
	{ BLOCK_INSTANCE, "limit", NULL, "NAME NUMBER", PARAMS(2, 2), .repeats = true, .set = set_limit,
		IN_INSTANCE(limits), .words = limit_words, RANGE(1, 1000000), .unset = "as in the table of LIMITS",
		.doc = "how much of the compositor its programs may use at a time" },
	{ BLOCK_INSTANCE, "memory", NULL, "SIZE|auto|none", PARAMS(1, 1), .set = set_memory, IN_INSTANCE(memory),
		RANGE(64.0 * 1024 * 1024, 1099511627776.0), .fallback = "auto",
		.doc = "how much memory its programs may use, all together" },
	{ BLOCK_INSTANCE, "pids", NULL, "NUMBER", PARAMS(1, 1), .set = set_integer, IN_INSTANCE(pids), RANGE(64, 32768),
		.unit = "processes", .fallback = "4096", .doc = "how many processes and threads it may have at a time" },
	{ BLOCK_INSTANCE, "cpu-weight", NULL, "NUMBER", PARAMS(1, 1), .set = set_integer, IN_INSTANCE(cpu_weight),
		RANGE(1, 10000), .unit = "shares", .fallback = "100",
		.doc = "its share of the processor where others want it too" },
	{ BLOCK_INSTANCE, "cpus", NULL, "NUMBER", PARAMS(1, 1), .set = set_integer, IN_INSTANCE(cpus), RANGE(1, 64),
		.unit = "processors", .fallback = "2", .doc = "how many processors the guest of backend vm has" },
	{ BLOCK_INSTANCE, "acceleration", NULL, "auto|kvm|none", PARAMS(1, 1), .set = set_word,
		IN_INSTANCE(acceleration), .words = accelerations, .fallback = "auto",
		.doc = "whether the guest of backend vm computes by /dev/kvm; auto: where that can be opened" },
	{ BLOCK_INSTANCE, "kernel", NULL, "PATH [MODULES]", PARAMS(1, 2), .set = set_kernel, IN_INSTANCE(kernel),
		.unset = "the newest of this machine's", .doc = "the kernel of the guest of backend vm, and where its modules are" },
	{ 0 },
};

_Static_assert(sizeof(directives) / sizeof(directives[0]) <= DIRECTIVES_MAX, "raise DIRECTIVES_MAX");

const char *config_backend_name(enum config_backend backend) {
	return word_name(backend_words, (int)backend);
}

const char *config_network_name(enum config_network network) {
	return word_name(network_words, (int)network);
}
