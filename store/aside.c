#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "store/aside.h"
#include "store/layout.h"

#define HOLDINGS_MAX 4096
#define DATES_MAX 512

/* ---- against the config ---- */

enum standing { IS_DECLARED, IS_ABOVE /* something declared is in it */, IS_STRAY };

static enum standing stand(const struct config_instance *instance, const char *path) {
	size_t length = strlen(path);
	enum standing standing = IS_STRAY;
	for (size_t i = 0; i < instance->persist_len; i++) {
		const char *declared = instance->persist[i].path;
		if (strcmp(declared, path) == 0) {
			return IS_DECLARED;
		}
		if (strncmp(declared, path, length) == 0 && declared[length] == '/') {
			standing = IS_ABOVE;
		}
	}
	return standing;
}

typedef void (*stray_visitor)(void *data, int parent_fd, const char *name, const char *path);

struct search {
	const struct config_instance *instance;
	stray_visitor visit;
	void *data;
	size_t found;
	bool cut;
};

/* Finds what is not declared; descends only where something declared lies deeper. Takes over fd. */
static void search_directory(struct search *search, int fd, const char *path) {
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		fd_close(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		const char *name = entry->d_name;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
			continue;
		}
		if (search->found >= HOLDINGS_MAX) {
			search->cut = true;
			break;
		}
		char *inner = xasprintf("%s%s%s", path, path[0] != '\0' ? "/" : "", name);
		enum standing standing = stand(search->instance, inner);
		if (standing == IS_STRAY) {
			search->found++;
			search->visit(search->data, fd, name, inner);
		} else if (standing == IS_ABOVE) {
			search_directory(search, beneath_open(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), inner);
		}
		free(inner);
	}
	closedir(directory);
}

static bool search_home(struct search *search, int instance_fd) {
	int home_fd = beneath_open(instance_fd, LAYOUT_HOME, O_RDONLY | O_DIRECTORY, 0);
	if (home_fd < 0) {
		return errno == ENOENT;
	}
	search_directory(search, home_fd, "");
	return true;
}

/* ---- moving aside ---- */

static void make_date(char *date, int number) {
	time_t now = time(NULL);
	struct tm local;
	char second[20];
	localtime_r(&now, &local);
	strftime(second, sizeof(second), "%Y-%m-%d_%H%M%S", &local);
	snprintf(date, ASIDE_DATE_SIZE, number > 1 ? "%.17s-%d" : "%.17s", second, number);
}

/* A directory of this moment that was not there before. */
static int make_dated(int aside_fd, char *date) {
	for (int number = 1; number < 1000; number++) {
		make_date(date, number);
		if (mkdirat(aside_fd, date, 0700) == 0) {
			return beneath_open_directory(aside_fd, date);
		}
		if (errno != EEXIST) {
			return -1;
		}
	}
	return -1;
}

