#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "tests/fuzz/interfaces.h"
#include "tests/fuzz/outgoing.h"
#include "tests/fuzz/raw.h"

#define IN_SIZE 65536
#define GLOBALS_MAX 128
#define FDS_IN_MAX 28
#define DISPLAY_ID 1
#define REGISTRY_ID 2

struct raw {
	int fd;
	bool is_alive;
	struct rng rng;
	struct outgoing *out;

	struct raw_object objects[RAW_OBJECTS_MAX];
	size_t objects_len;
	uint32_t next_id;
	struct raw_global globals[GLOBALS_MAX];
	size_t globals_len;
	uint32_t serial;
	char error[256];

	uint8_t in[IN_SIZE];
	size_t in_len;
	int fds[FDS_IN_MAX]; /* received, not yet matched with an event */
	size_t fds_len;
};

/* ---- objects ---- */

static void add_object(struct raw *raw, uint32_t id, const struct wl_interface *interface, uint32_t version) {
	if (interface != NULL && raw->objects_len < RAW_OBJECTS_MAX) {
		raw->objects[raw->objects_len++] = (struct raw_object){ .id = id, .version = version, .interface = interface };
	}
}

static struct raw_object *find_object(struct raw *raw, uint32_t id) {
	for (size_t i = 0; i < raw->objects_len; i++) {
		if (raw->objects[i].id == id) {
			return &raw->objects[i];
		}
	}
	return NULL;
}

static void remove_object(struct raw *raw, uint32_t id) {
	struct raw_object *object = find_object(raw, id);
	if (object != NULL && id > REGISTRY_ID) {
		*object = raw->objects[--raw->objects_len];
	}
}

size_t raw_objects(const struct raw *raw, const struct raw_object **list) {
	*list = raw->objects;
	return raw->objects_len;
}

const struct raw_object *raw_find(struct raw *raw, uint32_t id) {
	return find_object(raw, id);
}

const struct raw_object *raw_pick(struct raw *raw, const char *interface) {
	size_t start = rng_below(&raw->rng, raw->objects_len);
	for (size_t i = 0; i < raw->objects_len; i++) {
		const struct raw_object *object = &raw->objects[(start + i) % raw->objects_len];
		if (strcmp(object->interface->name, interface) == 0) {
			return object;
		}
	}
	return NULL;
}

const struct raw_global *raw_find_global(const struct raw *raw, const char *interface) {
	for (size_t i = 0; i < raw->globals_len; i++) {
		if (strcmp(raw->globals[i].interface->name, interface) == 0) {
			return &raw->globals[i];
		}
	}
	return NULL;
}

size_t raw_globals(const struct raw *raw, const struct raw_global **list) {
	*list = raw->globals;
	return raw->globals_len;
}

uint32_t raw_serial(const struct raw *raw) {
	return raw->serial;
}

const char *raw_error(const struct raw *raw) {
	return raw->error;
}

struct rng *raw_rng(struct raw *raw) {
	return &raw->rng;
}

bool raw_is_alive(const struct raw *raw) {
	return raw->is_alive;
}

/* ---- out ---- */

uint32_t raw_request(struct raw *raw, const struct raw_object *object, uint32_t opcode, union wl_argument *arguments) {
	struct raw_object target = *object; /* the list may move */
	const struct wl_message *request = &target.interface->methods[opcode];
	uint32_t new_id = 0;
	size_t index = 0;
	for (const char *c = request->signature; *c != '\0'; c++) {
		if (*c == 'n') {
			new_id = raw->next_id++;
			arguments[index].n = new_id;
			add_object(raw, new_id, request->types[index], target.version);
		}
		index += strchr("iufsonah", *c) != NULL;
	}
	outgoing_put(raw->out, target.id, opcode, request->signature, arguments);
	struct raw_object *told = find_object(raw, target.id);
	if (told != NULL && strcmp(request->name, "ack_configure") == 0) {
		told->configure = 0;
		told->is_configured = true;
	}
	/* Now and then one is used after its end. */
	bool ends = strncmp(request->name, "destroy", 7) == 0 || strcmp(request->name, "release") == 0;
	if (ends && !rng_one(&raw->rng, 10)) {
		remove_object(raw, target.id);
	}
	return new_id;
}

uint32_t raw_bind(struct raw *raw, const struct raw_global *global) {
	uint32_t version = global->version;
	if ((uint32_t)global->interface->version < version) {
		version = (uint32_t)global->interface->version;
	}
	uint32_t id = raw->next_id++;
	union wl_argument arguments[] = {
		{ .u = global->name },
		{ .s = global->interface->name },
		{ .u = version },
		{ .n = id },
	};
	outgoing_put(raw->out, REGISTRY_ID, 0, "usun", arguments);
	add_object(raw, id, global->interface, version);
	return id;
}

/* ---- in ---- */

struct reader {
	const uint8_t *at, *end;
};

static uint32_t read_number(struct reader *reader) {
	uint32_t number = 0;
	if (reader->end - reader->at >= 4) {
		memcpy(&number, reader->at, sizeof(number));
		reader->at += sizeof(number);
	}
	return number;
}

/* The text of a string; "" where it is none. */
static const char *read_text(struct reader *reader) {
	size_t length = read_number(reader), padded = (length + 3) & ~(size_t)3;
	const char *text = (const char *)reader->at;
	if (length == 0 || padded > (size_t)(reader->end - reader->at) || text[length - 1] != '\0') {
		return "";
	}
	reader->at += padded;
	return text;
}

