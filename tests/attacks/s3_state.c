/*
 * S3. What an instance, or who restored it, has left in its place in the state store: symbolic links, hard links, devices,
 * setuid programs, sockets and pipes, where the config declares a directory or a file, above them, and inside. At the
 * next start nothing outside of the place is opened, changed, moved or deleted; what is not what was declared fails the
 * start, in time, with the reason; and what lies inside a declared directory gives the instance no more than it had.
 *
 * The table's rows say what lies there and what may come of it; what saves the store and reads it back
 * has its own in tests/ctl/backup.py, test_hostile_state and test_hostile_backup.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/inside.h"
#include "tests/protocol/lib/json.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET "what no instance may see"

/* The places of a case: all paths of the host's. */
struct places {
	struct test *test;
	char *store; /* the attacker's: NAME/ */
	char *home; /* NAME/home/ */
	char *bait; /* a directory of the person's with files in it */
	char *bait_file;
};

/* ---- what is left there ---- */

static void make_directory(const struct places *places, const char *path) {
	struct test *test = places->test;
	CHECK(mkdir(path, 0700) == 0 || errno == EEXIST, "cannot make %s: %s", path, strerror(errno));
}

static void link_to(const struct places *places, const char *at, const char *name, const char *target) {
	struct test *test = places->test;
	char *path = xasprintf("%s/%s", at, name);
	CHECK(symlink(target, path) == 0, "cannot make %s: %s", path, strerror(errno));
	free(path);
}

static void file_at(const struct places *places, const char *at, const char *name, mode_t mode) {
	struct test *test = places->test;
	char *path = xasprintf("%s/%s", at, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, SECRET, strlen(SECRET)) > 0 && fchmod(fd, mode) == 0, "cannot make %s: %s", path,
		strerror(errno));
	close(fd);
	free(path);
}

static void pipe_at(const struct places *places, const char *at, const char *name) {
	struct test *test = places->test;
	char *path = xasprintf("%s/%s", at, name);
	CHECK(mkfifo(path, 0600) == 0, "cannot make %s: %s", path, strerror(errno));
	free(path);
}

static void socket_at(const struct places *places, const char *at, const char *name) {
	struct test *test = places->test;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = xasprintf("%s/%s", at, name);
	CHECK(copy_string(address.sun_path, sizeof(address.sun_path), path), "%s is too long", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "cannot make %s: %s", path, strerror(errno));
	close(fd);
	free(path);
}

/* Only root can: where this is nobody's, neither could an instance. */
static void device_at(const struct places *places, const char *at, const char *name) {
	char *path = xasprintf("%s/%s", at, name);
	if (mknod(path, S_IFCHR | 0666, makedev(1, 5)) != 0) {
		test_note(places->test, "no device can be made here: %s", strerror(errno));
		file_at(places, at, name, 0600);
	}
	free(path);
}

static void hard_link_at(const struct places *places, const char *at, const char *name) {
	struct test *test = places->test;
	char *path = xasprintf("%s/%s", at, name);
	CHECK(link(places->bait_file, path) == 0, "cannot make %s: %s", path, strerror(errno));
	free(path);
}

/* Where the directory `data` is declared. */
static void data_is_a_link_out(const struct places *places) {
	link_to(places, places->home, "data", places->bait);
}

static void data_is_a_link_upwards(const struct places *places) {
	link_to(places, places->home, "data", "../../../../home/bait");
}

static void data_is_a_link_within(const struct places *places) {
	char *deep = xasprintf("%s/deep", places->home);
	make_directory(places, deep);
	link_to(places, places->home, "data", "deep");
	free(deep);
}

static void data_is_a_link_to_itself(const struct places *places) {
	link_to(places, places->home, "data", "data");
}

static void data_is_a_link_to_proc(const struct places *places) {
	link_to(places, places->home, "data", "/proc/self/cwd");
}

static void data_is_a_file(const struct places *places) {
	file_at(places, places->home, "data", 0600);
}

static void data_is_a_pipe(const struct places *places) {
	pipe_at(places, places->home, "data");
}

static void data_is_a_socket(const struct places *places) {
	socket_at(places, places->home, "data");
}

