/*
 * R2. Numbers at their limits: sizes of pools and strides of buffers, scales, viewports, regions, positions, geometry, and
 * serials, of -1, 0, the smallest and the largest, and such that their sums and products overflow. What counts is not a
 * list of known mistakes but all there is: each request with a number in it, of each interface that an instance may bind,
 * found by walking the protocols' descriptions; a case fails where this test has no object to send one to.
 *
 * Each costs the sender its connection, by a protocol error, or nothing. The compositor lives, under the sanitizers
 * as well, and the victim is drawn, answered, and typed into.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alpha-modifier-v1-client-protocol.h"
#include "base/memory.h"
#include "content-type-v1-client-protocol.h"
#include "cursor-shape-v1-client-protocol.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "primary-selection-unstable-v1-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tests/attacks/stage.h"
#include "tests/fuzz/interfaces.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define MEMORY_SIZE 65536 /* of each pool, in truth */
#define ARGUMENTS_MAX 20
#define OBJECTS_MAX 64

/* For one number of a request, and for all of them at once. */
static const int32_t limits[] = {
	0,
	1,
	-1,
	7,
	255,
	65536,
	46341, /* the smallest whose square overflows */
	8388607,
	8388608, /* the largest that fits into 24.8 bits, and the next */
	0x20000000,
	0x40000000, /* times 4, the size of a pixel, it is 0 or less */
	INT32_MAX - 1,
	INT32_MAX,
	INT32_MIN,
	INT32_MIN + 1,
};

/* For all numbers of a request, by turns: products, quotients and sums that overflow. */
static const int32_t pairs[][2] = {
	{ 32768, 65536 },
	{ 1, INT32_MAX },
	{ INT32_MAX, 2 },
	{ INT32_MIN, -1 },
	{ -1, INT32_MIN },
	{ INT32_MAX, INT32_MIN },
	{ INT32_MIN, INT32_MAX },
	{ 0, INT32_MAX },
	{ INT32_MAX - 8, 16 },
	{ -16, 8388607 },
};

/* What the numbers of a request are while one of them is tried, where 1 will not do. */
#define SERIAL 0x5e71a1 /* stands for one that the client was really given */

static const struct {
	const char *interface, *request;
	int32_t values[5];
} usual[] = {
	{ "wl_shm", "create_pool", { MEMORY_SIZE } },
	{ "wl_shm_pool", "create_buffer", { 0, 8, 8, 32, WL_SHM_FORMAT_XRGB8888 } },
	{ "wl_shm_pool", "resize", { MEMORY_SIZE } },
	{ "wl_surface", "attach", { 0, 0 } },
	{ "wl_pointer", "set_cursor", { SERIAL, 0, 0 } },
	{ "wl_data_device", "start_drag", { SERIAL } },
	{ "wl_data_device", "set_selection", { SERIAL } },
	{ "wl_data_offer", "accept", { SERIAL } },
	{ "zwp_primary_selection_device_v1", "set_selection", { SERIAL } },
	{ "xdg_surface", "ack_configure", { SERIAL } },
	{ "xdg_toplevel", "move", { SERIAL } },
	{ "xdg_toplevel", "resize", { SERIAL, 10 } },
	{ "xdg_toplevel", "show_window_menu", { SERIAL, 10, 10 } },
	{ "xdg_popup", "grab", { SERIAL } },
	{ "xdg_activation_token_v1", "set_serial", { SERIAL } },
	{ "wp_cursor_shape_device_v1", "set_shape", { SERIAL, 1 } },
	{ "wp_viewport", "set_source", { 256, 256, 256, 256 } },
};

/* ---- the attacker's objects ---- */

/* One of each kind, of one connection. */
struct scene {
	struct stage *stage;
	struct wl_proxy *objects[OBJECTS_MAX]; /* the first of its interface is the one that is named as an argument */
	size_t len;
	struct window *window, *floating;
	struct popup *popup;
	struct subsurface *part;
	struct wl_surface *spare; /* without a role: for cursors and drag icons */
	struct xdg_positioner *positioner;
	struct wl_region *region;
	struct zwp_text_input_v3 *text_input;
	struct buffer *buffer;
};

static void add(struct scene *scene, void *object) {
	struct test *test = scene->stage->test;
	CHECK(scene->len < OBJECTS_MAX, "too many objects");
	scene->objects[scene->len++] = object;
}

