#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

/*
 * The one file: scfg text in, one typed, checked, immutable model out. Everything in struct config is owned by it
 * and lives until config_destroy(). A text with any error yields no model at all. cofferdam-config(5) is the
 * reference; config/directives.c is the table that both follow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names of instances and apps are those of base/name.h. */
#define CONFIG_SIZE_MAX (1024 * 1024)
#define CONFIG_ERRORS_MAX 100
#define CONFIG_INSTANCES_MAX 64
#define CONFIG_BINDS_MAX 512
#define CONFIG_WORDS_MAX 200 /* of one command */
#define CONFIG_WORDS_SIZE 16384 /* of the words of a command or environment, zero bytes too */
#define CONFIG_PATH_SIZE 1024 /* with its zero byte, "~" expanded */

/* ---- errors ---- */

struct config_error {
	int line; /* 1-based; 0 where no line is to blame */
	int source; /* 0: of the file that was named; else the number of an included one, */
	char *file; /* and its path; else NULL */
	char *text; /* what is wrong and what was expected, without file and line */
};

struct config_errors {
	struct config_error *list; /* file by file, in order of line, at most CONFIG_ERRORS_MAX */
	size_t len;
	bool more; /* there were more than that */
};

/* Frees the list and makes *errors empty again. */
void config_errors_finish(struct config_errors *errors);

/* ---- model ---- */

struct config_argv {
	char **words; /* NULL-terminated */
	size_t len;
};

struct config_output {
	char *name; /* a connector's name, or "*" */
	bool enabled;
	double scale; /* 0: from the monitor's density; else 0.5 to 4 */
	int transform; /* enum wl_output_transform */
	bool has_mode;
	int mode_width, mode_height;
	double mode_refresh; /* Hz, 0 for the highest */
	bool has_position;
	int x, y;
	int line;
};

struct config_keyboard {
	char *rules, *model, *layout, *variant, *options; /* for xkb; "" for the default */
	int repeat_rate;  /* keys a second, 0 for none */
	int repeat_delay; /* ms */
	int line; /* of `input keyboard`, 0 where there is none: a layout that does not exist is reported there */
};

enum config_tristate { CONFIG_DEFAULT = -1, CONFIG_OFF = 0, CONFIG_ON = 1 };

struct config_pointer {
	enum config_tristate tap, natural_scroll, left_handed, middle_emulation, disable_while_typing;
	enum { CONFIG_ACCEL_DEFAULT, CONFIG_ACCEL_FLAT, CONFIG_ACCEL_ADAPTIVE } accel_profile;
	double accel_speed; /* -1 to 1 */
	char *cursor_theme; /* "" for the default theme */
	int cursor_size;
};

enum config_pair_action { CONFIG_PAIR_ALLOW, CONFIG_PAIR_ASK, CONFIG_PAIR_DENY };

/* `deny vault *`: from vault to anything. The last rule that fits wins; with none, allow. */
struct config_pair {
	enum config_pair_action action;
	char *source, *destination; /* an instance's name or "*" */
	int line;
};

struct config_clipboard {
	uint64_t limit; /* bytes */
	int expire; /* seconds; 0 never */
	int timeout; /* seconds a source has to deliver */
	char **types; /* MIME types that cross besides UTF-8 text and image/png */
	size_t types_len;
	struct config_pair *pairs;
	size_t pairs_len;
};

