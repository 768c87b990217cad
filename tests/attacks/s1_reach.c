/*
 * S1. From inside a sandbox, with all that an attacker could know of the session told to it: the victim's socket, the
 * trusted shell's, the control socket, abstract sockets, the host's session and system bus and X server, ports of the
 * host's loopback; the host's processes, by number, by /proc, by ptrace; its shared memory; the person's files, the
 * config, what other instances keep. Nothing of it is there: the attempts are made, and not one is answered, while from
 * outside each of them can be.
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/inside.h"
#include "tests/attacks/stage.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define SHM_KEY 0x7e570000 /* and the number of this test, of which there may be two at once */
#define SHM_NAME "/cofferdam-s1-%d"
#define ABSTRACT "@cofferdam-s1-%d"

/* ---- tried inside, and outside to see that it can be had at all ---- */

/* Connects to a path, or to an abstract name where it begins with @. Returns an errno, 0 where it is taken. */
static int try_connect(const char *name, int type) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	if (len >= sizeof(address.sun_path)) {
		return ENAMETOOLONG;
	}
	memcpy(address.sun_path, name, len);
	if (name[0] == '@') {
		address.sun_path[0] = '\0';
	}
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] != '@'));
	int error = fd < 0 || connect(fd, (struct sockaddr *)&address, size) != 0 ? errno : 0;
	close(fd);
	return error;
}

static int try_port(int port) {
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ? errno : 0;
	close(fd);
	return error;
}

static int try_open(const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = fd < 0 ? errno : 0;
	close(fd);
	return error;
}

static int try_shm_key(key_t key) {
	return shmget(key, 1, 0) < 0 ? errno : 0;
}

static int try_shm_name(const char *name) {
	int fd = shm_open(name, O_RDONLY, 0);
	int error = fd < 0 ? errno : 0;
	close(fd);
	return error;
}

static int try_process(pid_t pid) {
	return kill(pid, 0) != 0 ? errno : 0;
}

/* ---- inside ---- */

static int tell_socket(const char *path, const struct stat *status, int type, struct FTW *place) {
	if (S_ISSOCK(status->st_mode)) {
		dprintf(STDOUT_FILENO, "socket %s\n", path);
	}
	return 0;
}

/* Every socket that any directory shows; /usr is the machine's own, read-only, and the kernel's are no files. */
static void find_sockets(void) {
	DIR *root = opendir("/");
	const struct dirent *entry;
	while (root != NULL && (entry = readdir(root)) != NULL) {
		static const char *const left_out[] = { ".", "..", "proc", "sys", "usr" };
		bool skip = false;
		for (size_t i = 0; i < LEN(left_out); i++) {
			skip |= strcmp(entry->d_name, left_out[i]) == 0;
		}
		if (!skip) {
			char *path = xasprintf("/%s", entry->d_name);
			nftw(path, tell_socket, 16, FTW_PHYS);
			free(path);
		}
	}
}

/* All that /proc shows, and what it lets open of those that are not ours. */
static void find_processes(void) {
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid <= 0) {
			continue;
		}
		char *path = xasprintf("/proc/%d/comm", (int)pid), name[64] = "";
		int fd = open(path, O_RDONLY);
		(void)!read(fd, name, sizeof(name) - 1);
		close(fd);
		name[strcspn(name, "\n")] = '\0';
		dprintf(STDOUT_FILENO, "process %s\n", name);
		free(path);
	}
}

static void find_descriptors(void) {
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && fd > STDERR_FILENO && fd != dirfd(dir)) {
			dprintf(STDOUT_FILENO, "descriptor %d\n", fd);
		}
	}
}

/* The names of abstract sockets in this network namespace. */
static void find_abstract(void) {
	FILE *file = fopen("/proc/net/unix", "r");
	char line[512];
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		const char *name = strchr(line, '@');
		if (name != NULL) {
			dprintf(STDOUT_FILENO, "abstract %s", name);
		}
	}
}