static struct wl_proxy *find(const struct scene *scene, const struct wl_interface *interface) {
	for (size_t i = 0; i < scene->len; i++) {
		if (strcmp(wl_proxy_get_interface(scene->objects[i])->name, interface->name) == 0) {
			return scene->objects[i];
		}
	}
	return NULL;
}

static int make_memory(struct test *test) {
	int fd = memfd_create("numbers", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, MEMORY_SIZE) == 0, "cannot make shared memory: %s", strerror(errno));
	return fd;
}

/* A window with a part and a popup, and one that floats; nothing of it is drawn anew unless this test does. */
static void add_surfaces(struct scene *scene) {
	struct client *client = scene->stage->attacker.client;
	scene->window = window_open(client, "numbers", ATTACKER_CONTENT);
	scene->part = subsurface_create(client, scene->window->surface, -35, -55, 99, 77, INTRUDER);
	scene->popup = popup_open(client, scene->window->xdg_surface,
		&(struct popup_options){ .x = 20, .y = 20, .width = 40, .height = 30, .color = INTRUDER });
	scene->floating = window_open_fixed(client, "floating", INTRUDER, 200, 150);
	scene->window->is_manual = scene->floating->is_manual = scene->popup->is_manual = true;
	scene->stage->attacker.window = scene->window;
	scene->spare = wl_compositor_create_surface(client_compositor(client));
	add(scene, scene->window->surface);
	add(scene, scene->window->xdg_surface);
	add(scene, scene->window->toplevel);
	add(scene, scene->part->surface);
	add(scene, scene->part->wl_subsurface);
	add(scene, scene->floating->xdg_surface);
	add(scene, scene->floating->toplevel);
	add(scene, scene->popup->xdg_popup);
	/* Of the version in which a buffer may still be attached at an offset. */
	struct wl_compositor *old = client_bind(client, &wl_compositor_interface, 4);
	add(scene, wl_compositor_create_surface(old));
}

static void add_parts_of_surfaces(struct scene *scene) {
	struct client *client = scene->stage->attacker.client;
	struct wl_surface *surface = scene->window->surface;
	scene->positioner = xdg_wm_base_create_positioner(client_wm_base(client));
	xdg_positioner_set_size(scene->positioner, 40, 30);
	xdg_positioner_set_anchor_rect(scene->positioner, 1, 1, 10, 10);
	add(scene, scene->positioner);
	scene->region = wl_compositor_create_region(client_compositor(client));
	add(scene, scene->region);
	scene->buffer = buffer_create(client, 32, 32, ATTACKER_CONTENT);
	add(scene, scene->buffer->wl_buffer);
	int fd = make_memory(client->test);
	add(scene, wl_shm_create_pool(client_shm(client), fd, MEMORY_SIZE));
	close(fd);
	struct wp_viewporter *viewporter = client_bind(client, &wp_viewporter_interface, 1);
	add(scene, wp_viewporter_get_viewport(viewporter, surface));
	struct wp_viewport *viewport = wp_viewporter_get_viewport(viewporter, scene->floating->surface);
	wp_viewport_set_destination(viewport, 60000, 50000); /* so that a geometry may be as large */
	wl_surface_commit(scene->floating->surface);
	add(scene, viewport);
	/* The part is turned, scaled up from the smallest part of a pixel there is, and cut by the frame. */
	viewport = wp_viewporter_get_viewport(viewporter, scene->part->surface);
	wp_viewport_set_source(viewport, 1, 1, 1, 1);
	wp_viewport_set_destination(viewport, 131, 83);
	wl_surface_set_buffer_transform(scene->part->surface, WL_OUTPUT_TRANSFORM_FLIPPED_270);
	wl_surface_commit(scene->part->surface);
	add(scene, viewport);
	add(scene, wp_alpha_modifier_v1_get_surface(client_bind(client, &wp_alpha_modifier_v1_interface, 1), surface));
	add(scene,
		wp_content_type_manager_v1_get_surface_content_type(
			client_bind(client, &wp_content_type_manager_v1_interface, 1), surface));
	add(scene,
		zxdg_decoration_manager_v1_get_toplevel_decoration(
			client_bind(client, &zxdg_decoration_manager_v1_interface, 1),
			window_create(client, "not drawn", ATTACKER_CONTENT)->toplevel));
	add(scene, client_bind(client, &wp_single_pixel_buffer_manager_v1_interface, 1));
	add(scene, client_shm(client));
	add(scene, client_wm_base(client));
}

