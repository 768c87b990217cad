#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/fd.h"
#include "tests/fuzz/moves.h"

#define POOL_SIDE 64
#define POOL_SIZE (POOL_SIDE * POOL_SIDE * 4)

/* ---- descriptors ---- */

/* A memfd: often shorter than it will be said to be, and then a read in it ends in SIGBUS. */
static int make_memory(struct raw *raw) {
	struct rng *rng = raw_rng(raw);
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t size = rng_one(rng, 6) ? rng_below(rng, POOL_SIZE) : POOL_SIZE;
	if (fd >= 0 && ftruncate(fd, (off_t)size) == 0 && rng_one(rng, 4)) {
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | (rng_one(rng, 40) ? F_SEAL_WRITE : 0));
	}
	return fd;
}

/* The one end of a pipe or a pair, the other closed or full. */
static int make_pipe(struct raw *raw) {
	int fds[2];
	bool pair = rng_one(raw_rng(raw), 3);
	int result = pair ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) : pipe2(fds, O_CLOEXEC);
	if (result != 0) {
		return -1;
	}
	int kept = (int)rng_below(raw_rng(raw), 2);
	fd_close(&fds[1 - kept]);
	return fds[kept];
}

static int make_fd(struct raw *raw) {
	static const char *const files[] = { "/dev/null", "/dev/zero", "/dev/full", "/", "/proc/self/mem", "/dev/ptmx" };
	switch (rng_below(raw_rng(raw), 4)) {
	case 0:
		return make_pipe(raw);
	case 1:
		return open(files[rng_below(raw_rng(raw), sizeof(files) / sizeof(files[0]))], O_RDONLY | O_CLOEXEC | O_NOCTTY);
	default:
		return make_memory(raw);
	}
}

/* ---- any request ---- */

static const char *any_text(struct raw *raw) {
	static const char *const texts[] = {
		"",
		"editor",
		"text/plain",
		"text/plain;charset=utf-8",
		"UTF8_STRING",
		"image/png",
		"invoice \xe2\x80\xae"
		"fdp.exe\n\x1b[31m",
		"\xff\xfe\xed\xa0\x80",
		"wl_compositor",
		"xdg_wm_base",
		NULL,
	};
	return texts[rng_below(raw_rng(raw), sizeof(texts) / sizeof(texts[0]))];
}

static uint32_t any_number(struct raw *raw) {
	struct rng *rng = raw_rng(raw);
	switch (rng_below(rng, 12)) {
	case 0:
		return rng_odd_number(rng);
	case 1:
	case 2:
		return raw_serial(raw);
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		return (uint32_t)rng_below(rng, 5);
	default:
		return 1 + (uint32_t)rng_below(rng, 200);
	}
}

static uint32_t any_object(struct raw *raw, const struct wl_interface *interface, bool may_be_none) {
	if (interface == NULL || rng_one(raw_rng(raw), 200)) {
		return (uint32_t)rng_below(raw_rng(raw), 64);
	}
	const struct raw_object *object = raw_pick(raw, interface->name);
	return object == NULL || (may_be_none && rng_one(raw_rng(raw), 4)) ? 0 : object->id;
}

static void fill_in(struct raw *raw, const struct wl_message *request, union wl_argument *arguments) {
	static struct wl_array bytes; /* the arguments only borrow it */
	static uint32_t words[8];
	size_t index = 0;
	for (const char *c = request->signature; *c != '\0' && index < RAW_ARGUMENTS_MAX; c++) {
		union wl_argument *argument = &arguments[index];
		switch (*c) {
		case 'i':
		case 'u':
			argument->u = any_number(raw);
			break;
		case 'f':
			argument->u = any_number(raw) * (rng_one(raw_rng(raw), 2) ? 256 : 1);
			break;
		case 's':
			argument->s = any_text(raw);
			break;
		case 'o':
			argument->u = any_object(raw, request->types[index], c > request->signature && c[-1] == '?');
			break;
		case 'a':
			for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
				words[i] = rng_odd_number(raw_rng(raw));
			}
			bytes = (struct wl_array){ .size = rng_below(raw_rng(raw), sizeof(words)), .data = words };
			argument->a = &bytes;
			break;
		case 'h':
			argument->h = make_fd(raw);
			break;
		case 'n':
			break;
		default:
			continue; /* a version, or "may be none" */
		}
		index++;
	}
}

