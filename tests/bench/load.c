/*
 * One client of a measurement of fairness (fairness.py): `victim` measures what an honest program feels, `video` is another
 * honest one, each of the others floods the compositor in its way until it is ended. It connects to $WAYLAND_DISPLAY.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

#include <xkbcommon/xkbcommon.h>

#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define TIMES_MAX 100000
#define CONNECTIONS 50
#define KEY_A 30
#define KEY_INTERVAL 8000000 /* ns */
#define LAYERS 30
#define HUGE_WIDTH 1920
#define HUGE_HEIGHT 1080

struct load {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct wl_buffer *buffer;
	int width, height;
	bool configured;
	struct wl_subcompositor *subcompositor;
	struct wl_seat *seat;
	struct zwp_virtual_keyboard_manager_v1 *keyboards;
	struct wl_callback *sync;
	int64_t sent; /* ns: what is waited for */
	bool key_came;
	int64_t times[TIMES_MAX]; /* ns */
	size_t times_len;
	size_t frames;
};

static int64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static _Noreturn void give_up(const char *what) {
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- a window ---- */

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = { .ping = handle_ping };

static void handle_global(
	void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct load *load = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		load->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		load->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		load->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(load->wm_base, &wm_base_listener, load);
	} else if (strcmp(interface, wl_subcompositor_interface.name) == 0) {
		load->subcompositor = wl_registry_bind(registry, name, &wl_subcompositor_interface, 1);
	} else if (strcmp(interface, wl_seat_interface.name) == 0) {
		load->seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
	} else if (strcmp(interface, zwp_virtual_keyboard_manager_v1_interface.name) == 0) {
		load->keyboards = wl_registry_bind(registry, name, &zwp_virtual_keyboard_manager_v1_interface, 1);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = { .global = handle_global, .global_remove = handle_global_remove };

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	struct load *load = data;
	xdg_surface_ack_configure(surface, serial);
	load->configured = true;
}

static const struct xdg_surface_listener surface_listener = { .configure = handle_configure };

static void handle_toplevel(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height,
	struct wl_array *states) {
	struct load *load = data;
	load->width = width > 0 ? width : 640;
	load->height = height > 0 ? height : 480;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = { .configure = handle_toplevel, .close = handle_close };

static struct wl_buffer *make_buffer(struct load *load, int width, int height, uint32_t format) {
	int fd = memfd_create("load", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)width * height * 4) != 0) {
		give_up("memory");
	}
	/* Half of everything in every pixel: what is translucent is so in earnest. */
	void *pixels = mmap(NULL, (size_t)width * (size_t)height * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED) {
		give_up("memory");
	}
	memset(pixels, 0x80, (size_t)width * (size_t)height * 4);
	munmap(pixels, (size_t)width * (size_t)height * 4);
	struct wl_shm_pool *pool = wl_shm_create_pool(load->shm, fd, width * height * 4);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, format);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

static bool connect_load(struct load *load, const char *socket) {
	load->display = wl_display_connect(socket);
	if (load->display == NULL) {
		return false;
	}
	struct wl_registry *registry = wl_display_get_registry(load->display);
	wl_registry_add_listener(registry, &registry_listener, load);
	return wl_display_roundtrip(load->display) >= 0;
}

/* 0: as large as is asked for. */
static void open_window(struct load *load, int width, int height) {
	if (load->compositor == NULL || load->wm_base == NULL || load->shm == NULL) {
		give_up("no windows here");
	}
	load->surface = wl_compositor_create_surface(load->compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(load->wm_base, load->surface);
	xdg_surface_add_listener(xdg, &surface_listener, load);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, load);
	xdg_toplevel_set_title(toplevel, "load");
	wl_surface_commit(load->surface);
	while (!load->configured) {
		if (wl_display_dispatch(load->display) < 0) {
			give_up("no configure");
		}
	}
	load->width = width > 0 ? width : load->width;
	load->height = height > 0 ? height : load->height;
	load->buffer = make_buffer(load, load->width, load->height, WL_SHM_FORMAT_XRGB8888);
	wl_surface_attach(load->surface, load->buffer, 0, 0);
	wl_surface_commit(load->surface);
	wl_display_roundtrip(load->display);
}