static void add_parts_of_the_seat(struct scene *scene) {
	struct party *attacker = &scene->stage->attacker;
	struct client *client = attacker->client;
	struct seat *seat = attacker->seat;
	add(scene, seat->wl_seat);
	add(scene, seat->pointer);
	add(scene, attacker->selection->device);
	add(scene, attacker->selection->primary_device);
	add(scene, source_create_text(client, "")->wl_source);
	add(scene, source_create_primary(client, "")->primary);
	scene->text_input = zwp_text_input_manager_v3_get_text_input(
		client_bind(client, &zwp_text_input_manager_v3_interface, 1), seat->wl_seat);
	add(scene, scene->text_input);
	add(scene,
		wp_cursor_shape_manager_v1_get_pointer(
			client_bind(client, &wp_cursor_shape_manager_v1_interface, 1), seat->pointer));
	add(scene, xdg_activation_v1_get_activation_token(client_bind(client, &xdg_activation_v1_interface, 1)));
	struct zwp_pointer_constraints_v1 *constraints = client_bind(client, &zwp_pointer_constraints_v1_interface, 1);
	add(scene, constraints);
	add(scene,
		zwp_pointer_constraints_v1_lock_pointer(
			constraints, scene->part->surface, seat->pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT));
}

static void begin(struct scene *scene) {
	party_reconnect(&scene->stage->attacker);
	*scene = (struct scene){ .stage = scene->stage };
	add_surfaces(scene);
	add_parts_of_surfaces(scene);
	add_parts_of_the_seat(scene);
	client_roundtrip(scene->stage->attacker.client);
}

/*
 * An offer there is only where something was copied, and the client has the focus. The click is on its window that floats
 * before all others, whether or not that has grown yet to what its viewport says.
 */
static void add_offer(struct scene *scene) {
	struct party *attacker = &scene->stage->attacker;
	desktop_focus(scene->stage->session, attacker->name, "floating");
	party_copy(attacker, "copied");
	add(scene, attacker->selection->offer->wl_offer);
}

/* ---- one request ---- */

struct attempt {
	struct scene *scene;
	struct wl_proxy *object;
	uint32_t opcode;
	const struct wl_message *request;
	int32_t numbers[ARGUMENTS_MAX];
	size_t numbers_len;
};

static bool is_number(char kind) {
	return kind == 'i' || kind == 'u' || kind == 'f';
}

static size_t count_numbers(const struct wl_message *request) {
	size_t count = 0;
	for (const char *c = request->signature; *c != '\0'; c++) {
		count += is_number(*c);
	}
	return count;
}

static bool has_request(uint32_t version, const struct wl_message *request) {
	uint32_t since = (uint32_t)strtoul(request->signature, NULL, 10);
	return since <= version && count_numbers(request) > 0;
}

static void set_usual(struct attempt *attempt) {
	const char *interface = wl_proxy_get_interface(attempt->object)->name;
	for (size_t i = 0; i < attempt->numbers_len; i++) {
		attempt->numbers[i] = 1;
	}
	for (size_t i = 0; i < LEN(usual); i++) {
		if (strcmp(usual[i].interface, interface) == 0 && strcmp(usual[i].request, attempt->request->name) == 0) {
			memcpy(attempt->numbers, usual[i].values, sizeof(usual[i].values));
		}
	}
	bool is_configure = strcmp(interface, "xdg_surface") == 0;
	const struct scene *scene = attempt->scene;
	for (size_t i = 0; i < attempt->numbers_len; i++) {
		if (attempt->numbers[i] == SERIAL) {
			attempt->numbers[i] = (int32_t)(is_configure ? scene->window->serial : scene->stage->attacker.seat->serial);
		}
	}
}

static const char *describe(const struct attempt *attempt) {
	static char text[512];
	int len = snprintf(
		text, sizeof(text), "%s.%s:", wl_proxy_get_interface(attempt->object)->name, attempt->request->name);
	for (size_t i = 0; i < attempt->numbers_len; i++) {
		len += snprintf(text + len, sizeof(text) - (size_t)len, " %d", attempt->numbers[i]);
	}
	return text;
}

static struct wl_object *any_object(
	const struct scene *scene, const struct wl_interface *interface, bool may_be_none, const char *what) {
	struct test *test = scene->stage->test;
	if (may_be_none && interface == &wl_surface_interface) {
		return (struct wl_object *)scene->spare;
	}
	struct wl_proxy *object = find(scene, interface);
	CHECK(object != NULL || may_be_none, "%s: there is no %s to name", what, interface->name);
	return (struct wl_object *)object;
}

