#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include "base/memory.h"
#include "instances/etc.h"

#define FILES_MAX 8

struct etc {
	struct plan_file files[FILES_MAX];
	char *contents[FILES_MAX];
	size_t len;
};

/* Takes over content. */
static void add_file(struct etc *etc, const char *path, char *content) {
	etc->contents[etc->len] = content;
	etc->files[etc->len++] = (struct plan_file){ .path = path, .content = content };
}

static const char passwd[] = "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n"
							 "user:x:%d:%d:user:/home/user:%s\n"
							 "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

static const char nsswitch[] = "passwd: files\n"
							   "group: files\n"
							   "shadow: files\n"
							   "hosts: files dns\n"
							   "networks: files\n"
							   "protocols: files\n"
							   "services: files\n";

static const char hosts[] = "127.0.0.1 localhost %s\n"
							"::1 localhost %s\n";

struct etc *etc_create(const struct config_instance *instance, const struct plan_facts *facts, const char *machine_id) {
	struct etc *etc = xcalloc(1, sizeof(*etc));
	const char *shell = facts->has_bash ? "/bin/bash" : "/bin/sh";
	if (facts->closure != NULL) {
		shell = facts->closure->shell != NULL ? facts->closure->shell : "/nonexistent";
	}
	add_file(etc, "/etc/passwd", xasprintf(passwd, INSIDE_UID, INSIDE_UID, shell));
	add_file(etc, "/etc/group", xasprintf("root:x:0:\n" INSIDE_USER ":x:%d:\nnogroup:x:65534:\n", INSIDE_UID));
	add_file(etc, "/etc/nsswitch.conf", xstrdup(nsswitch));
	add_file(etc, "/etc/hosts", xasprintf(hosts, instance->name, instance->name));
	add_file(etc, "/etc/hostname", xasprintf("%s\n", instance->name));
	add_file(etc, "/etc/machine-id", xasprintf("%s\n", machine_id));
	if (instance->network == NETWORK_NAT) {
		add_file(etc, "/etc/resolv.conf", xstrdup("nameserver " INSIDE_RESOLVER "\n"));
	}
	return etc;
}

void etc_destroy(struct etc *etc) {
	if (etc == NULL) {
		return;
	}
	for (size_t i = 0; i < etc->len; i++) {
		free(etc->contents[i]);
	}
	free(etc);
}

const struct plan_file *etc_files(const struct etc *etc, size_t *len) {
	*len = etc->len;
	return etc->files;
}

bool etc_random_machine_id(char out[33]) {
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(bytes); i++) {
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	}
	return true;
}