/* What nearly always ends the connection, when it is made of chance: seldom, so that others get their turn. */
static bool is_costly(const struct wl_message *request) {
	static const char *const names[] = {
		"ack_configure",
		"attach",
		"commit",
		"create_buffer",
		"create_pool",
		"get_fractional_scale",
		"get_popup",
		"get_registry",
		"get_subsurface",
		"get_surface",
		"get_tablet_tool_v2",
		"get_toplevel",
		"get_toplevel_decoration",
		"get_touch",
		"get_viewport",
		"get_xdg_surface",
		"grab",
		"import_toplevel",
		"reposition",
		"resize",
		"set_buffer_scale",
		"set_buffer_transform",
		"set_cursor",
		"set_parent",
		"start_drag",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], request->name) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_manager(const struct raw_object *object) {
	const char *name = object->interface->name;
	return strcmp(name, "xdg_wm_base") == 0 || strstr(name, "manager") != NULL || strcmp(name, "wl_compositor") == 0;
}

static void make_any(struct raw *raw) {
	const struct raw_object *list;
	size_t len = raw_objects(raw, &list);
	const struct raw_object *object = &list[rng_below(raw_rng(raw), len)];
	if (object->interface->method_count == 0 || strcmp(object->interface->name, "wl_registry") == 0) {
		return;
	}
	uint32_t opcode = (uint32_t)rng_below(raw_rng(raw), (size_t)object->interface->method_count);
	const struct wl_message *request = &object->interface->methods[opcode];
	bool is_too_new = strtoul(request->signature, NULL, 10) > object->version;
	bool ends = strncmp(request->name, "destroy", 7) == 0 || strcmp(request->name, "release") == 0;
	if ((is_too_new && !rng_one(raw_rng(raw), 50)) || (ends && !rng_one(raw_rng(raw), 8)) ||
		((is_costly(request) || (ends && is_manager(object))) && !rng_one(raw_rng(raw), 30))) {
		return;
	}
	union wl_argument arguments[RAW_ARGUMENTS_MAX] = { 0 };
	fill_in(raw, request, arguments);
	raw_request(raw, object, opcode, arguments);
}

/* ---- what honest clients do ---- */

/*
 * A request by its name, on the object with this id, or on any of this interface where it is 0. The arguments follow
 * but for a new id: uint32_t for numbers and objects, const char * for strings, int for descriptors. Returns the new
 * id, 0 where there is none.
 */
static uint32_t call(struct raw *raw, uint32_t id, const char *interface, const char *name, ...) {
	const struct raw_object *object = id != 0 ? raw_find(raw, id) : raw_pick(raw, interface);
	union wl_argument arguments[RAW_ARGUMENTS_MAX] = { 0 };
	uint32_t opcode = 0;
	if (object == NULL) {
		return 0;
	}
	while (opcode < (uint32_t)object->interface->method_count &&
		strcmp(object->interface->methods[opcode].name, name) != 0) {
		opcode++;
	}
	if (opcode == (uint32_t)object->interface->method_count) {
		return 0;
	}
	size_t index = 0;
	va_list values;
	va_start(values, name);
	for (const char *c = object->interface->methods[opcode].signature; *c != '\0'; c++) {
		if (*c == 's') {
			arguments[index++].s = va_arg(values, const char *);
		} else if (*c == 'h') {
			arguments[index++].h = va_arg(values, int);
		} else if (*c == 'n') {
			index++;
		} else if (strchr("iufo", *c) != NULL) {
			arguments[index++].u = va_arg(values, uint32_t);
		}
	}
	va_end(values);
	return raw_request(raw, object, opcode, arguments);
}

static uint32_t id_of(struct raw *raw, const char *interface) {
	const struct raw_object *object = raw_pick(raw, interface);
	return object != NULL ? object->id : 0;
}

static void bind_all(struct raw *raw) {
	const struct raw_global *globals;
	size_t len = raw_globals(raw, &globals);
	for (size_t i = 0; i < len; i++) {
		raw_bind(raw, &globals[i]);
	}
	uint32_t seat = id_of(raw, "wl_seat");
	call(raw, 0, "wl_seat", "get_pointer");
	call(raw, 0, "wl_seat", "get_keyboard");
	call(raw, 0, "wl_data_device_manager", "get_data_device", seat);
	call(raw, 0, "zwp_primary_selection_device_manager_v1", "get_device", seat);
	call(raw, 0, "zwp_text_input_manager_v3", "get_text_input", seat);
}