/* The first process is coffer-init, which has a line to the supervisor. */
static void try_init(void) {
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };
	inside_tell("init-ptrace", ptrace(PTRACE_ATTACH, 1, NULL, NULL) != 0 ? errno : 0);
	inside_tell("init-read", process_vm_readv(1, &here, 1, &there, 1, 0) < 0 ? errno : 0);
	inside_tell("init-write", process_vm_writev(1, &here, 1, &there, 1, 0) < 0 ? errno : 0);
	inside_tell("init-mem", try_open("/proc/1/mem"));
	inside_tell("init-root", try_open("/proc/1/root/."));
	inside_tell("init-cwd", try_open("/proc/1/cwd/."));
	inside_tell("init-fds", readlink("/proc/1/fd/3", &byte, 1) < 0 ? errno : 0);
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);
	for (int fd = 0; fd < 16; fd++) {
		if (syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0) {
			inside_tell("init-getfd", 0);
			return;
		}
	}
	inside_tell("init-getfd", errno);
}

/* Pairs of a way and a thing: "stream PATH", "packet PATH", "port NUMBER", "open PATH", "process PID". */
static void try_named(char **words) {
	for (; words[0] != NULL && words[1] != NULL; words += 2) {
		const char *way = words[0], *thing = words[1];
		int error = strcmp(way, "stream") == 0 ? try_connect(thing, SOCK_STREAM)
			: strcmp(way, "packet") == 0       ? try_connect(thing, SOCK_SEQPACKET)
			: strcmp(way, "port") == 0         ? try_port(atoi(thing))
			: strcmp(way, "open") == 0         ? try_open(thing)
			: strcmp(way, "process") == 0      ? try_process((pid_t)atoi(thing))
											   : EINVAL;
		inside_tell(way, error);
	}
}

static int run_inside(char **words) {
	if (strcmp(words[0], "named") == 0) {
		try_named(words + 1);
	} else if (strcmp(words[0], "look") == 0) {
		find_descriptors(); /* first, since the others leave some open */
		find_sockets();
		find_processes();
		find_abstract();
	} else if (strcmp(words[0], "init") == 0) {
		try_init();
	} else if (words[1] != NULL && words[2] != NULL) {
		inside_tell("shm-key", try_shm_key(atoi(words[1])));
		inside_tell("shm-name", try_shm_name(words[2]));
	}
	inside_end();
}

/* ---- outside ---- */

static int listen_at(struct test *test, const char *name) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	memcpy(address.sun_path, name, len);
	if (name[0] == '@') {
		address.sun_path[0] = '\0';
	}
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] != '@'));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 10) == 0, "cannot listen at %s: %s",
		name, strerror(errno));
	return fd;
}

static int listen_at_port(struct test *test, int *port) {
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 10) == 0 &&
			getsockname(fd, (struct sockaddr *)&address, &size) == 0,
		"cannot listen: %s", strerror(errno));
	*port = ntohs(address.sin_port);
	return fd;
}

static void write_file(struct test *test, const char *path) {
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && write(fd, "secret", 6) == 6, "cannot write %s: %s", path, strerror(errno));
	close(fd);
}

/* One attempt, which has to work here and to fail there. */
static void check_out_of_reach(struct stage *stage, const char *way, const char *thing, int here) {
	struct test *test = stage->test;
	CHECK_INT(here, 0, "%s %s cannot be had from outside either: this shows nothing", way, thing);
	char *said = INSIDE_RUN(stage->session, "attacker", "named", way, thing);
	char *answer = inside_find(said, way);
	CHECK(answer != NULL, "%s %s was not tried: %s", way, thing, said);
	CHECK(strcmp(answer, "done") != 0, "%s %s is within reach", way, thing);
	free(answer);
	free(said);
}

static struct stage *set_up(struct test *test) {
	char *in_attacker = xasprintf("%s\tpersist mine\n", inside_config(test));
	struct stage *stage = stage_start(test, "instance keeper {\n\tpersist kept\n}\n", in_attacker);
	free(in_attacker);
	return stage;
}

