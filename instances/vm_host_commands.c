#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "instances/vm_host_commands.h"

bool vm_commands_parse(struct vm_commands *commands, char **words) {
	commands->len = 0;
	while (*words != NULL) {
		if (strcmp(*words, "--") != 0 || commands->len == VM_COMMANDS_MAX) {
			return false;
		}
		*words++ = NULL;
		struct vm_command command = { 0 };
		if (*words != NULL && strcmp(*words, "--wait") == 0) {
			command.wait = words[1];
			if (command.wait == NULL || command.wait[0] != '/') {
				return false;
			}
			words += 2;
		}
		if (*words == NULL || strcmp(*words, "--") == 0) {
			return false;
		}
		const char *slash = strrchr(*words, '/');
		command.name = slash != NULL ? slash + 1 : *words;
		command.argv = words;
		while (*words != NULL && strcmp(*words, "--") != 0) {
			words++;
		}
		commands->list[commands->len++] = command;
	}
	/* The machine waits for the others, and nobody for it. */
	return commands->len > 0 && commands->list[commands->len - 1].wait == NULL;
}

bool vm_command_start(struct vm_command *command, char reason[VM_REASON_SIZE]) {
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int error = posix_spawnp(&command->pid, command->argv[0], NULL, &attributes, command->argv, environ);
	posix_spawnattr_destroy(&attributes);
	if (error != 0) {
		command->pid = 0;
		snprintf(reason, VM_REASON_SIZE, "%s cannot be started: %s", command->argv[0], strerror(error));
	}
	return error == 0;
}

/*
 * A socket's file is there from bind(2) on, but only after listen(2) is anybody heard, and one that takes a single
 * connection cannot be tried. So the kernel's table is asked: "Num RefCount Protocol Flags Type St Inode Path". The path
 * is what the program bound: waypipe goes to the directory and binds the name alone, to be free of sun_path's size.
 */
static bool is_listening(const char *line, size_t length, const char *path) {
	static const unsigned accepts = 0x10000; /* __SO_ACCEPTCON */
	unsigned flags;
	size_t path_length = strlen(path);
	return length > path_length && line[length - path_length - 1] == ' ' &&
		memcmp(line + length - path_length, path, path_length) == 0 && sscanf(line, "%*s %*x %*x %x", &flags) == 1 &&
		(flags & accepts) != 0;
}

static bool table_has(const char *table, const char *path) {
	const char *name = strrchr(path, '/') + 1; /* it starts with one */
	for (const char *line = table; *line != '\0';) {
		size_t length = strcspn(line, "\n");
		if (is_listening(line, length, path) || is_listening(line, length, name)) {
			return true;
		}
		line += length + (line[length] == '\n');
	}
	return false;
}

const struct vm_command *vm_commands_find_unready(const struct vm_commands *commands, const char *table) {
	for (size_t i = 0; i < commands->len; i++) {
		const struct vm_command *command = &commands->list[i];
		if (command->wait != NULL && (table == NULL || !table_has(table, command->wait))) {
			return command;
		}
	}
	return NULL;
}

struct vm_command *vm_commands_reap(struct vm_commands *commands, pid_t pid) {
	for (size_t i = 0; i < commands->len; i++) {
		if (commands->list[i].pid == pid) {
			commands->list[i].pid = 0;
			return &commands->list[i];
		}
	}
	return NULL;
}

bool vm_command_is_machine(const struct vm_commands *commands, const struct vm_command *command) {
	return command == &commands->list[commands->len - 1];
}

void vm_command_describe_end(const struct vm_command *command, int status, char reason[VM_REASON_SIZE]) {
	if (WIFSIGNALED(status)) {
		snprintf(reason, VM_REASON_SIZE, "%s was ended by signal %d (%s)", command->name, WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	} else {
		snprintf(reason, VM_REASON_SIZE, "%s has ended, with %d", command->name, WEXITSTATUS(status));
	}
}
