#include "tests/protocol/lib/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "security-context-v1-client-protocol.h"
#include "tests/protocol/lib/client.h"
#include "tests/protocol/lib/devices.h"
#include "tests/protocol/lib/process.h"

#define STOP_TIMEOUT_MS 3000
#define START_TIMEOUT_MS 20000
#define WORDS_MAX 12
#define CONTEXT "+context"

/* How one is started. "@" in a word is its directory, where its config is. */
struct kind {
	const char *name;
	const char *argv[WORDS_MAX];
	const char *config_name, *config;
	const char *socket;
	const char *host; /* in a window of which it runs, or NULL */
	struct box screen;
	uint32_t focus_modifiers, focus_code; /* the chord that takes the focus to the next window */
};

/* The rule is what attack P10 asks for: who calls itself “bank” is placed otherwise. */
static const char sway_config[] = "xwayland disable\n"
								  "bindsym Mod4+j focus next\n"
								  "for_window [app_id=\"^bank$\"] floating enable, resize set 200 100\n";
static const char host_config[] = "xwayland disable\n"
								  "default_border none\n";
static const char labwc_config[] =
	"<labwc_config>\n"
	"<placement><policy>automatic</policy></placement>\n"
	"<keyboard><keybind key=\"W-j\"><action name=\"NextWindow\"/></keybind></keyboard>\n"
	"<mouse><default/></mouse>\n"
	"<windowRules><windowRule identifier=\"bank\"><action name=\"Maximize\"/></windowRule></windowRules>\n"
	"</labwc_config>\n";
static const char weston_config[] = "[core]\nidle-time=0\n"
									"[shell]\npanel-position=none\nlocking=false\nanimation=none\n"
									"startup-animation=none\nclose-animation=none\nfocus-animation=none\n"
									"background-color=0xff334455\n";

static const struct kind kinds[] = {
	{ "sway", { "sway", "-c", "@/config" }, "config", sway_config, "wayland-1", NULL, { 0, 0, 1280, 720 }, MOD_SUPER,
		KEY_J },
	{ "labwc", { "labwc", "-C", "@" }, "rc.xml", labwc_config, "wayland-0", NULL, { 0, 0, 1280, 720 }, MOD_SUPER,
		KEY_J },
	/* Its window has a frame, which is not its screen. */
	{ "weston",
		{ "weston", "--backend=wayland", "--width=1280", "--height=720", "--renderer=pixman", "--config=@/weston.ini",
			"--socket=wayland-0" },
		"weston.ini", weston_config, "wayland-0", "host", { 6, 27, 1268, 687 }, MOD_SUPER, KEY_TAB },
	{ "host", { "sway", "-c", "@/config" }, "config", host_config, "wayland-1", NULL, { 0, 0, 1280, 720 }, 0, 0 },
};

struct peer {
	struct test *test;
	const struct kind *kind;
	struct peer *host;
	pid_t pid; /* 0: it has ended */
	bool is_stopping;
	char *directory, *socket, *log_path;
	char *context_socket; /* or NULL */
};

static const struct kind *find_kind(struct test *test, const char *name) {
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].name);
		if (strncmp(kinds[i].name, name, len) == 0 && (name[len] == '\0' || strcmp(name + len, CONTEXT) == 0)) {
			return &kinds[i];
		}
	}
	FAIL("there is no peer %s", name);
}

static void write_config(struct peer *peer) {
	struct test *test = peer->test;
	char *path = xasprintf("%s/%s", peer->directory, peer->kind->config_name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *text = peer->kind->config;
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "cannot write %s: %s", path,
		strerror(errno));
	close(fd);
	free(path);
}

/* The word with "@" replaced. */
static char *fill_in(const struct peer *peer, const char *word) {
	size_t len = strcspn(word, "@");
	return word[len] == '@' ? xasprintf("%.*s%s%s", (int)len, word, peer->directory, word + len + 1) : xstrdup(word);
}