static void take_fd(struct raw *raw) {
	if (raw->fds_len > 0) {
		/* Such as the pipe of wl_data_source.send: a short answer, or none. */
		if (rng_one(&raw->rng, 2)) {
			(void)!send(raw->fds[0], "fuzz", 4, MSG_DONTWAIT | MSG_NOSIGNAL);
			(void)!write(raw->fds[0], "fuzz", 4);
		}
		fd_close(&raw->fds[0]);
		memmove(raw->fds, raw->fds + 1, --raw->fds_len * sizeof(raw->fds[0]));
	}
}

static void handle_global(struct raw *raw, struct reader *reader) {
	uint32_t name = read_number(reader);
	const struct wl_interface *interface = interface_find(read_text(reader));
	uint32_t version = read_number(reader);
	if (interface != NULL && raw->globals_len < GLOBALS_MAX) {
		raw->globals[raw->globals_len++] = (struct raw_global){ name, version, interface };
	}
}

static void handle_arguments(
	struct raw *raw, const struct raw_object *object, const struct wl_message *event, struct reader *reader) {
	size_t index = 0;
	uint32_t version = object->version;
	for (const char *c = event->signature; *c != '\0'; c++) {
		switch (*c) {
		case 'n':
			add_object(raw, read_number(reader), event->types[index], version);
			break;
		case 's':
		case 'a':
			read_text(reader);
			break;
		case 'h':
			take_fd(raw);
			break;
		case 'i':
		case 'u':
		case 'f':
		case 'o':
			read_number(reader);
			break;
		default:
			continue;
		}
		index++;
	}
}

static void handle_event(struct raw *raw, uint32_t id, uint32_t opcode, struct reader reader) {
	struct raw_object *object = find_object(raw, id);
	if (object == NULL || opcode >= (uint32_t)object->interface->event_count) {
		return;
	}
	const struct wl_message *event = &object->interface->events[opcode];
	struct reader peek = reader;
	if (id == DISPLAY_ID && opcode == 0) {
		read_number(&reader);
		read_number(&reader);
		snprintf(raw->error, sizeof(raw->error), "%s", read_text(&reader));
		return;
	}
	if (id == REGISTRY_ID && opcode == 0) {
		handle_global(raw, &reader);
		return;
	}
	if (strcmp(object->interface->name, "xdg_surface") == 0) {
		object->configure = read_number(&peek);
	} else if (strcmp(object->interface->name, "wl_pointer") == 0 ||
		strcmp(object->interface->name, "wl_keyboard") == 0) {
		bool has_serial = strchr("ebkml", event->name[0]) != NULL; /* enter, button, key, modifiers, leave */
		raw->serial = has_serial ? read_number(&peek) : raw->serial;
	}
	handle_arguments(raw, object, event, &reader);
}

static void handle_events(struct raw *raw) {
	size_t at = 0;
	while (raw->in_len - at >= 8) {
		uint32_t head[2];
		memcpy(head, raw->in + at, sizeof(head));
		size_t size = head[1] >> 16;
		if (size < 8 || size > raw->in_len - at) {
			break;
		}
		struct reader reader = { raw->in + at + 8, raw->in + at + size };
		handle_event(raw, head[0], head[1] & 0xffff, reader);
		at += size;
	}
	memmove(raw->in, raw->in + at, raw->in_len - at);
	raw->in_len -= at;
}

static void take_fds(struct raw *raw, struct msghdr *header) {
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL; part = CMSG_NXTHDR(header, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		for (size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
			if (raw->fds_len < FDS_IN_MAX) {
				raw->fds[raw->fds_len++] = fd;
			} else {
				fd_close(&fd);
			}
		}
	}
}

static bool receive(struct raw *raw) {
	union {
		struct cmsghdr align;
		char buffer[CMSG_SPACE(sizeof(int) * FDS_IN_MAX)];
	} control;
	struct iovec part = { raw->in + raw->in_len, IN_SIZE - raw->in_len };
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t received = recvmsg(raw->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (received <= 0) {
		raw->is_alive = raw->is_alive && received < 0 && errno == EAGAIN;
		return false;
	}
	take_fds(raw, &header);
	raw->in_len += (size_t)received;
	handle_events(raw);
	return true;
}

void raw_step(struct raw *raw) {
	if (!outgoing_send(raw->out, raw->fd)) {
		raw->is_alive = false;
	}
	while (receive(raw)) {
	}
}

/* ---- beginning and end ---- */

struct raw *raw_connect(const char *socket_path, uint64_t seed, size_t rarely) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		fd_close(&fd);
		return NULL;
	}
	struct raw *raw = xcalloc(1, sizeof(*raw));
	raw->fd = fd;
	raw->is_alive = true;
	raw->rng.state = seed;
	raw->out = outgoing_create(&raw->rng, rarely);
	raw->next_id = REGISTRY_ID;
	add_object(raw, DISPLAY_ID, &wl_display_interface, 1);
	union wl_argument arguments[1];
	raw_request(raw, &raw->objects[0], WL_DISPLAY_GET_REGISTRY, arguments);
	return raw;
}

void raw_destroy(struct raw *raw) {
	if (raw == NULL) {
		return;
	}
	outgoing_destroy(raw->out);
	while (raw->fds_len > 0) {
		fd_close(&raw->fds[--raw->fds_len]);
	}
	fd_close(&raw->fd);
	free(raw);
}