/* ---- the victim ---- */

static void repaint(struct load *load);

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	struct load *load = data;
	wl_callback_destroy(callback);
	load->frames++;
	repaint(load);
}

static const struct wl_callback_listener frame_listener = { .done = handle_frame };

static void repaint(struct load *load) {
	wl_callback_add_listener(wl_surface_frame(load->surface), &frame_listener, load);
	wl_surface_attach(load->surface, load->buffer, 0, 0);
	wl_surface_damage(load->surface, 0, 0, 64, 64);
	wl_surface_commit(load->surface);
}

static void note_time(struct load *load) {
	if (load->times_len < TIMES_MAX) {
		load->times[load->times_len++] = now() - load->sent;
	}
}

static void handle_sync(void *data, struct wl_callback *callback, uint32_t serial) {
	struct load *load = data;
	wl_callback_destroy(callback);
	load->sync = NULL;
	note_time(load);
}

static const struct wl_callback_listener sync_listener = { .done = handle_sync };

/* Sends what waits, and reads and handles what comes within so many nanoseconds. */
static void turn(struct load *load, int64_t patience) {
	while (wl_display_prepare_read(load->display) != 0) {
		wl_display_dispatch_pending(load->display);
	}
	wl_display_flush(load->display);
	struct pollfd poll_fd = { .fd = wl_display_get_fd(load->display), .events = POLLIN };
	struct timespec time = { .tv_nsec = patience > 0 ? patience : 0 };
	if (ppoll(&poll_fd, 1, &time, NULL) > 0) {
		wl_display_read_events(load->display);
	} else {
		wl_display_cancel_read(load->display);
	}
	if (wl_display_dispatch_pending(load->display) < 0) {
		give_up("disconnected");
	}
}

static int compare(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* p50, p99 and the longest in milliseconds */
static void print_times(struct load *load) {
	size_t len = load->times_len;
	if (len == 0) {
		printf("- - - ");
		return;
	}
	qsort(load->times, len, sizeof(load->times[0]), compare);
	printf("%.3f %.3f %.3f ", (double)load->times[len / 2] / 1e6, (double)load->times[len * 99 / 100] / 1e6,
		(double)load->times[len - 1] / 1e6);
	load->times_len = 0;
}

/* One sync a millisecond, or as soon as the one before is answered; repaints as often as it is let. */
static void measure_syncs(struct load *load, double seconds) {
	int64_t begin = now(), end = begin + (int64_t)(seconds * 1e9), next = begin;
	load->frames = 0;
	while (now() < end) {
		if (load->sync == NULL && now() >= next) {
			next = now() + 1000000;
			load->sent = now();
			load->sync = wl_display_sync(load->display);
			wl_callback_add_listener(load->sync, &sync_listener, load);
		}
		turn(load, load->sync == NULL ? next - now() : 10000000);
	}
	double elapsed = (double)(now() - begin) / 1e9;
	print_times(load);
	printf("%.1f ", (double)load->frames / elapsed);
}

/* ---- keys: the person is a connection of its own ---- */

static void handle_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size) {
	close(fd);
}

static void handle_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface,
	struct wl_array *keys) {
}

static void handle_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface) {
}

static void handle_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time, uint32_t key,
	uint32_t state) {
	struct load *load = data;
	note_time(load);
	load->key_came = true;
}

static void handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t depressed,
	uint32_t latched, uint32_t locked, uint32_t group) {
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keymap, .enter = handle_enter, .leave = handle_leave, .key = handle_key,
	.modifiers = handle_modifiers,
};

static struct zwp_virtual_keyboard_v1 *make_keyboard(struct load *person) {
	struct zwp_virtual_keyboard_v1 *keyboard =
		zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(person->keyboards, person->seat);
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	const struct xkb_rule_names names = { .layout = "us" };
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	uint32_t size = (uint32_t)strlen(text) + 1;
	int fd = memfd_create("keymap", MFD_CLOEXEC);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size) {
		give_up("keymap");
	}
	zwp_virtual_keyboard_v1_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, size);
	wl_display_roundtrip(person->display);
	close(fd);
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	return keyboard;
}

