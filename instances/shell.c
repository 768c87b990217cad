#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/launcher.h"
#include "instances/shell.h"
#include "instances/words.h"

#define CHOICE_MAX 256

enum program_kind { PROGRAM_CONFIG, PROGRAM_ONCE, PROGRAM_COMMAND };

struct program {
	struct shell *shell;
	struct program *next; // shell.programs
	enum program_kind kind;
	pid_t pid;
	struct child *child;
	char *name;
	struct service *service; /* PROGRAM_CONFIG */
	int64_t since;
};

/* A command of the config, whether its program runs at the moment or not. */
struct service {
	struct shell *shell;
	struct service *next; // shell.services
	struct words words;
	unsigned int short_lives;
	struct loop_source *timer; /* to start it again */
};

struct shell {
	struct loop *loop;
	struct children *children;
	struct words environment;
	const struct shell_handler *handler;
	void *data;
	struct program *programs;
	size_t programs_len;
	struct service *services;

	int choice_fd; /* what the chooser prints; -1 where none is open */
	struct loop_source *choice_source;
	char *choices;
	char choice[CHOICE_MAX];
	size_t choice_len;
	shell_chosen chosen;
	void *chosen_data;
};

/* ---- programs ---- */

static void remove_program(struct program *program) {
	struct program **link = &program->shell->programs;
	while (*link != program) {
		link = &(*link)->next;
	}
	*link = program->next;
	program->shell->programs_len--;
	children_forget(program->child);
	free(program->name);
	free(program);
}

int64_t shell_delay(int code, int64_t lifetime, unsigned int *short_lives) {
	static const int asked[] = { SIGTERM, SIGINT, SIGHUP };
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (code == 0 || code == 128 + asked[i]) {
			return -1;
		}
	}
	*short_lives = lifetime < SHELL_SHORT_LIFE_MS ? *short_lives + 1 : 1;
	return *short_lives < SHELL_SHORT_LIVES_MAX ? 500 << *short_lives : -1;
}

static void revive(struct service *service, const char *name, int code, int64_t lifetime) {
	int64_t delay = shell_delay(code, lifetime, &service->short_lives);
	if (delay >= 0) {
		loop_arm_timer(service->timer, delay);
	} else if (service->short_lives >= SHELL_SHORT_LIVES_MAX) {
		struct shell *shell = service->shell;
		char *text = xasprintf("%s fails again and again: it is not started any more", name);
		log_error("shell: %s", text);
		shell->handler->given_up(shell->data, text);
		free(text);
	}
}

static void handle_end(void *data, pid_t pid, int status) {
	struct program *program = data;
	struct shell *shell = program->shell;
	program->child = NULL;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	bool is_command = program->kind == PROGRAM_COMMAND;
	log_info("shell: %s has ended with %d", program->name, code);
	if (program->service != NULL) {
		revive(program->service, program->name, code, clock_now() - program->since);
	}
	remove_program(program);
	if (is_command) {
		shell->handler->command_ended(shell->data, code);
	}
}

static void send_signal(struct shell *shell, int signal_number) {
	for (struct program *program = shell->programs; program != NULL; program = program->next) {
		kill(-program->pid, signal_number);
	}
}

static bool start(
	struct shell *shell, enum program_kind kind, char *const *argv, const struct launch_fd *fds, size_t fds_len) {
	char reason[256];
	if (shell->programs_len >= PROGRAMS_MAX) {
		log_error("shell: %s: %d programs run already", argv[0], PROGRAMS_MAX);
		return false;
	}
	const struct launch launch = {
		.argv = argv,
		.environment = shell->environment.list,
		.fds = fds,
		.fds_len = fds_len,
		.new_session = true,
		.parent_death_signal = SIGTERM,
	};
	pid_t pid = launch_program(&launch, reason, sizeof(reason));
	if (pid < 0) {
		log_error("shell: %s", reason);
		return false;
	}
	struct program *program = xcalloc(1, sizeof(*program));
	program->shell = shell;
	program->kind = kind;
	program->pid = pid;
	program->name = xstrdup(argv[0]);
	program->since = clock_now();
	program->next = shell->programs;
	shell->programs = program;
	shell->programs_len++;
	program->child = children_watch(shell->children, pid, handle_end, program);
	if (program->child == NULL) {
		kill(-pid, SIGKILL);
		remove_program(program);
		return false;
	}
	log_debug("shell: %s is process %d", argv[0], (int)pid);
	return true;
}

/* ---- programs of the config ---- */

static void handle_revival(void *data) {
	struct service *service = data;
	struct shell *shell = service->shell;
	if (start(shell, PROGRAM_CONFIG, service->words.list, NULL, 0)) {
		shell->programs->service = service;
	}
}

/* What runs of them goes on, as a program that was started once. */
static void remove_services(struct shell *shell) {
	for (struct program *program = shell->programs; program != NULL; program = program->next) {
		program->service = NULL;
	}
	while (shell->services != NULL) {
		struct service *service = shell->services;
		shell->services = service->next;
		loop_remove(service->timer);
		words_finish(&service->words);
		free(service);
	}
}

static void add_service(struct shell *shell, const struct config_argv *command) {
	struct service *service = xcalloc(1, sizeof(*service));
	service->shell = shell;
	for (size_t i = 0; i < command->len; i++) {
		words_add(&service->words, command->words[i], NULL);
	}
	service->timer = loop_add_timer(shell->loop, handle_revival, service);
	service->next = shell->services;
	shell->services = service;
	handle_revival(service);
}

