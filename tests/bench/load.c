/*
 * One client of a measurement of fairness (fairness.py): `victim` measures what an honest program feels, each of the
 * others floods the compositor in its way until it is ended. It connects to $WAYLAND_DISPLAY.
 */

#include <errno.h>
#include <poll.h>
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

#include "xdg-shell-client-protocol.h"

#define SYNCS_MAX 100000
#define CONNECTIONS 50

struct load {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct wl_buffer *buffer;
	int width, height;
	bool configured;
	struct wl_callback *sync;
	int64_t sync_sent;
	int64_t times[SYNCS_MAX]; /* ns */
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

static struct wl_buffer *make_buffer(struct load *load, int width, int height) {
	int fd = memfd_create("load", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)width * height * 4) != 0) {
		give_up("memory");
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(load->shm, fd, width * height * 4);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

static bool connect_load(struct load *load) {
	load->display = wl_display_connect(NULL);
	if (load->display == NULL) {
		return false;
	}
	struct wl_registry *registry = wl_display_get_registry(load->display);
	wl_registry_add_listener(registry, &registry_listener, load);
	return wl_display_roundtrip(load->display) >= 0 && load->compositor != NULL && load->wm_base != NULL;
}

static void open_window(struct load *load) {
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
	load->buffer = make_buffer(load, load->width, load->height);
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

static void handle_sync(void *data, struct wl_callback *callback, uint32_t serial) {
	struct load *load = data;
	wl_callback_destroy(callback);
	load->sync = NULL;
	if (load->times_len < SYNCS_MAX) {
		load->times[load->times_len++] = now() - load->sync_sent;
	}
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

/* One sync a millisecond, or as soon as the one before is answered; repaints as often as it is let. */
static void run_victim(struct load *load, double seconds) {
	open_window(load);
	repaint(load);
	int64_t begin = now(), end = begin + (int64_t)(seconds * 1e9), next = begin;
	while (now() < end) {
		if (load->sync == NULL && now() >= next) {
			next = now() + 1000000;
			load->sync_sent = now();
			load->sync = wl_display_sync(load->display);
			wl_callback_add_listener(load->sync, &sync_listener, load);
		}
		turn(load, load->sync == NULL ? next - now() : 10000000);
	}
	double elapsed = (double)(now() - begin) / 1e9;
	if (load->times_len == 0) {
		printf("0 0 0 0\n");
		return;
	}
	qsort(load->times, load->times_len, sizeof(load->times[0]), compare);
	/* p50, p99 and the longest in milliseconds, frames a second */
	printf("%.3f %.3f %.3f %.1f\n", (double)load->times[load->times_len / 2] / 1e6,
		(double)load->times[load->times_len * 99 / 100] / 1e6, (double)load->times[load->times_len - 1] / 1e6,
		(double)load->frames / elapsed);
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

static void run_damage(struct load *load) {
	open_window(load);
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
		if (!connect_load(load)) {
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
	static struct load loads[CONNECTIONS];
	size_t len = 0;
	while (len < CONNECTIONS && connect_load(&loads[len])) {
		/* No role: windows of so many would leave the victim's no place to show in. */
		loads[len].surface = wl_compositor_create_surface(loads[len].compositor);
		len++;
	}
	for (;;) {
		for (size_t i = 0; i < len; i++) {
			struct load *one = &loads[i];
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

int main(int argc, char *argv[]) {
	static struct load load;
	if (argc < 2 || !connect_load(&load)) {
		give_up("connect");
	}
	if (strcmp(argv[1], "victim") == 0) {
		run_victim(&load, argc > 2 ? atof(argv[2]) : 4);
	} else if (strcmp(argv[1], "cpu") == 0) {
		run_cpu();
	} else if (strcmp(argv[1], "damage") == 0) {
		run_damage(&load);
	} else if (strcmp(argv[1], "create") == 0) {
		run_create(&load);
	} else if (strcmp(argv[1], "never-reads") == 0) {
		run_never_reads(&load);
	} else if (strcmp(argv[1], "many") == 0) {
		run_many(&load);
	} else {
		fprintf(stderr, "usage: load victim [SECONDS] | cpu | damage | create | never-reads | many\n");
		return 2;
	}
	return 0;
}