bool aside_move(int from_fd, const char *name, int to_fd, const char *new_name) {
	struct stat status;
	char link[64];
	if (renameat2(from_fd, name, to_fd, new_name, RENAME_NOREPLACE) == 0) {
		return true;
	}
	int fd = errno == EACCES ? beneath_open(from_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0) : -1;
	if (fd < 0) {
		return false;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	bool moved = fstat(fd, &status) == 0 && status.st_uid == geteuid() && chmod(link, (status.st_mode & 07777) | 0700) == 0 &&
		renameat2(from_fd, name, to_fd, new_name, RENAME_NOREPLACE) == 0;
	int saved_errno = errno;
	chmod(link, status.st_mode & 07777);
	fd_close(&fd);
	errno = saved_errno;
	return moved;
}

bool aside_keep(int instance_fd, int from_fd, const char *name, const char *path, char *date) {
	int aside_fd = beneath_open_directory(instance_fd, LAYOUT_ASIDE);
	int dated_fd = aside_fd < 0 ? -1 : date[0] == '\0' ? make_dated(aside_fd, date) : beneath_open_directory(aside_fd, date);
	const char *slash = strrchr(path, '/');
	char *parent = slash != NULL ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");
	int parent_fd = dated_fd >= 0 ? beneath_open_directory(dated_fd, parent) : -1;
	bool kept = parent_fd >= 0 && aside_move(from_fd, name, parent_fd, slash != NULL ? slash + 1 : path);
	int saved_errno = errno;
	free(parent);
	fd_close(&parent_fd);
	fd_close(&dated_fd);
	fd_close(&aside_fd);
	errno = saved_errno;
	return kept;
}

/* "a/b" in top, a directory of the instance: opens top/a, or makes it. *name is b. */
static int open_parent(int instance_fd, const char *top, const char *path, bool make, const char **name) {
	const char *slash = strrchr(path, '/');
	char *place = slash != NULL ? xasprintf("%s/%.*s", top, (int)(slash - path), path) : xstrdup(top);
	int fd = make ? beneath_open_directory(instance_fd, place) : beneath_open(instance_fd, place, O_PATH | O_DIRECTORY, 0);
	int saved_errno = errno;
	free(place);
	errno = saved_errno;
	*name = slash != NULL ? slash + 1 : path;
	return fd;
}

/* An empty file or directory is what a start makes for a path that was never used. */
static bool make_way(int parent_fd, const char *name) {
	struct stat status;
	if (fstatat(parent_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		return errno == ENOENT;
	}
	bool gone = S_ISDIR(status.st_mode) ? unlinkat(parent_fd, name, AT_REMOVEDIR) == 0
		: S_ISREG(status.st_mode) && status.st_size == 0 && unlinkat(parent_fd, name, 0) == 0;
	if (!gone) {
		errno = EEXIST;
	}
	return gone;
}

/* aside/DATE/a/b: b and a where they are empty, and DATE. */
static void drop_empty(int instance_fd, const char *date, const char *path) {
	char *place = xasprintf(LAYOUT_ASIDE "/%s/%s", date, path);
	for (char *slash = strrchr(place, '/'); slash != place + strlen(LAYOUT_ASIDE); slash = strrchr(place, '/')) {
		const char *name;
		*slash = '\0';
		int fd = open_parent(instance_fd, ".", place, false, &name);
		bool gone = fd >= 0 && unlinkat(fd, name, AT_REMOVEDIR) == 0;
		fd_close(&fd);
		if (!gone) {
			break;
		}
	}
	free(place);
}

bool aside_return(int instance_fd, const char *date, const char *path) {
	const char *name;
	char *dated = xasprintf(LAYOUT_ASIDE "/%s", date);
	int from_fd = open_parent(instance_fd, dated, path, false, &name);
	int to_fd = from_fd >= 0 ? open_parent(instance_fd, LAYOUT_HOME, path, true, &name) : -1;
	/* It is in its new place on the disk before it is gone from the old. */
	bool done = to_fd >= 0 && make_way(to_fd, name) && aside_move(from_fd, name, to_fd, name) && beneath_sync(to_fd) &&
		beneath_sync(from_fd);
	int saved_errno = errno;
	fd_close(&to_fd);
	fd_close(&from_fd);
	if (done) {
		drop_empty(instance_fd, date, path);
	}
	free(dated);
	errno = saved_errno;
	return done;
}

bool aside_exchange(int instance_fd, int from_fd, const char *name, const char *old_name, char *date) {
	bool done = false;
	int aside_fd = beneath_open_directory(instance_fd, LAYOUT_ASIDE);
	for (int number = 1; aside_fd >= 0 && number < 1000; number++) {
		make_date(date, number);
		if (renameat2(from_fd, name, aside_fd, date, RENAME_NOREPLACE) == 0) {
			done = renameat2(aside_fd, date, instance_fd, old_name, RENAME_EXCHANGE) == 0;
			break;
		}
		if (errno != EEXIST) {
			break;
		}
	}
	int saved_errno = errno;
	fd_close(&aside_fd);
	errno = saved_errno;
	return done;
}

struct tidying {
	int instance_fd;
	char date[ASIDE_DATE_SIZE];
	size_t moved;
	int error;
	char *path; /* that could not be moved */
};

static void tidy_stray(void *data, int parent_fd, const char *name, const char *path) {
	struct tidying *tidying = data;
	/* Where a persist path was declared and never used, an empty directory is all that there is. */
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0) {
		return;
	}
	if (aside_keep(tidying->instance_fd, parent_fd, name, path, tidying->date)) {
		tidying->moved++;
	} else if (tidying->error == 0) {
		tidying->error = errno;
		tidying->path = xstrdup(path);
	}
}

bool aside_tidy(int instance_fd, const struct config_instance *instance, size_t *moved, char *reason, size_t size) {
	struct tidying tidying = { .instance_fd = instance_fd };
	struct search search = { .instance = instance, .visit = tidy_stray, .data = &tidying };
	bool searched = search_home(&search, instance_fd);
	*moved = tidying.moved;
	if (!searched) {
		snprintf(reason, size, "state store: %s/" LAYOUT_HOME ": %s", instance->name, strerror(errno));
	} else if (tidying.error != 0) {
		snprintf(reason, size, "state store: %s/" LAYOUT_HOME "/%s cannot be moved aside: %s", instance->name, tidying.path,
			strerror(tidying.error));
	}
	free(tidying.path);
	return searched && tidying.error == 0;
}

/* ---- listing ---- */

static struct holding *add(struct holdings *holdings, enum holding_kind kind, const char *path) {
	holdings->list = xrealloc_array(holdings->list, holdings->len + 1, sizeof(*holdings->list));
	struct holding *holding = &holdings->list[holdings->len++];
	*holding = (struct holding){ .kind = kind, .untrusted_path = xstrdup(path) };
	return holding;
}

static void add_stray(void *data, int parent_fd, const char *name, const char *path) {
	struct holding *holding = add(data, HOLDING_UNDECLARED, path);
	holding->exists = walk_measure(parent_fd, name, &walk_glance, &holding->size);
}

static void list_declared(int instance_fd, const struct config_instance *instance, struct holdings *holdings) {
	int home_fd = instance_fd >= 0 ? beneath_open(instance_fd, LAYOUT_HOME, O_RDONLY | O_DIRECTORY, 0) : -1;
	for (size_t i = 0; i < instance->persist_len; i++) {
		struct holding *holding = add(holdings, HOLDING_DECLARED, instance->persist[i].path);
		holding->is_file = instance->persist[i].is_file;
		holding->exists =
			home_fd >= 0 && walk_measure(home_fd, holding->untrusted_path, &walk_glance, &holding->size);
	}
	fd_close(&home_fd);
}

struct dated {
	struct holdings *holdings;
	const char *date;
};

/* What was moved aside keeps its path, so that above it there may be directories with nothing else in them. */
static enum walk_step list_dated(void *data, const struct walk_entry *entry) {
	struct dated *dated = data;
	if (dated->holdings->len >= HOLDINGS_MAX) {
		dated->holdings->cut = true;
		return WALK_STOP;
	}
	struct holding *holding = add(dated->holdings, HOLDING_ASIDE, entry->untrusted_path);
	copy_string(holding->date, sizeof(holding->date), dated->date);
	holding->exists = walk_measure(entry->parent_fd, entry->untrusted_name, &walk_glance, &holding->size);
	return WALK_SKIP;
}

static enum walk_step list_date(void *data, const struct walk_entry *entry) {
	struct dated dated = { .holdings = data, .date = entry->untrusted_name };
	int fd = strlen(dated.date) < ASIDE_DATE_SIZE
		? beneath_open(entry->parent_fd, dated.date, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
		: -1;
	if (fd >= 0) {
		walk_tree(fd, &walk_glance, list_dated, &dated);
	}
	fd_close(&fd);
	return dated.holdings->cut ? WALK_STOP : WALK_SKIP;
}

void holdings_list(int instance_fd, const struct config_instance *instance, struct holdings *holdings) {
	static const struct config_instance nothing = { 0 };
	*holdings = (struct holdings){ 0 };
	if (instance == NULL) {
		instance = &nothing;
	}
	list_declared(instance_fd, instance, holdings);
	if (instance_fd < 0) {
		return;
	}
	struct search search = { .instance = instance, .visit = add_stray, .data = holdings };
	search_home(&search, instance_fd);
	holdings->cut = search.cut;
	int aside_fd = beneath_open(instance_fd, LAYOUT_ASIDE, O_RDONLY | O_DIRECTORY, 0);
	if (aside_fd >= 0) {
		const struct walk_limits dates = { .entries = DATES_MAX, .depth = 2 };
		walk_tree(aside_fd, &dates, list_date, holdings);
	}
	fd_close(&aside_fd);
}

void holdings_finish(struct holdings *holdings) {
	for (size_t i = 0; i < holdings->len; i++) {
		free(holdings->list[i].untrusted_path);
	}
	free(holdings->list);
	*holdings = (struct holdings){ 0 };
}