static void run(struct peer *peer) {
	char *argv[WORDS_MAX + 1] = { NULL }, *environment[16] = { NULL };
	for (size_t i = 0; i < WORDS_MAX && peer->kind->argv[i] != NULL; i++) {
		argv[i] = fill_in(peer, peer->kind->argv[i]);
	}
	size_t len = 0;
	static const char *const homes[] = { "XDG_RUNTIME_DIR", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME" };
	for (size_t i = 0; i < 4; i++) {
		environment[len++] = xasprintf("%s=%s", homes[i], peer->directory);
	}
	static const char *const fixed[] = { "WLR_BACKENDS=headless", "WLR_RENDERER=pixman", "WLR_LIBINPUT_NO_DEVICES=1",
		"WAYLAND_SOCKET", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "SWAYSOCK" };
	for (size_t i = 0; i < 7; i++) {
		environment[len++] = xstrdup(fixed[i]);
	}
	environment[len++] = peer->host != NULL ? xasprintf("WAYLAND_DISPLAY=%s", peer->host->socket)
											: xstrdup("WAYLAND_DISPLAY");
	const struct process_options options = {
		.environment = (const char *const *)environment,
		.output = peer->log_path,
	};
	peer->pid = process_start(peer->test, (const char *const *)argv, &options);
}

static struct peer *start(struct test *test, const char *name) {
	struct peer *peer = xcalloc(1, sizeof(*peer));
	peer->test = test;
	peer->kind = find_kind(test, name);
	peer->host = peer->kind->host != NULL ? start(test, peer->kind->host) : NULL;
	peer->directory = xasprintf("%s/%s", test_directory(test), name);
	CHECK(mkdir(peer->directory, 0700) == 0, "cannot make %s: %s", peer->directory, strerror(errno));
	peer->socket = xasprintf("%s/%s", peer->directory, peer->kind->socket);
	peer->log_path = xasprintf("%s/log", peer->directory);
	write_config(peer);
	run(peer);
	struct client *probe = NULL;
	int64_t deadline = test_deadline(test, START_TIMEOUT_MS);
	while ((probe = client_try_connect(test, peer->socket)) == NULL) {
		int status;
		CHECK(!process_wait(peer->pid, 0, &status), "%s ends with status 0x%x as it starts", name, (unsigned)status);
		CHECK(test_step(test, deadline), "%s is not ready in time", name);
	}
	client_destroy(probe);
	return peer;
}

/* As a sandbox's launcher does it: who connects to that socket is known to be inside. */
static void make_context(struct peer *peer) {
	struct test *test = peer->test;
	peer->context_socket = xasprintf("%s/sandboxed", peer->directory);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	copy_string(address.sun_path, sizeof(address.sun_path), peer->context_socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ends[2];
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 128) == 0 &&
			pipe2(ends, O_CLOEXEC) == 0,
		"cannot listen at %s: %s", address.sun_path, strerror(errno));
	struct client *launcher = client_connect(test, peer->socket);
	struct wp_security_context_manager_v1 *manager =
		client_bind(launcher, &wp_security_context_manager_v1_interface, 1);
	struct wp_security_context_v1 *context = wp_security_context_manager_v1_create_listener(manager, fd, ends[0]);
	wp_security_context_v1_set_sandbox_engine(context, "org.flatpak");
	wp_security_context_v1_set_app_id(context, "attacker");
	wp_security_context_v1_set_instance_id(context, "1");
	wp_security_context_v1_commit(context);
	client_roundtrip(launcher);
	/* Its other end stays open to the end of the case: until then the socket is served. */
	close(ends[0]);
	close(fd);
	client_destroy(launcher);
}

struct peer *peer_start(struct test *test) {
	const char *name = getenv("TEST_PEER");
	struct peer *peer = start(test, name);
	if (strstr(name, CONTEXT) != NULL) {
		make_context(peer);
	}
	return peer;
}

const char *peer_socket(const struct peer *peer, const char *instance) {
	return peer->context_socket != NULL && strcmp(instance, "victim") != 0 ? peer->context_socket : peer->socket;
}

const char *peer_hands_socket(const struct peer *peer) {
	return peer->host != NULL ? peer->host->socket : peer->socket;
}

pid_t peer_pid(const struct peer *peer) {
	return peer->pid;
}

const char *peer_log_path(const struct peer *peer) {
	return peer->log_path;
}

struct box peer_screen(const struct peer *peer) {
	return peer->kind->screen;
}

void peer_focus_chord(const struct peer *peer, uint32_t *modifiers, uint32_t *code) {
	*modifiers = peer->kind->focus_modifiers;
	*code = peer->kind->focus_code;
}

void peer_note_end(struct peer *peer) {
	int status;
	/* Where it has closed a connection as it died, it may not be quite dead. */
	if (peer->pid == 0 || peer->is_stopping || !process_wait(peer->pid, 300, &status)) {
		return;
	}
	peer->pid = 0;
	char how[64];
	if (WIFSIGNALED(status)) {
		snprintf(how, sizeof(how), "SIG%s", sigabbrev_np(WTERMSIG(status)));
	} else {
		snprintf(how, sizeof(how), "it has ended with status %d", WEXITSTATUS(status));
	}
	test_note_crash(peer->test, how);
}

void peer_stop(struct peer *peer) {
	peer->is_stopping = true;
	int status;
	if (peer->pid != 0) {
		kill(peer->pid, SIGTERM);
		if (!process_wait(peer->pid, STOP_TIMEOUT_MS, &status)) {
			process_kill_tree(peer->pid);
		}
		peer->pid = 0;
	}
	if (peer->host != NULL) {
		peer_stop(peer->host);
	}
}