static void data_is_a_device(const struct places *places) {
	device_at(places, places->home, "data");
}

/* Above `deep/down`. */
static void the_way_is_a_link_out(const struct places *places) {
	link_to(places, places->home, "deep", places->bait);
}

static void the_way_is_a_pipe(const struct places *places) {
	pipe_at(places, places->home, "deep");
}

/* Where the file `file` is declared. */
static void file_is_a_link_out(const struct places *places) {
	link_to(places, places->home, "file", places->bait_file);
}

static void file_is_a_dangling_link(const struct places *places) {
	char *target = xasprintf("%s/made", places->bait);
	link_to(places, places->home, "file", target);
	free(target);
}

static void file_is_a_hard_link(const struct places *places) {
	hard_link_at(places, places->home, "file");
}

static void file_is_a_directory(const struct places *places) {
	char *path = xasprintf("%s/file", places->home);
	make_directory(places, path);
	free(path);
}

static void file_is_a_pipe(const struct places *places) {
	pipe_at(places, places->home, "file");
}

static void file_is_a_socket(const struct places *places) {
	socket_at(places, places->home, "file");
}

static void file_is_a_device(const struct places *places) {
	device_at(places, places->home, "file");
}

/* The store's own. No instance can reach these; whoever restored it might. */
static void home_is_a_link_out(const struct places *places) {
	rmdir(places->home);
	link_to(places, places->store, "home", places->bait);
}

static void the_place_is_a_link_out(const struct places *places) {
	rmdir(places->home);
	rmdir(places->store);
	char *store = xasprintf("%s/state/cofferdam", test_directory(places->test));
	link_to(places, store, "attacker", places->bait);
	free(store);
}

static void lock_is_a_link_out(const struct places *places) {
	char *target = xasprintf("%s/made", places->bait);
	link_to(places, places->store, "lock", target);
	free(target);
}

static void lock_is_a_pipe(const struct places *places) {
	pipe_at(places, places->store, "lock");
}

/* What is removed at the next occasion, and what is moved aside, is not what it leads to. */
static void partial_is_a_link_out(const struct places *places) {
	link_to(places, places->store, "partial", places->bait);
}

static void partial_holds_links_out(const struct places *places) {
	char *partial = xasprintf("%s/partial", places->store);
	make_directory(places, partial);
	link_to(places, partial, "a", places->bait);
	link_to(places, partial, "b", places->bait_file);
	hard_link_at(places, partial, "c");
	pipe_at(places, partial, "d");
	free(partial);
}

static void aside_is_a_link_out(const struct places *places) {
	link_to(places, places->store, "aside", places->bait);
	file_at(places, places->home, "undeclared", 0600);
}

static void undeclared_links_out(const struct places *places) {
	link_to(places, places->home, "undeclared", places->bait);
	char *path = xasprintf("%s/other", places->home);
	make_directory(places, path);
	link_to(places, path, "a", places->bait);
	hard_link_at(places, path, "b");
	pipe_at(places, path, "c");
	free(path);
}

/* Inside of what is declared: an instance may leave there what it likes. */
static void data_holds_all_of_it(const struct places *places) {
	char *data = xasprintf("%s/data", places->home);
	make_directory(places, data);
	link_to(places, data, "link", places->bait_file);
	link_to(places, data, "upwards", "../../../../../home/bait/file");
	link_to(places, data, "proc", "/proc/1/root/etc/shadow");
	device_at(places, data, "device");
	pipe_at(places, data, "pipe");
	socket_at(places, data, "socket");
	file_at(places, data, "setuid", 06755);
	free(data);
}

enum outcome { FAILS, EITHER };