/* From the key's being sent to its arrival at the window that has the keyboard, which is to be the victim's. */
static void measure_keys(struct load *load, const char *socket, double seconds) {
	static struct load person;
	if (!connect_load(&person, socket) || person.keyboards == NULL) {
		print_times(load);
		return;
	}
	struct zwp_virtual_keyboard_v1 *keyboard = make_keyboard(&person);
	wl_keyboard_add_listener(wl_seat_get_keyboard(load->seat), &keyboard_listener, load);
	wl_display_roundtrip(load->display);
	int64_t end = now() + (int64_t)(seconds * 1e9);
	bool pressed = false;
	for (int64_t next = now(); now() < end; next += KEY_INTERVAL) {
		pressed = !pressed;
		load->key_came = false;
		load->sent = now();
		zwp_virtual_keyboard_v1_key(keyboard, (uint32_t)(now() / 1000000), KEY_A, pressed);
		wl_display_flush(person.display);
		while (!load->key_came && now() < end) {
			turn(load, 10000000);
		}
		while (now() < next + KEY_INTERVAL) {
			turn(load, next + KEY_INTERVAL - now());
		}
	}
	print_times(load);
}

static void run_victim(struct load *load, double seconds, const char *keys_socket) {
	open_window(load, 0, 0);
	repaint(load);
	printf("ready\n");
	fflush(stdout);
	struct pollfd go = { .fd = STDIN_FILENO, .events = POLLIN };
	while (poll(&go, 1, 0) == 0) {
		turn(load, 10000000);
	}
	measure_syncs(load, seconds);
	if (keys_socket != NULL) {
		measure_keys(load, keys_socket, seconds);
	}
	printf("\n");
}

/* ---- floods ---- */

/* Waits until the socket takes more, and reads what has come. */
static bool pump(struct load *load, bool reads) {
	while (wl_display_flush(load->display) < 0) {
		if (errno != EAGAIN) {
			return false;
		}
		struct pollfd poll_fd = { .fd = wl_display_get_fd(load->display), .events = POLLOUT };
		poll(&poll_fd, 1, -1);
	}
	struct pollfd poll_fd = { .fd = wl_display_get_fd(load->display), .events = POLLIN };
	if (reads && poll(&poll_fd, 1, 0) > 0) {
		return wl_display_dispatch(load->display) >= 0;
	}
	return true;
}

static void run_requests(struct load *load) {
	bool ok = true;
	while (ok) {
		for (int i = 0; i < 100; i++) {
			wl_callback_destroy(wl_display_sync(load->display));
		}
		ok = pump(load, true);
	}
}

static void run_damage(struct load *load) {
	open_window(load, HUGE_WIDTH, HUGE_HEIGHT);
	bool ok = true;
	while (ok) {
		for (int i = 0; i < 100; i++) {
			wl_surface_attach(load->surface, load->buffer, 0, 0);
			wl_surface_damage(load->surface, 0, 0, INT32_MAX, INT32_MAX);
			wl_surface_commit(load->surface);
		}
		ok = pump(load, true);
	}
}

/* A picture that takes long to paint: translucent layers over each other, all of them new all the time. */
static void run_paint(struct load *load) {
	open_window(load, HUGE_WIDTH, HUGE_HEIGHT);
	struct wl_buffer *layer = make_buffer(load, HUGE_WIDTH, HUGE_HEIGHT, WL_SHM_FORMAT_ARGB8888);
	struct wl_surface *surfaces[LAYERS];
	for (int i = 0; i < LAYERS; i++) {
		surfaces[i] = wl_compositor_create_surface(load->compositor);
		wl_subsurface_set_desync(wl_subcompositor_get_subsurface(load->subcompositor, surfaces[i], load->surface));
	}
	bool ok = true;
	while (ok) {
		for (int i = 0; i < LAYERS; i++) {
			wl_surface_attach(surfaces[i], layer, 0, 0);
			wl_surface_damage(surfaces[i], 0, 0, INT32_MAX, INT32_MAX);
			wl_surface_commit(surfaces[i]);
		}
		wl_surface_commit(load->surface);
		ok = pump(load, true);
	}
}