enum config_action {
	ACTION_RUN, /* instance, app or argv: `run work terminal`, `run work -- foot -e top` */
	ACTION_EXEC, /* a trusted shell program: argv */
	ACTION_MENU, /* shell { menu … } */
	ACTION_CLIPBOARD_TAKE,
	ACTION_CLIPBOARD_GIVE,
	ACTION_CLIPBOARD_CLEAR,
	ACTION_CLOSE,
	ACTION_FOCUS, /* direction */
	ACTION_MOVE, /* direction: swap the window in the layout */
	ACTION_FLOAT, /* toggle */
	ACTION_FULLSCREEN, /* toggle */
	ACTION_MAXIMIZE, /* toggle */
	ACTION_WORKSPACE, /* number */
	ACTION_SEND, /* number: send the window to a workspace */
	ACTION_FOCUS_OUTPUT, /* direction: next or prev */
	ACTION_SEND_OUTPUT, /* direction: next or prev */
	ACTION_MAIN_RATIO, /* number: percent points, signed */
	ACTION_MAIN_COUNT, /* number: signed */
	ACTION_OWNERS, /* what Super+Escape does; that chord is fixed and cannot be bound */
	ACTION_LAYOUT_NEXT, /* next xkb layout, in the focused instance */
	ACTION_RELOAD,
	ACTION_QUIT,
};

enum config_direction {
	DIRECTION_NEXT,
	DIRECTION_PREV,
	DIRECTION_LEFT,
	DIRECTION_RIGHT,
	DIRECTION_UP,
	DIRECTION_DOWN,
};

enum config_modifier {
	MODIFIER_SHIFT = 1 << 0,
	MODIFIER_CTRL = 1 << 1,
	MODIFIER_ALT = 1 << 2,
	MODIFIER_SUPER = 1 << 3,
};

struct config_bind {
	int line;
	uint32_t modifiers; /* enum config_modifier bits */
	uint32_t keysym; /* xkb_keysym_t, lower case for letters */
	enum config_action action;
	char *instance; /* ACTION_RUN */
	char *app; /* ACTION_RUN by app name, else NULL and argv is set */
	struct config_argv argv;
	enum config_direction direction;
	int number;
};

struct config_app {
	char *name;
	struct config_argv argv;
	int line;
};

struct config_file {
	char *path; /* absolute, "~/…" expanded by config_parse()'s home */
	bool writable;
};

struct config_persist {
	char *path; /* relative to the instance's home; no component is empty, "." or ".." */
	bool is_file;
};

enum config_backend { BACKEND_BUBBLEWRAP, BACKEND_PODMAN, BACKEND_VM };
/* How the machine of BACKEND_VM computes: by the processor's own virtualization where this user may use it. */
enum config_acceleration { ACCELERATION_AUTO, ACCELERATION_KVM, ACCELERATION_NONE };
enum config_network { NETWORK_NONE, NETWORK_NAT };

/* What an instance's clients may bind beyond the common set: `allow NAME…`. */
enum config_grant {
	GRANT_GPU = 1 << 0, /* linux-dmabuf, drm-syncobj, and /dev/dri in the sandbox */
	GRANT_COLOR_MANAGEMENT = 1 << 1,
	GRANT_TOPLEVEL_ICON = 1 << 2,
	GRANT_XDG_OUTPUT = 1 << 3,
	GRANT_POINTER_LOCK = 1 << 4, /* pointer constraints and relative pointer */
	GRANT_IDLE_INHIBIT = 1 << 5,
	GRANT_TEARING = 1 << 6,
	GRANT_TABLET = 1 << 7,
	GRANT_INPUT_METHOD = 1 << 8,
	GRANT_XDG_FOREIGN = 1 << 9,
};

#define CONFIG_MEMORY_AUTO UINT64_C(0) /* by the machine's */
#define CONFIG_MEMORY_NONE UINT64_MAX /* not limited */
#define CONFIG_VM_MEMORY_MIN (UINT64_C(512) * 1024 * 1024) /* of BACKEND_VM */