static const struct {
	const char *what;
	void (*leave)(const struct places *places);
	enum outcome outcome;
} rows[] = {
	{ "a declared directory is a link out of the store", data_is_a_link_out, FAILS },
	{ "it is a link upwards", data_is_a_link_upwards, FAILS },
	{ "it is a link to a place within", data_is_a_link_within, FAILS },
	{ "it is a link to itself", data_is_a_link_to_itself, FAILS },
	{ "it is a link to what the kernel makes up", data_is_a_link_to_proc, FAILS },
	{ "it is a file", data_is_a_file, FAILS },
	{ "it is a pipe", data_is_a_pipe, FAILS },
	{ "it is a socket", data_is_a_socket, FAILS },
	{ "it is a device", data_is_a_device, FAILS },
	{ "the way to it is a link out", the_way_is_a_link_out, FAILS },
	{ "the way to it is a pipe", the_way_is_a_pipe, FAILS },
	{ "a declared file is a link out", file_is_a_link_out, FAILS },
	{ "it is a link to what is not there", file_is_a_dangling_link, FAILS },
	{ "it is a second name of a file outside", file_is_a_hard_link, FAILS },
	{ "it is a directory", file_is_a_directory, FAILS },
	{ "it is a pipe, and a file was declared", file_is_a_pipe, FAILS },
	{ "it is a socket, and a file was declared", file_is_a_socket, FAILS },
	{ "it is a device, and a file was declared", file_is_a_device, FAILS },
	{ "the instance's home is a link out", home_is_a_link_out, FAILS },
	{ "the instance's place is a link out", the_place_is_a_link_out, FAILS },
	{ "its lock is a link out", lock_is_a_link_out, EITHER },
	{ "its lock is a pipe", lock_is_a_pipe, EITHER },
	{ "what is to be removed is a link out", partial_is_a_link_out, EITHER },
	{ "what is to be removed holds links out", partial_holds_links_out, EITHER },
	{ "where things are moved aside is a link out", aside_is_a_link_out, EITHER },
	{ "what is moved aside are links out", undeclared_links_out, EITHER },
};

/* ---- a case ---- */

static struct places set_up(struct test *test) {
	const char *top = test_directory(test);
	struct places places = { .test = test };
	char *home = xasprintf("%s/home", top), *state = xasprintf("%s/state", top),
		 *store = xasprintf("%s/cofferdam", state);
	places.store = xasprintf("%s/attacker", store);
	places.home = xasprintf("%s/home", places.store);
	places.bait = xasprintf("%s/bait", home);
	places.bait_file = xasprintf("%s/file", places.bait);
	const char *const directories[] = { home, state, store, places.store, places.home, places.bait };
	for (size_t i = 0; i < LEN(directories); i++) {
		make_directory(&places, directories[i]);
	}
	file_at(&places, places.bait, "file", 0600);
	char *version = xasprintf("%s/VERSION", store);
	int fd = open(version, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, "1\n", 2) == 2, "cannot write %s: %s", version, strerror(errno));
	close(fd);
	free(version);
	free(store);
	free(state);
	free(home);
	return places;
}

/* The person's own is as it was: one file, as long as it was, of the same mode, with what was in it. */
static void check_bait(const struct places *places, const char *what) {
	struct test *test = places->test;
	DIR *dir = opendir(places->bait);
	CHECK(dir != NULL, "%s: the person's directory is gone", what);
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		CHECK(entry->d_name[0] == '.' || strcmp(entry->d_name, "file") == 0, "%s: it has made %s outside", what,
			entry->d_name);
	}
	closedir(dir);
	struct stat status;
	CHECK(stat(places->bait_file, &status) == 0, "%s: the person's file is gone", what);
	CHECK(status.st_size == (off_t)strlen(SECRET) && (status.st_mode & 07777) == 0600,
		"%s: the person's file is changed", what);
	CHECK(stat(places->bait, &status) == 0 && (status.st_mode & 07777) == 0700, "%s: the person's directory is changed",
		what);
}

static void check_failed(struct session *session, const char *what) {
	struct test *test = session_test(session);
	struct process_output output = COFFER(session, "ps", "--json");
	const struct json_value *list = json_parse(test, output.out);
	for (size_t i = 0; i < json_len(test, list); i++) {
		const struct json_value *instance = json_at(test, list, i);
		if (strcmp(json_get_text(test, instance, "name"), "attacker") == 0) {
			CHECK_TEXT(json_get_text(test, instance, "state"), "failed", "%s: the state of it", what);
			CHECK(json_get_text(test, instance, "reason")[0] != '\0', "%s: no reason is given", what);
		}
	}
	process_output_finish(&output);
}