static volatile sig_atomic_t ended;

static void handle_end(int number) {
	ended = 1;
}

static void repaint_all(struct load *load);

static void handle_video_frame(void *data, struct wl_callback *callback, uint32_t time) {
	struct load *load = data;
	wl_callback_destroy(callback);
	load->frames++;
	repaint_all(load);
}

static const struct wl_callback_listener video_listener = { .done = handle_video_frame };

static void repaint_all(struct load *load) {
	wl_callback_add_listener(wl_surface_frame(load->surface), &video_listener, load);
	wl_surface_attach(load->surface, load->buffer, 0, 0);
	wl_surface_damage(load->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(load->surface);
}

/* Honest: one new picture for each that is shown. Says how many a second it was let show. */
static void run_video(struct load *load) {
	signal(SIGTERM, handle_end);
	open_window(load, HUGE_WIDTH, HUGE_HEIGHT);
	repaint_all(load);
	int64_t begin = now();
	while (!ended) {
		turn(load, 100000000);
	}
	printf("%.1f\n", (double)load->frames / ((double)(now() - begin) / 1e9));
}

static void run_create(struct load *load) {
	bool ok = true;
	while (ok) {
		for (int i = 0; i < 100; i++) {
			wl_surface_destroy(wl_compositor_create_surface(load->compositor));
		}
		ok = pump(load, true);
	}
}

/* Asks and never reads the answers. When it is thrown out, it comes again. */
static void run_never_reads(struct load *load) {
	for (;;) {
		if (!connect_load(load, NULL)) {
			continue;
		}
		do {
			for (int i = 0; i < 100; i++) {
				wl_callback_destroy(wl_display_sync(load->display));
			}
		} while (pump(load, false));
		wl_display_disconnect(load->display);
	}
}

static void run_many(struct load *load) {
	static struct load connections[CONNECTIONS];
	size_t len = 0;
	while (len < CONNECTIONS && connect_load(&connections[len], NULL)) {
		/* No role: windows of so many would leave the victim's no place to show in. */
		connections[len].surface = wl_compositor_create_surface(connections[len].compositor);
		len++;
	}
	for (;;) {
		for (size_t i = 0; i < len; i++) {
			struct load *one = &connections[i];
			for (int n = 0; n < 100; n++) {
				wl_surface_damage(one->surface, 0, 0, INT32_MAX, INT32_MAX);
				wl_surface_commit(one->surface);
			}
			if (!pump(one, true)) {
				give_up("disconnected");
			}
		}
	}
}

/* Asks the compositor for nothing: what the victim loses to this is the kernel's division of the processors. */
static _Noreturn void run_cpu(void) {
	for (;;) {
		now();
	}
}

static const struct {
	const char *name;
	void (*run)(struct load *load);
} loads[] = {
	{"video", run_video}, {"requests", run_requests}, {"damage", run_damage}, {"paint", run_paint}, {"create", run_create},
	{"never-reads", run_never_reads}, {"many", run_many},
};

int main(int argc, char *argv[]) {
	static struct load load;
	if (argc < 2 || !connect_load(&load, NULL)) {
		give_up("connect");
	}
	if (strcmp(argv[1], "cpu") == 0) {
		run_cpu();
	}
	if (strcmp(argv[1], "victim") == 0) {
		run_victim(&load, argc > 2 ? atof(argv[2]) : 4, argc > 3 ? argv[3] : NULL);
		return 0;
	}
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (strcmp(argv[1], loads[i].name) == 0) {
			loads[i].run(&load);
			return 0;
		}
	}
	fprintf(stderr, "usage: load victim [SECONDS [KEYS-SOCKET]] | cpu | video | requests | damage | paint | create | "
					"never-reads | many\n");
	return 2;
}