/* Sends it. Returns what it has made, or NULL. */
static struct wl_proxy *send_request(const struct attempt *attempt) {
	union wl_argument arguments[ARGUMENTS_MAX] = { 0 };
	static struct wl_array nothing;
	const struct wl_interface *made = NULL;
	size_t index = 0, number = 0;
	int fd = -1;
	for (const char *c = attempt->request->signature; *c != '\0'; c++) {
		const struct wl_interface *interface = attempt->request->types[index];
		switch (*c) {
		case 'i':
		case 'u':
		case 'f':
			arguments[index].i = attempt->numbers[number++];
			break;
		case 'n':
			made = interface;
			break;
		case 'o':
			arguments[index].o = any_object(
				attempt->scene, interface, c > attempt->request->signature && c[-1] == '?', describe(attempt));
			break;
		case 's':
			arguments[index].s = "text/plain";
			break;
		case 'a':
			arguments[index].a = &nothing;
			break;
		case 'h':
			arguments[index].h = fd = make_memory(attempt->scene->stage->test);
			break;
		default:
			continue; /* a version, or "may be none" */
		}
		index++;
	}
	struct wl_proxy *proxy = wl_proxy_marshal_array_flags(
		attempt->object, attempt->opcode, made, wl_proxy_get_version(attempt->object), 0, arguments);
	if (fd >= 0) {
		close(fd); /* the library has its own */
	}
	return made != NULL ? proxy : NULL;
}

/* What was made with these numbers is used: most of them are only looked at then. */
static void use(struct scene *scene, struct wl_proxy *made) {
	struct client *client = scene->stage->attacker.client;
	struct wl_surface *surface = scene->window->surface;
	bool is_buffer = made != NULL && strcmp(wl_proxy_get_interface(made)->name, "wl_buffer") == 0;
	wl_surface_set_input_region(surface, scene->region);
	wl_surface_set_opaque_region(surface, scene->region);
	if (is_buffer) {
		wl_surface_attach(scene->part->surface, (struct wl_buffer *)made, 0, 0);
		wl_surface_attach(surface, (struct wl_buffer *)made, 0, 0);
		wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	}
	zwp_text_input_v3_enable(scene->text_input);
	zwp_text_input_v3_commit(scene->text_input);
	wl_surface_commit(scene->spare);
	wl_surface_commit(scene->part->surface);
	window_acknowledge(scene->window);
	wl_surface_commit(surface);
	window_acknowledge(scene->floating);
	wl_surface_commit(scene->floating->surface);

	struct wl_surface *popup_surface = wl_compositor_create_surface(client_compositor(client));
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(client_wm_base(client), popup_surface);
	struct xdg_popup *popup = xdg_surface_get_popup(xdg_surface, scene->window->xdg_surface, scene->positioner);
	wl_surface_commit(popup_surface);
	client_try_roundtrip(client);
	xdg_popup_destroy(popup);
	xdg_surface_destroy(xdg_surface);
	wl_surface_destroy(popup_surface);
	if (is_buffer) {
		wl_surface_attach(surface, scene->buffer->wl_buffer, 0, 0);
		wl_surface_attach(scene->part->surface, scene->buffer->wl_buffer, 0, 0);
	}
}

static void end(struct wl_proxy *made) {
	if (made == NULL) {
		return;
	}
	const struct wl_interface *interface = wl_proxy_get_interface(made);
	for (int i = 0; i < interface->method_count; i++) {
		if (strcmp(interface->methods[i].name, "destroy") == 0) {
			wl_proxy_marshal_array_flags(
				made, (uint32_t)i, NULL, wl_proxy_get_version(made), WL_MARSHAL_FLAG_DESTROY, NULL);
			return;
		}
	}
	wl_proxy_destroy(made);
}

struct count {
	size_t tried, refused;
	double slowest; /* roundtrip of the victim's, milliseconds */
	char slowest_of[256];
};

static void try_numbers(struct attempt *attempt, struct count *count) {
	struct scene *scene = attempt->scene;
	struct test *test = scene->stage->test;
	struct client *client = scene->stage->attacker.client;
	struct wl_proxy *made = send_request(attempt);
	use(scene, made);
	end(made);
	client_try_roundtrip(client);
	double time = client_time_roundtrip(scene->stage->victim.client);
	CHECK(time >= 0, "%s: the victim is thrown out", describe(attempt));
	if (time > count->slowest) {
		count->slowest = time;
		snprintf(count->slowest_of, sizeof(count->slowest_of), "%s", describe(attempt));
	}
	count->tried++;
	if (!client_is_alive(client)) {
		CHECK_INT(client->error.system, EPROTO, "%s: thrown out without a word", describe(attempt));
		count->refused++;
	}
}