void shell_start(struct shell *shell, const struct config_argv *commands, size_t len) {
	remove_services(shell);
	for (struct program *program = shell->programs; program != NULL; program = program->next) {
		if (program->kind == PROGRAM_CONFIG) {
			program->kind = PROGRAM_ONCE;
			kill(-program->pid, SIGTERM);
		}
	}
	for (size_t i = 0; i < len; i++) {
		add_service(shell, &commands[i]);
	}
}

bool shell_exec(struct shell *shell, const struct config_argv *command) {
	return start(shell, PROGRAM_ONCE, command->words, NULL, 0);
}

bool shell_run_command(struct shell *shell, const char *command) {
	char *line = xstrdup(command);
	char *const argv[] = { "/bin/sh", "-c", line, NULL };
	bool started = start(shell, PROGRAM_COMMAND, argv, NULL, 0);
	free(line);
	return started;
}

void shell_stop(struct shell *shell) {
	remove_services(shell);
	send_signal(shell, SIGTERM);
	send_signal(shell, SIGCONT);
}

void shell_kill(struct shell *shell) {
	remove_services(shell);
	send_signal(shell, SIGKILL);
}

bool shell_is_idle(const struct shell *shell) {
	return shell->programs == NULL;
}

/* ---- the menu ---- */

bool shell_is_choice(const char *choices, const char *untrusted_choice, size_t length) {
	if (length > 0 && untrusted_choice[length - 1] == '\n') {
		length--;
	}
	if (length == 0 || memchr(untrusted_choice, '\n', length) != NULL) {
		return false;
	}
	for (const char *line = choices; *line != '\0';) {
		size_t line_length = strcspn(line, "\n");
		if (line_length == length && memcmp(line, untrusted_choice, length) == 0) {
			return true;
		}
		line += line_length + (line[line_length] == '\n');
	}
	return false;
}

static void close_menu(struct shell *shell) {
	loop_remove(shell->choice_source);
	shell->choice_source = NULL;
	fd_close(&shell->choice_fd);
	free(shell->choices);
	shell->choices = NULL;
}

static void handle_choice(void *data, int fd, uint32_t revents) {
	struct shell *shell = data;
	ssize_t n = read(fd, shell->choice + shell->choice_len, sizeof(shell->choice) - 1 - shell->choice_len);
	if (n > 0) {
		shell->choice_len += (size_t)n;
		return;
	}
	bool valid = shell_is_choice(shell->choices, shell->choice, shell->choice_len);
	shell->choice[shell->choice_len] = '\0';
	close_menu(shell);
	if (valid) {
		shell->choice[strcspn(shell->choice, "\n")] = '\0';
		shell->chosen(shell->chosen_data, shell->choice);
	}
}

bool shell_choose(
	struct shell *shell, const struct config_argv *menu, const char *choices, shell_chosen chosen, void *data) {
	if (shell->choice_fd >= 0) {
		return false;
	}
	int fds[2];
	int choices_fd = fd_sealed_memfd("menu", choices, strlen(choices));
	if (choices_fd < 0 || pipe2(fds, O_CLOEXEC) != 0) {
		log_error("menu: %s", strerror(errno));
		fd_close(&choices_fd);
		return false;
	}
	shell->choice_fd = fds[0];
	shell->choice_source = loop_add_fd(shell->loop, fds[0], EPOLLIN, handle_choice, shell);
	shell->choices = xstrdup(choices);
	shell->choice_len = 0;
	shell->chosen = chosen;
	shell->chosen_data = data;
	const struct launch_fd child_fds[] = { { choices_fd, STDIN_FILENO }, { fds[1], STDOUT_FILENO } };
	bool started = shell->choice_source != NULL && start(shell, PROGRAM_ONCE, menu->words, child_fds, 2);
	if (!started) {
		close_menu(shell);
	}
	fd_close(&choices_fd);
	fd_close(&fds[1]);
	return started;
}

/* ---- life ---- */

struct shell *shell_create(
	struct loop *loop, struct children *children, const char *socket, const struct shell_handler *handler, void *data) {
	struct shell *shell = xcalloc(1, sizeof(*shell));
	shell->loop = loop;
	shell->children = children;
	shell->handler = handler;
	shell->data = data;
	shell->choice_fd = -1;
	for (char **word = environ; *word != NULL; word++) {
		words_add(&shell->environment, *word, NULL);
	}
	/* A program that cannot reach us must fail, not appear on the desktop that we are nested in. */
	words_unset(&shell->environment, "DISPLAY");
	words_unset(&shell->environment, "WAYLAND_SOCKET");
	words_unset(&shell->environment, "NOTIFY_SOCKET");
	words_set(&shell->environment, "WAYLAND_DISPLAY", socket);
	words_set(&shell->environment, "XDG_SESSION_TYPE", "wayland");
	words_set(&shell->environment, "XDG_CURRENT_DESKTOP", "cofferdam");
	return shell;
}

void shell_destroy(struct shell *shell) {
	if (shell == NULL) {
		return;
	}
	shell_kill(shell);
	while (shell->programs != NULL) {
		/* analyzer: it is taken out of the list when it goes */
		remove_program(shell->programs);
	}
	close_menu(shell);
	words_finish(&shell->environment);
	free(shell);
}