static void remove_tree(struct test *test, const char *path) {
	const char *argv[] = { "rm", "-rf", "--", path, NULL };
	struct process_output output = process_run(test, argv, NULL, TEST_TIMEOUT_MS);
	CHECK_INT(output.status, 0, "cannot remove %s: %s", path, output.err);
	process_output_finish(&output);
}

static const char config[] = "instance attacker {\n\tpersist data deep/down\n\tpersist-file file\n}\n"
							 "instance victim {\n}\n";

static void against_the_start(struct test *test) {
	struct places places = set_up(test);
	struct session *session = session_start(test, config);
	for (size_t i = 0; i < LEN(rows); i++) {
		remove_tree(test, places.store);
		make_directory(&places, places.store);
		make_directory(&places, places.home);
		rows[i].leave(&places);
		/* It answers in time, or this fails: nothing there is waited for. */
		struct process_output output = COFFER(session, "run", "attacker", "true");
		CHECK(output.status == 0 || output.status == 1, "%s: coffer ends with %d: %s", rows[i].what, output.status,
			output.err);
		CHECK(rows[i].outcome == EITHER || output.status == 1, "%s: and it starts", rows[i].what);
		if (output.status == 1) {
			CHECK(output.err[0] != '\0', "%s: coffer does not say why it fails", rows[i].what);
			check_failed(session, rows[i].what);
		}
		process_output_finish(&output);
		output = COFFER(session, "stop", "attacker");
		process_output_finish(&output);
		check_bait(&places, rows[i].what);
	}
	/* Put right, it starts. */
	remove_tree(test, places.store);
	struct process_output output = COFFER(session, "run", "attacker", "true");
	CHECK_INT(output.status, 0, "with an empty place it does not start: %s", output.err);
	process_output_finish(&output);
}

/* ---- inside ---- */

static void try_open(const char *name, const char *path, int flags) {
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	inside_tell(name, fd < 0 ? errno : 0);
	close(fd);
}

static void look_inside(void) {
	try_open("link", "data/link", O_RDONLY);
	try_open("upwards", "data/upwards", O_RDONLY);
	try_open("proc", "data/proc", O_RDONLY);
	try_open("device", "data/device", O_RDWR);
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "data/socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inside_tell("socket", connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ? errno : 0);
	/* A device of its own making. */
	inside_tell("mknod", mknod("data/made", S_IFCHR | 0666, makedev(1, 5)) != 0 ? errno : 0);
	/* A setuid program has no effect where it lies. */
	struct statvfs place;
	inside_tell("setuid", statvfs("data", &place) == 0 && (place.f_flag & ST_NOSUID) != 0 ? EPERM : 0);
}

static void gives_nothing(struct test *test) {
	struct places places = set_up(test);
	data_holds_all_of_it(&places);
	char *text = xasprintf("instance attacker {\n%s\tpersist data\n}\n", inside_config(test));
	struct session *session = session_start(test, text);
	free(text);
	char *said = INSIDE_RUN(session, "attacker", "look");
	static const char *const attempts[] = { "link", "upwards", "proc", "socket", "mknod", "setuid" };
	for (size_t i = 0; i < LEN(attempts); i++) {
		char *answer = inside_find(said, attempts[i]);
		CHECK(answer != NULL && strcmp(answer, "done") != 0, "%s: it gets something", attempts[i]);
		free(answer);
	}
	/* Where no device could be made outside, it is the file that stands in for it. */
	struct stat status;
	char *device = xasprintf("%s/data/device", places.home);
	CHECK(stat(device, &status) == 0, "the device is gone");
	char *answer = inside_find(said, "device");
	CHECK(answer != NULL && (!S_ISCHR(status.st_mode) || strcmp(answer, "done") != 0), "a device in the store opens");
	free(answer);
	free(device);
	free(said);
	check_bait(&places, "what lies inside a declared directory");
}

static const struct test_case cases[] = {
	{ "what is not what was declared fails the start, and nothing outside is touched", against_the_start },
	{ "what lies inside of what was declared gives nothing", gives_nothing },
};

int main(int argc, char **argv) {
	if (argc > 2 && strcmp(argv[1], INSIDE) == 0) {
		look_inside();
		inside_end();
	}
	return test_main(argc, argv, cases, LEN(cases));
}