static void sockets(struct test *test) {
	struct stage *stage = set_up(test);
	const char *runtime = session_runtime_directory(stage->session);
	char *bus = xasprintf("%s/bus", runtime), *control = xasprintf("%s/cofferdam/control", runtime);
	char *victim = session_instance_socket(stage->session, "victim");
	char *own = session_instance_socket(stage->session, "attacker"); /* by its path outside */
	char *abstract = xasprintf(ABSTRACT, (int)getpid());
	int bus_fd = listen_at(test, bus), abstract_fd = listen_at(test, abstract);
	int port, port_fd = listen_at_port(test, &port);
	char *port_text = xasprintf("%d", port);
	const struct {
		const char *way, *thing;
		int here;
	} attempts[] = {
		{ "stream", victim, try_connect(victim, SOCK_STREAM) },
		{ "stream", own, try_connect(own, SOCK_STREAM) },
		{ "stream", session_shell_socket(stage->session),
			try_connect(session_shell_socket(stage->session), SOCK_STREAM) },
		{ "packet", control, try_connect(control, SOCK_SEQPACKET) },
		{ "stream", bus, try_connect(bus, SOCK_STREAM) },
		{ "stream", abstract, try_connect(abstract, SOCK_STREAM) },
		{ "port", port_text, try_port(port) },
	};
	for (size_t i = 0; i < LEN(attempts); i++) {
		check_out_of_reach(stage, attempts[i].way, attempts[i].thing, attempts[i].here);
	}
	/* Where they would be, if anything of the host's were there; not every machine has them. */
	static const char *const usual[] = { "/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket",
		"@/tmp/.X11-unix/X0", "/tmp/.X11-unix/X0", "/run/systemd/private", "/run/user/0/bus", "/run/docker.sock" };
	for (size_t i = 0; i < LEN(usual); i++) {
		check_out_of_reach(stage, "stream", usual[i], 0);
	}
	close(port_fd);
	close(abstract_fd);
	close(bus_fd);
	unlink(bus);
	free(port_text);
	free(abstract);
	free(own);
	free(victim);
	free(control);
	free(bus);
}

static bool is_one_of(const char *word, size_t len, const char *const *list) {
	for (; *list != NULL; list++) {
		if (strlen(*list) == len && strncmp(*list, word, len) == 0) {
			return true;
		}
	}
	return false;
}

static void look_around(struct test *test) {
	static const char *const own_sockets[] = { "/run/user/1000/bus", "/run/user/1000/wayland-0", NULL };
	static const char *const own_processes[] = { "coffer-init", "dbus-daemon", "program", NULL };
	struct stage *stage = set_up(test);
	char *abstract = xasprintf(ABSTRACT, (int)getpid());
	int abstract_fd = listen_at(test, abstract);
	free(abstract);
	char *said = INSIDE_RUN(stage->session, "attacker", "look");
	size_t sockets_len = 0, processes_len = 0;
	for (const char *line = said; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		if (strncmp(line, "socket ", 7) == 0) {
			CHECK(is_one_of(line + 7, len - 7, own_sockets), "it finds the %.*s", (int)len, line);
			sockets_len++;
		} else if (strncmp(line, "process ", 8) == 0) {
			CHECK(is_one_of(line + 8, len - 8, own_processes), "it sees the %.*s", (int)len, line);
			processes_len++;
		} else {
			CHECK(strncmp(line, "descriptor ", 11) != 0, "it has inherited %.*s", (int)len, line);
			CHECK(strncmp(line, "abstract ", 9) != 0, "it knows of %.*s", (int)len, line);
		}
	}
	CHECK(sockets_len >= 1 && processes_len >= 2, "it has hardly looked: %s", said);
	free(said);
	close(abstract_fd);
}