/* A scene in which the last attempt has left its traces serves again, unless it cost the connection. */
static void renew(struct attempt *attempt, size_t index) {
	struct scene *scene = attempt->scene;
	if (!client_is_alive(scene->stage->attacker.client)) {
		begin(scene);
		if (index >= scene->len) {
			add_offer(scene);
		}
		attempt->object = scene->objects[index];
	}
	set_usual(attempt);
}

static void try_request(struct scene *scene, size_t index, uint32_t opcode, struct count *count) {
	struct attempt attempt = { .scene = scene, .object = scene->objects[index], .opcode = opcode };
	attempt.request = &wl_proxy_get_interface(attempt.object)->methods[opcode];
	attempt.numbers_len = count_numbers(attempt.request);
	for (size_t i = 0; i < LEN(limits); i++) {
		for (size_t number = 0; number < attempt.numbers_len; number++) {
			renew(&attempt, index);
			attempt.numbers[number] = limits[i];
			try_numbers(&attempt, count);
		}
		if (attempt.numbers_len == 1) {
			continue;
		}
		renew(&attempt, index);
		for (size_t number = 0; number < attempt.numbers_len; number++) {
			attempt.numbers[number] = limits[i];
		}
		try_numbers(&attempt, count);
	}
	for (size_t i = 0; i < LEN(pairs) && attempt.numbers_len > 1; i++) {
		renew(&attempt, index);
		for (size_t number = 0; number < attempt.numbers_len; number++) {
			/* By turns, and then in twos: x and y, width and height. */
			attempt.numbers[number] = pairs[i][i % 2 == 0 ? number % 2 : number / 2 % 2];
		}
		try_numbers(&attempt, count);
	}
	renew(&attempt, index);
}

/* ---- everything that there is ---- */

/* Fails where an instance could have an object with numbers to set, and this test has none. */
static void check_complete(
	const struct scene *scene, const struct wl_interface *interface, uint32_t version, int depth) {
	struct test *test = scene->stage->test;
	for (int i = 0; i < interface->method_count; i++) {
		const struct wl_message *request = &interface->methods[i];
		CHECK(!has_request(version, request) || find(scene, interface) != NULL || interface == &wl_data_offer_interface,
			"%s.%s takes numbers, and is not tried", interface->name, request->name);
	}
	for (int i = 0; i < interface->method_count + interface->event_count && depth < 4; i++) {
		const struct wl_message *message = i < interface->method_count
			? &interface->methods[i]
			: &interface->events[i - interface->method_count];
		size_t index = 0;
		for (const char *c = message->signature; *c != '\0'; c++) {
			if (*c == 'n' && message->types[index] != NULL && strtoul(message->signature, NULL, 10) <= version) {
				check_complete(scene, message->types[index], version, depth + 1);
			}
			index += strchr("iufsonah", *c) != NULL;
		}
	}
}

static void check_all_globals(const struct scene *scene) {
	struct test *test = scene->stage->test;
	const struct client_global *global;
	wl_list_for_each(global, &scene->stage->attacker.client->globals, link) {
		/* It ends registries; its later versions take the name of a global, which F7 tries. */
		if (strcmp(global->interface, "wl_fixes") == 0) {
			continue;
		}
		const struct wl_interface *interface = interface_find(global->interface);
		CHECK(interface != NULL, "%s is offered, and this test does not know it", global->interface);
		uint32_t version = (uint32_t)interface->version < global->version ? (uint32_t)interface->version
																		  : global->version;
		check_complete(scene, interface, version, 0);
	}
}

/* The victim is as it was: it is drawn, it is typed into. */
static void check_victim(struct stage *stage, pid_t compositor) {
	struct test *test = stage->test;
	CHECK_INT(session_compositor_pid(stage->session), compositor, "the compositor has died");
	WAIT_FOR(!client_is_alive(stage->attacker.client) || stage->attacker.window != NULL, "no attacker");
	party_reconnect(&stage->attacker);
	size_t frames = stage->victim.window->frames;
	WAIT_FOR(stage->victim.window->frames > frames, "the victim has no frames any more");
	party_focus(&stage->victim);
	seat_forget(stage->victim.seat);
	virtual_keyboard_type(stage->keyboard, "here");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "here", "something else is typed into the victim");
	struct picture *picture = desktop_picture(stage->session);
	struct desktop_window window = party_look(&stage->victim);
	desktop_check_frame(stage->session, picture, &window, VICTIM_COLOR);
	int x, y;
	CHECK(picture_is_filled(picture, &window.content, VICTIM_CONTENT, &x, &y), "the victim's pixel %d,%d is another", x,
		y);
	picture_destroy(picture);
}