static void make_buffer(struct raw *raw) {
	uint32_t pool = call(raw, 0, "wl_shm", "create_pool", make_memory(raw), (uint32_t)POOL_SIZE);
	for (int i = 0; i < 2; i++) {
		uint32_t width = 1 + (uint32_t)rng_below(raw_rng(raw), POOL_SIDE);
		call(raw, pool, "wl_shm_pool", "create_buffer", 0u, width, (uint32_t)POOL_SIDE, width * 4, (uint32_t)i);
	}
}

static void make_window(struct raw *raw) {
	uint32_t surface = call(raw, 0, "wl_compositor", "create_surface");
	uint32_t xdg_surface = call(raw, 0, "xdg_wm_base", "get_xdg_surface", surface);
	uint32_t toplevel = call(raw, xdg_surface, "xdg_surface", "get_toplevel");
	call(raw, toplevel, "xdg_toplevel", "set_title", any_text(raw) != NULL ? "game" : "");
	if (rng_one(raw_rng(raw), 3)) {
		uint32_t parent = id_of(raw, "xdg_toplevel");
		call(raw, toplevel, "xdg_toplevel", "set_parent", parent != toplevel ? parent : 0);
	}
	call(raw, surface, "wl_surface", "commit");
}

static void make_popup(struct raw *raw) {
	uint32_t positioner = call(raw, 0, "xdg_wm_base", "create_positioner");
	uint32_t parent = id_of(raw, "xdg_surface");
	call(raw, positioner, "xdg_positioner", "set_size", 50u, 40u);
	call(raw, positioner, "xdg_positioner", "set_anchor_rect", 1u, 1u, 10u, 10u);
	call(raw, positioner, "xdg_positioner", "set_constraint_adjustment", any_number(raw) & 63);
	uint32_t surface = call(raw, 0, "wl_compositor", "create_surface");
	uint32_t xdg_surface = call(raw, 0, "xdg_wm_base", "get_xdg_surface", surface);
	uint32_t popup = call(raw, xdg_surface, "xdg_surface", "get_popup", parent, positioner);
	if (rng_one(raw_rng(raw), 2)) {
		call(raw, popup, "xdg_popup", "grab", id_of(raw, "wl_seat"), raw_serial(raw));
	}
	call(raw, surface, "wl_surface", "commit");
}

static void make_subsurface(struct raw *raw) {
	uint32_t parent = id_of(raw, "wl_surface");
	uint32_t surface = call(raw, 0, "wl_compositor", "create_surface");
	uint32_t subsurface = call(raw, 0, "wl_subcompositor", "get_subsurface", surface, parent);
	call(raw, subsurface, "wl_subsurface", "set_position", any_number(raw), any_number(raw));
	call(raw, subsurface, "wl_subsurface", rng_one(raw_rng(raw), 2) ? "set_desync" : "set_sync");
	call(raw, surface, "wl_surface", "attach", id_of(raw, "wl_buffer"), 0u, 0u);
	call(raw, surface, "wl_surface", "commit");
}

/* A surface that is drawn before its first configure costs the connection. */
static bool is_too_early(struct raw *raw) {
	const struct raw_object *list;
	size_t len = raw_objects(raw, &list);
	for (size_t i = 0; i < len; i++) {
		if (strcmp(list[i].interface->name, "xdg_surface") == 0 && !list[i].is_configured) {
			return !rng_one(raw_rng(raw), 100);
		}
	}
	return false;
}

static void draw(struct raw *raw) {
	if (is_too_early(raw)) {
		return;
	}
	uint32_t surface = id_of(raw, "wl_surface");
	call(raw, surface, "wl_surface", "frame");
	call(raw, surface, "wl_surface", "attach", id_of(raw, "wl_buffer"), 0u, 0u);
	call(raw, surface, "wl_surface", "damage", 0u, 0u, (uint32_t)POOL_SIDE, (uint32_t)POOL_SIDE);
	call(raw, surface, "wl_surface", "commit");
}

