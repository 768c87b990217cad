/*
 * Asks the control socket, as coffer does but nearer to the wire: ask SOCKET REQUEST [NAME [WORD…]]. Prints a line
 * for each answer, and exits with 0 at CONTROL_END, with 10 and the error's code at CONTROL_ERROR, with 9 where the
 * connection ends before either. REQUEST garbage sends what is no request.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "wire/control.h"

static const struct {
	const char *name;
	enum control_type type;
} requests[] = {
	{ "run", CONTROL_RUN },
	{ "ps", CONTROL_PS },
	{ "stop", CONTROL_STOP },
	{ "kill", CONTROL_KILL },
	{ "windows", CONTROL_WINDOWS },
	{ "clipboard-status", CONTROL_CLIPBOARD_STATUS },
	{ "clipboard-clear", CONTROL_CLIPBOARD_CLEAR },
	{ "reload", CONTROL_RELOAD },
	{ "quit", CONTROL_QUIT },
	{ "socket", CONTROL_SOCKET },
	{ "logs", CONTROL_LOGS },
	{ "places", CONTROL_PLACES },
	{ "hold", CONTROL_HOLD },
	{ "limits", CONTROL_LIMITS },
};

/* One word for the tests, which split at spaces. */
static const char *join_met(const char *met) {
	static char joined[CONTROL_MET_SIZE];
	size_t length = 0;
	for (const char *c = met; *c != '\0'; c++) {
		if (*c != ' ') {
			joined[length++] = *c;
		}
	}
	joined[length] = '\0';
	return joined;
}

static int print_answer(const struct control_message *answer) {
	const struct control_instance *instance = &answer->instance;
	switch (answer->type) {
	case CONTROL_INSTANCE:
		printf("instance %s %s frozen=%u backend=%s network=%s pids=%u memory=%llu windows=%u clients=%u met=%s %s\n",
			instance->name, instance->state, instance->frozen, instance->backend, instance->network, instance->pids,
			(unsigned long long)instance->memory, instance->windows, instance->clients,
			join_met(instance->met), instance->reason);
		return -1;
	case CONTROL_WINDOW:
		printf("window %s %s\n", answer->window.name, answer->window.title);
		return -1;
	case CONTROL_CLIPBOARD:
		printf("clipboard %u %s %llu\n", answer->clipboard.held, answer->clipboard.name,
			(unsigned long long)answer->clipboard.size);
		return -1;
	case CONTROL_LIMITS_OF:
		printf("limits %s used=%llu most=%llu limit=%llu met=%llu\n", answer->limits.name,
			(unsigned long long)answer->limits.used[0], (unsigned long long)answer->limits.most[0],
			(unsigned long long)answer->limits.limit[0], (unsigned long long)answer->limits.met[0]);
		return -1;
	case CONTROL_SANDBOX:
		for (size_t i = 0; i < CONTROL_RESOURCES; i++) {
			printf("sandbox %s %s used=%llu most=%llu limit=%llu met=%llu weight=%u how=%s %s\n", answer->sandbox.name,
				control_resource_name((enum control_resource)i), (unsigned long long)answer->sandbox.used[i],
				(unsigned long long)answer->sandbox.most[i], (unsigned long long)answer->sandbox.limit[i],
				(unsigned long long)answer->sandbox.met[i], answer->sandbox.cpu_weight, answer->sandbox.how,
				answer->sandbox.why);
		}
		return -1;
	case CONTROL_LINE:
		printf("%s\n", answer->line.text);
		return -1;
	case CONTROL_PLACE:
		printf("place %s %s %u\n", answer->place.config, answer->place.store, answer->place.pid);
		return -1;
	case CONTROL_HELD:
		printf(answer->held.unstopped > 0 ? "held but for %u\n" : "held\n", answer->held.unstopped);
		fflush(stdout);
		return -1;
	case CONTROL_ERROR:
		printf("error: %s\n", answer->error.text);
		return 10 + (int)answer->error.code;
	default:
		return 0;
	}
}

/* Milliseconds; a slow machine says how much slower it is. */
static int patience(void) {
	const char *factor = getenv("TEST_TIMEOUT_FACTOR");
	return (int)(20000 * (factor != NULL && atof(factor) >= 1 ? atof(factor) : 1));
}

/* Until whoever started this lets go. Returns what to exit with, or -1 where there was one more word. */
static int hold_on(struct channel *channel) {
	struct pollfd word = { .fd = channel_get_fd(channel), .events = POLLIN };
	while (getchar() != EOF) {
	}
	return poll(&word, 1, 0) == 0 ? 0 : -1;
}

static int read_answers(struct channel *channel) {
	static struct message message;
	static struct control_message answer;
	for (;;) {
		struct pollfd poll_fd = { .fd = channel_get_fd(channel), .events = POLLIN };
		if (poll(&poll_fd, 1, patience()) <= 0) {
			return 8;
		}
		enum channel_result result = channel_receive(channel, &message);
		if (result == CHANNEL_CLOSED) {
			return 9;
		}
		if (result == CHANNEL_AGAIN) {
			continue;
		}
		bool valid = control_decode(&message, CONTROL_SUPERVISOR, &answer);
		message_finish(&message);
		int code = valid ? print_answer(&answer) : 7;
		if (valid && answer.type == CONTROL_HELD) {
			code = hold_on(channel);
		}
		if (code >= 0) {
			return code;
		}
	}
}

static int finish(struct channel *channel) {
	int code = read_answers(channel);
	channel_destroy(channel);
	return code;
}

static void send_garbage(struct channel *channel) {
	struct message message;
	message_init(&message, CONTROL_RUN);
	message_put_string(&message, "../../etc");
	message_put_u32(&message, 4000000000u);
	channel_send(channel, &message);
}

int main(int argc, char *argv[]) {
	static struct control_message request;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (argc < 3) {
		return 2;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror(argv[1]);
		return 3;
	}
	struct channel *channel = channel_create(fd);
	if (strcmp(argv[2], "garbage") == 0) {
		send_garbage(channel);
		return finish(channel);
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (strcmp(argv[2], requests[i].name) == 0) {
			request.type = requests[i].type;
		}
	}
	snprintf(request.request.name, sizeof(request.request.name), "%s", argc > 3 ? argv[3] : "");
	char *end = request.request.words;
	for (int i = 4; i < argc; i++) {
		size_t size = strlen(argv[i]) + 1;
		if (size > (size_t)(request.request.words + sizeof(request.request.words) - end)) {
			return 2;
		}
		memcpy(end, argv[i], size);
		end += size;
		request.request.words_len++;
	}
	if (!control_send(channel, CONTROL_COFFER, &request)) {
		return 6;
	}
	return finish(channel);
}