/* All requests of objects whose interface's name begins so; with an offer among them where that is wanted. */
static void try_all(struct test *test, const char *const *prefixes, bool with_offer) {
	struct stage *stage = stage_start(test, NULL, "\tallow pointer-lock idle-inhibit xdg-output\n");
	pid_t compositor = session_compositor_pid(stage->session);
	party_open(&stage->victim, "editor");
	window_count_frames(stage->victim.window);
	struct scene scene = { .stage = stage };
	begin(&scene);
	check_all_globals(&scene);
	if (with_offer) {
		add_offer(&scene);
	}
	struct count count = { 0 };
	size_t requests = 0;
	for (size_t i = 0; i < scene.len; i++) {
		const struct wl_interface *interface = wl_proxy_get_interface(scene.objects[i]);
		uint32_t version = wl_proxy_get_version(scene.objects[i]);
		bool is_meant = false;
		for (size_t j = 0; prefixes[j] != NULL; j++) {
			is_meant |= strncmp(prefixes[j], interface->name, strlen(prefixes[j])) == 0;
		}
		for (int opcode = 0; is_meant && opcode < interface->method_count; opcode++) {
			if (has_request(version, &interface->methods[opcode])) {
				try_request(&scene, i, (uint32_t)opcode, &count);
				requests++;
			}
		}
	}
	test_note(test, "%zu requests, %zu times; %zu were protocol errors; the victim's slowest roundtrip took %.1f ms, at %s",
		requests, count.tried, count.refused, count.slowest, count.slowest_of);
	CHECK(count.slowest < 5000, "the victim waited for %.0f ms", count.slowest); /* what hangs, whatever the machine */
	check_victim(stage, compositor);
}

static void pools_and_buffers(struct test *test) {
	try_all(test, (const char *const[]){ "wl_shm", "wp_single_pixel", NULL }, false);
}

static void surfaces(struct test *test) {
	try_all(test, (const char *const[]){ "wl_surface", "wl_subsurface", "wl_region", NULL }, false);
}

static void views(struct test *test) {
	try_all(test, (const char *const[]){ "wp_viewport", "wp_alpha", "wp_content", NULL }, false);
}

static void positions(struct test *test) {
	try_all(test, (const char *const[]){ "xdg_positioner", "xdg_popup", NULL }, false);
}

static void windows(struct test *test) {
	try_all(test,
		(const char *const[]){ "xdg_surface", "xdg_toplevel", "xdg_wm_base", "zxdg_", "xdg_activation", NULL }, false);
}

static void seats(struct test *test) {
	try_all(test, (const char *const[]){ "wl_seat", "wl_pointer", "wl_data", "zwp_", "wp_cursor", NULL }, true);
}

/* The one of all these that ended our compositor, as it can be tried on others: all of the screen of a hair of a pixel. */
static void largest_view(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	struct wp_viewporter *viewporter = client_bind(attacker->client, &wp_viewporter_interface, 1);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(viewporter, attacker->window->surface);
	wp_viewport_set_source(viewport, 0, 0, 1, 1);
	wp_viewport_set_destination(viewport, INT32_MAX, INT32_MAX);
	attacker->window->is_manual = true;
	wl_surface_damage(attacker->window->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(attacker->window->surface);
	client_try_roundtrip(attacker->client);
	window_count_frames(stage->victim.window);
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (stage->victim.window->frames < 5 && client_is_alive(stage->victim.client)) {
		CHECK(test_step(test, deadline), "the victim has no frames any more");
	}
	client_roundtrip(stage->victim.client);
}

static const struct test_case cases[] = {
	{ "the smallest part of a pixel may not be the largest window", largest_view, ANYWHERE },
	{ "of pools and buffers any number may be said", pools_and_buffers },
	{ "of surfaces, their parts and regions too", surfaces },
	{ "of how they are cut, scaled and mixed too", views },
	{ "of a popup's position too", positions },
	{ "of windows too", windows },
	{ "of a seat's devices, of serials, and of what is copied too", seats },
};

TEST_MAIN(cases)