/* Acknowledges every configure that has come, and draws. */
static void acknowledge(struct raw *raw) {
	const struct raw_object *list;
	size_t len = raw_objects(raw, &list);
	for (size_t i = 0; i < len; i++) {
		if (list[i].configure != 0) {
			call(raw, list[i].id, "xdg_surface", "ack_configure", list[i].configure);
		}
	}
	if (is_too_early(raw)) {
		return;
	}
	len = raw_objects(raw, &list);
	for (size_t i = 0; i < len; i++) {
		if (strcmp(list[i].interface->name, "wl_surface") == 0 && !rng_one(raw_rng(raw), 4)) {
			uint32_t surface = list[i].id;
			call(raw, surface, "wl_surface", "attach", id_of(raw, "wl_buffer"), 0u, 0u);
			call(raw, surface, "wl_surface", "damage", 0u, 0u, (uint32_t)POOL_SIDE, (uint32_t)POOL_SIDE);
			call(raw, surface, "wl_surface", "commit");
		}
	}
}

static void copy(struct raw *raw) {
	uint32_t source = call(raw, 0, "wl_data_device_manager", "create_data_source");
	call(raw, source, "wl_data_source", "offer", "text/plain;charset=utf-8");
	call(raw, source, "wl_data_source", "offer", "image/png");
	call(raw, 0, "wl_data_device", "set_selection", source, raw_serial(raw));
}

static void drag(struct raw *raw) {
	uint32_t source = rng_one(raw_rng(raw), 3) ? 0 : call(raw, 0, "wl_data_device_manager", "create_data_source");
	uint32_t icon = rng_one(raw_rng(raw), 2) ? 0 : call(raw, 0, "wl_compositor", "create_surface");
	if (source != 0) {
		call(raw, source, "wl_data_source", "offer", "text/plain");
		call(raw, source, "wl_data_source", "set_actions", 3u);
	}
	call(raw, 0, "wl_data_device", "start_drag", source, id_of(raw, "wl_surface"), icon, raw_serial(raw));
}

static void paste(struct raw *raw) {
	call(raw, 0, "wl_data_offer", "accept", raw_serial(raw), "text/plain");
	call(raw, 0, "wl_data_offer", "receive", "text/plain", make_pipe(raw));
}

static void set_cursor(struct raw *raw) {
	uint32_t surface = call(raw, 0, "wl_compositor", "create_surface");
	call(raw, 0, "wl_pointer", "set_cursor", raw_serial(raw), surface, 1u, 1u);
	call(raw, surface, "wl_surface", "attach", id_of(raw, "wl_buffer"), 0u, 0u);
	call(raw, surface, "wl_surface", "commit");
}

static void change_state(struct raw *raw) {
	static const char *const names[] = { "set_maximized", "unset_maximized", "unset_fullscreen", "set_minimized" };
	switch (rng_below(raw_rng(raw), 4)) {
	case 0:
		call(raw, 0, "xdg_toplevel", "set_fullscreen", id_of(raw, "wl_output"));
		break;
	case 1:
		call(raw, 0, "xdg_toplevel", "move", id_of(raw, "wl_seat"), raw_serial(raw));
		break;
	case 2:
		call(raw, 0, "xdg_toplevel", "resize", id_of(raw, "wl_seat"), raw_serial(raw), 10u);
		break;
	default:
		call(raw, 0, "xdg_toplevel", names[rng_below(raw_rng(raw), sizeof(names) / sizeof(names[0]))]);
	}
}

/* What the list of objects holds says how far the client has come. */
static void make_honest(struct raw *raw) {
	static void (*const moves[])(struct raw *raw) = {
		make_buffer,
		make_window,
		make_popup,
		make_popup,
		make_subsurface,
		draw,
		draw,
		acknowledge,
		acknowledge,
		acknowledge,
		copy,
		drag,
		paste,
		set_cursor,
		change_state,
	};
	if (raw_pick(raw, "wl_compositor") == NULL) {
		bind_all(raw);
	} else if (raw_pick(raw, "wl_buffer") == NULL) {
		make_buffer(raw);
	} else if (raw_pick(raw, "xdg_toplevel") == NULL) {
		make_window(raw);
	} else {
		moves[rng_below(raw_rng(raw), sizeof(moves) / sizeof(moves[0]))](raw);
	}
}

void moves_make(struct raw *raw) {
	size_t len = 0;
	const struct raw_global *globals;
	len = raw_globals(raw, &globals);
	if (len == 0 && !rng_one(raw_rng(raw), 50)) {
		return; /* the registry has not been told yet */
	}
	if (raw_pick(raw, "xdg_toplevel") == NULL || !rng_one(raw_rng(raw), 3)) {
		make_honest(raw);
	} else {
		for (size_t left = 1 + rng_below(raw_rng(raw), 6); left > 0; left--) {
			make_any(raw);
		}
	}
}