static void processes(struct test *test) {
	struct stage *stage = set_up(test);
	/* By the numbers that they have outside: this test's, the supervisor's, the compositor's. */
	const pid_t pids[] = { getpid(), session_pid(stage->session), session_compositor_pid(stage->session) };
	for (size_t i = 0; i < LEN(pids); i++) {
		char *number = xasprintf("%d", (int)pids[i]);
		check_out_of_reach(stage, "process", number, try_process(pids[i]));
		char *path = xasprintf("/proc/%d/status", (int)pids[i]);
		check_out_of_reach(stage, "open", path, try_open(path));
		free(path);
		free(number);
	}
	static const char *const attempts[] = {
		"init-ptrace",
		"init-read",
		"init-write",
		"init-mem",
		"init-root",
		"init-cwd",
		"init-fds",
		"init-getfd",
	};
	char *said = INSIDE_RUN(stage->session, "attacker", "init");
	for (size_t i = 0; i < LEN(attempts); i++) {
		char *answer = inside_find(said, attempts[i]);
		CHECK(answer != NULL && strcmp(answer, "done") != 0, "%s is answered with %s", attempts[i],
			answer != NULL ? answer : "nothing");
		free(answer);
	}
	free(said);
}

static void files(struct test *test) {
	struct stage *stage = set_up(test);
	char *top = xasprintf("%s", test_directory(test));
	char *secret = xasprintf("%s/home/secret", top), *config = xasprintf("%s/test.conf", top);
	char *state = xasprintf("%s/state/cofferdam", top), *kept = xasprintf("%s/keeper/home/kept", state);
	char *kept_file = xasprintf("%s/file", kept);
	write_file(test, secret);
	struct process_output output = COFFER(stage->session, "run", "keeper", "true"); /* it has something to keep */
	CHECK_INT(output.status, 0, "the keeper does not start: %s", output.err);
	process_output_finish(&output);
	write_file(test, kept_file);
	const char *const paths[] = { top, secret, config, kept, kept_file, state,
		session_runtime_directory(stage->session), "/proc/1/root" };
	for (size_t i = 0; i < LEN(paths); i++) {
		check_out_of_reach(stage, "open", paths[i], strncmp(paths[i], "/proc", 5) == 0 ? 0 : try_open(paths[i]));
	}
	/* From where it may be, upwards: what is bound has the sandbox above it, not the host. */
	static const char *const upwards[] = { "/home/user/attack/../secret",
		"/home/user/mine/../../../keeper/home/kept/file", "/home/user/mine/../../../test.conf",
		"/proc/self/cwd/../../../test.conf", "/home/user/secret" };
	for (size_t i = 0; i < LEN(upwards); i++) {
		check_out_of_reach(stage, "open", upwards[i], 0);
	}
	free(state);
	free(kept_file);
	free(kept);
	free(config);
	free(secret);
	free(top);
}

static void shared_memory(struct test *test) {
	struct stage *stage = set_up(test);
	key_t number = SHM_KEY + (getpid() & 0xffff);
	char *its_name = xasprintf(SHM_NAME, (int)getpid()), *its_number = xasprintf("%d", (int)number);
	int id = shmget(number, 4096, IPC_CREAT | 0666);
	int fd = shm_open(its_name, O_RDWR | O_CREAT, 0666);
	CHECK(id >= 0 && fd >= 0, "there can be no shared memory: %s", strerror(errno));
	int here = try_shm_key(number) | try_shm_name(its_name);
	char *said = INSIDE_RUN(stage->session, "attacker", "memory", its_number, its_name);
	shmctl(id, IPC_RMID, NULL);
	shm_unlink(its_name);
	close(fd);
	CHECK_INT(here, 0, "it cannot be had from outside either: this shows nothing");
	char *key = inside_find(said, "shm-key"), *name = inside_find(said, "shm-name");
	CHECK(key != NULL && strcmp(key, "done") != 0, "the host's shared memory is within reach, by its key");
	CHECK(name != NULL && strcmp(name, "done") != 0, "the host's shared memory is within reach, by its name");
	free(name);
	free(key);
	free(said);
	free(its_number);
	free(its_name);
}

static const struct test_case cases[] = {
	{ "no socket of the session or the host can be reached", sockets },
	{ "what it finds is its own", look_around },
	{ "no process but its own is there, and its first is closed", processes },
	{ "no file of the person's or of another instance is there", files },
	{ "no shared memory of the host's is there", shared_memory },
};

int main(int argc, char **argv) {
	if (argc > 2 && strcmp(argv[1], INSIDE) == 0) {
		return run_inside(argv + 2);
	}
	return test_main(argc, argv, cases, LEN(cases));
}