/* What an instance may have of each at a time: `limit NAME NUMBER`. */
enum config_limit {
	LIMIT_CLIENTS, /* connections */
	LIMIT_SURFACES,
	LIMIT_SUBSURFACES,
	LIMIT_WINDOWS, /* xdg_toplevels, shown or not */
	LIMIT_POPUPS,
	LIMIT_POPUP_DEPTH, /* popups on popups */
	LIMIT_POOLS, /* of shared memory */
	LIMIT_SHARED_MEMORY, /* bytes in pools that pictures lie in */
	LIMIT_BUFFERS,
	LIMIT_CALLBACKS, /* frame callbacks among them */
	LIMIT_FEEDBACKS, /* of wp_presentation */
	LIMIT_DESCRIPTORS, /* sent along with requests, and taken by none */
	LIMIT_TOKENS, /* of activation, not used yet; past it the oldest is forgotten */
	LIMIT_TYPES, /* MIME types that its selections and drags are offered in */
	LIMIT_OBJECTS, /* of any kind */
	CONFIG_LIMITS,
};

struct config_instance {
	char *name;
	int line;
	uint32_t color; /* 0xRRGGBB, from the palette in order where not given */
	enum config_backend backend;
	enum config_network network;
	uint32_t grants;
	int gpu_line; /* where GRANT_GPU stands */
	bool fullscreen_cover;
	char *root; /* "host", or an absolute path */
	bool root_is_closure; /* the path is one that instances/closure.h reads */
	struct config_file *files;
	size_t files_len;
	struct config_persist *persist;
	size_t persist_len;
	struct config_app *apps;
	size_t apps_len;
	struct config_argv *environment; /* one, never NULL, of "NAME=value" words */
	bool autostart; /* there is a `start` */
	char **start; /* apps started with the session */
	size_t start_len;
	uint64_t limits[CONFIG_LIMITS]; /* by enum config_limit */
	uint64_t memory; /* bytes that the sandbox may use, CONFIG_MEMORY_AUTO or CONFIG_MEMORY_NONE */
	int pids; /* processes and threads at a time */
	int cpu_weight; /* its share of the processor where others want it too, 100 for an even one */
	uint64_t state_limit; /* bytes that it may keep, 0 for any number: store/, softly */
	int grace; /* seconds between SIGTERM and SIGKILL at stop */
	/* BACKEND_VM alone: */
	char *kernel; /* its guest's, an absolute path; NULL: the newest that is found */
	char *modules; /* where that one's modules.dep is; NULL: found by the kernel's name */
	int cpus;
	enum config_acceleration acceleration;
};

struct config {
	struct config_output *outputs;
	size_t outputs_len;
	struct config_keyboard keyboard;
	struct config_pointer pointer;
	struct config_argv *shell_exec;
	size_t shell_exec_len;
	/* A dmenu-like chooser: it reads lines "INSTANCE APP" and writes the chosen one. len 0 where none. */
	struct config_argv shell_menu;
	struct config_clipboard clipboard;
	struct config_bind *binds;
	size_t binds_len;
	struct config_instance *instances;
	size_t instances_len;
	/* layout defaults */
	double main_ratio; /* 0.1 to 0.9 */
	int main_count;
	int gap; /* px between windows */
	char *font; /* pango family for the strip and bands */
};

/*
 * Parses scfg text (length bytes). Returns the model, or NULL with at least one error in errors, every error of
 * the text in one go, in order of line. home expands "~/"; with NULL, "~/…" stays as it is written. The caller
 * owns both results, and hands in an empty *errors.
 */
struct config *config_parse(const char *untrusted_text, size_t length, const char *home, struct config_errors *errors);
void config_destroy(struct config *config);

/* Each returns NULL where there is none. */
const struct config_instance *config_find_instance(const struct config *config, const char *name);
const struct config_app *config_find_app(const struct config_instance *instance, const char *name);
/* The block that holds for a connector: the one with its name, else the one for "*". */
const struct config_output *config_find_output(const struct config *config, const char *connector);

/* The words of the enums, as they stand in the file. */
const char *config_backend_name(enum config_backend backend);
const char *config_network_name(enum config_network network);
const char *config_action_name(enum config_action action);
const char *config_limit_name(enum config_limit limit);
/* A size, where the others are numbers. */
bool config_limit_is_bytes(enum config_limit limit);

#endif
