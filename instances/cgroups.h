#ifndef INSTANCES_CGROUPS_H
#define INSTANCES_CGROUPS_H

/*
 * How the sandboxes of this session are limited in memory, processes and processor (cgroup v2): each in a scope of the
 * user's own systemd where it answers; else in a cgroup that we make, where we may; else not, and that is said.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum cgroups_how { CGROUPS_NONE, CGROUPS_SYSTEMD, CGROUPS_DIRECT };

struct cgroups;

/*
 * Looks once, and logs what it has come to. Call it before anything else is started: where ours is the only process in
 * its cgroup, that one is divided, and ours moves into a part of it. Never NULL.
 */
struct cgroups *cgroups_create(void);
/* When nothing of any sandbox is left: puts back what was divided. NULL is allowed. */
void cgroups_destroy(struct cgroups *cgroups);

enum cgroups_how cgroups_get_how(const struct cgroups *cgroups);
/* "systemd", "cgroup" or "". */
const char *cgroups_get_name(const struct cgroups *cgroups);
/* CGROUPS_SYSTEMD: of systemd-run; 0 where it does not tell. */
int cgroups_get_version(const struct cgroups *cgroups);
/* Why there are no limits; "" where there are. */
const char *cgroups_get_why(const struct cgroups *cgroups);
/* CGROUPS_DIRECT: the cgroup that those of the sandboxes are made in. */
int cgroups_get_base(const struct cgroups *cgroups);
/* Where the cgroup of a process is in the file system; the caller frees it. NULL where there is none. */
char *cgroups_find(pid_t pid);
/* Where cgroup v2 is mounted; the caller frees it. NULL where it is not. */
char *cgroups_find_mount(void);
/*
 * Removes one that was made below that, now or, while the kernel still holds something of it, when the next one goes
 * or the session ends.
 */
void cgroups_remove(struct cgroups *cgroups, const char *name);
/* A number that no other sandbox of this session had. */
unsigned int cgroups_next(struct cgroups *cgroups);

/* Files of cgroups: cgroup-v2.rst of the kernel. Both return false where it cannot be done. */
bool cgroups_write(int directory_fd, const char *file, const char *text);
/* The first bytes as a string, size bytes at most. */
bool cgroups_read(int directory_fd, const char *file, char *out, size_t size);

/* ---- the pure part ---- */

/* The path of "0::/path" in a text such as /proc/PID/cgroup has it; the caller frees it. NULL where there is none. */
char *cgroups_parse_path(const char *text);
/*
 * Where cgroup v2 is mounted, by a text such as /proc/self/mountinfo has it: *point is the directory, *root what of
 * the hierarchy is there. The caller frees both. False where it is not mounted.
 */
bool cgroups_parse_mount(const char *text, char **point, char **root);
/* The number of "systemd 257 (257.9-1)"; 0 where it is none. */
int cgroups_parse_version(const char *text);
/* True where word is one of those in text, with spaces between them. */
bool cgroups_has_word(const char *text, const char *word);
/* The number after "NAME " at the beginning of a line, such as memory.events has them; 0 where there is none. */
uint64_t cgroups_parse_count(const char *text, const char *name);

#endif
