#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "ctl/archive.h"
#include "ctl/program.h"
#include "ctl/text.h"

bool archive_pack(int directory_fd, int out_fd) {
	static const char *const argv[] = { "tar", "--create", "--zstd", "--format=posix", "--sort=name", "--owner=0", "--group=0",
		"--numeric-owner", "--xattrs", "--xattrs-include=user.*", "--sparse", "--file=-", ".", NULL };
	int code = program_run(&(struct program){ argv, directory_fd, -1, out_fd });
	if (code > 0) {
		text_complain("tar could not pack it (%d)", code);
	}
	return code == 0;
}

/* Bytes that may come out. */
static uint64_t find_limit(int directory_fd) {
	struct statvfs space;
	return fstatvfs(directory_fd, &space) == 0 ? (uint64_t)space.f_bavail * space.f_frsize / 10 * 9 : 0;
}

/* From zstd to tar, until the end or the limit. */
static bool pump(int in_fd, int out_fd, uint64_t limit) {
	static char buffer[256 * 1024];
	while (true) {
		ssize_t n = read(in_fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n == 0;
		}
		if ((uint64_t)n > limit) {
			text_complain("there is more in it than room on the disk");
			return false;
		}
		limit -= (uint64_t)n;
		for (ssize_t done = 0; done < n;) {
			ssize_t written = write(out_fd, buffer + done, (size_t)(n - done));
			if (written < 0 && errno != EINTR) {
				return false; /* tar has ended, and said why */
			}
			done += written > 0 ? written : 0;
		}
	}
}

bool archive_unpack(int in_fd, int directory_fd) {
	char link[64], path[PATH_MAX];
	static const char *const zstd[] = { "zstd", "--decompress", "--stdout", "--quiet", NULL };
	int from_zstd[2] = { -1, -1 }, to_tar[2] = { -1, -1 };
	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory_fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0 || pipe2(from_zstd, O_CLOEXEC) != 0 || pipe2(to_tar, O_CLOEXEC) != 0) {
		text_complain("cannot unpack: %s", strerror(errno));
		fd_close(&from_zstd[0]);
		fd_close(&from_zstd[1]);
		return false;
	}
	/* analyzer: one byte less than there is room for was asked for */
	path[length] = '\0';
	const char *const tar[] = { "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/", "/",
		"--tmpfs", "/tmp", "--dev", "/dev", "--proc", "/proc", "--bind", path, path, "--chdir", path, "--", "tar", "--extract",
		"--no-same-owner", "--no-same-permissions", "--xattrs", "--xattrs-include=user.*", "--no-acls", "--keep-old-files", "--sparse", "--file=-", NULL };
	signal(SIGPIPE, SIG_IGN);
	pid_t zstd_pid = program_start(&(struct program){ zstd, -1, in_fd, from_zstd[1] });
	pid_t tar_pid = zstd_pid > 0 ? program_start(&(struct program){ tar, -1, to_tar[0], -1 }) : -1;
	fd_close(&from_zstd[1]);
	fd_close(&to_tar[0]);
	bool done = tar_pid > 0 && pump(from_zstd[0], to_tar[1], find_limit(directory_fd));
	fd_close(&from_zstd[0]);
	fd_close(&to_tar[1]);
	int zstd_code = zstd_pid > 0 ? program_wait(zstd_pid) : -1, tar_code = tar_pid > 0 ? program_wait(tar_pid) : -1;
	signal(SIGPIPE, SIG_DFL);
	if (done && (zstd_code != 0 || tar_code != 0)) {
		text_complain("it is no whole archive (zstd %d, tar %d)", zstd_code, tar_code);
	} else if (!done && tar_code > 0) {
		text_complain("tar could not unpack it (%d)", tar_code);
	}
	return done && zstd_code == 0 && tar_code == 0;
}
