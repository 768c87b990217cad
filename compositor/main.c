/*
 * cofferdam-compositor: started by the supervisor with one end of their socketpair, and with nothing else. Here is what it
 * is as a process; what it does is session.c's.
 */

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <wlr/util/log.h>

#include "base/log.h"
#include "compositor/session.h"

/*
 * A build for memcheck (-Dmemcheck=true) does without confinement: memcheck knows no seccomp(2), and reads files while it
 * reports. Such a build is for tests only, and says what it is.
 */
#ifdef FOR_MEMCHECK
#define CONFINED false
#else
#define CONFINED true
#endif

static void handle_wlr_log(enum wlr_log_importance importance, const char *format, va_list args) {
	static const enum log_level levels[] = {
		[WLR_SILENT] = LOG_DEBUG, [WLR_ERROR] = LOG_ERROR, [WLR_INFO] = LOG_DEBUG, [WLR_DEBUG] = LOG_DEBUG,
	};
	char text[1024];
	vsnprintf(text, sizeof(text), format, args);
	/* It may quote a client. */
	char quoted[2048];
	log_write(levels[importance], "wlroots: %s", log_quote(text, strlen(text), quoted, sizeof(quoted)));
}

/* Each client is one or two descriptors, and so is each piece of memory that it shares: as many as we may. */
static void raise_descriptors(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Where the user may have it, so that what the person types is handled before whatever else the machine does. Threads of
 * drivers and libraries are not meant. How much of it a flood gets is bounded, see fairness.c.
 */
static void raise_priority(void) {
	const struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	bool raised = sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0;
	log_debug("real-time scheduling: %s", raised ? "SCHED_RR" : strerror(errno));
}

int main(int argc, char *argv[]) {
	static const struct option options[] = {
		{"link", required_argument, NULL, 'l'}, {"verbose", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0},
	};
	struct session_options chosen = {.link_fd = -1, .confined = CONFINED};
	int level = LOG_WARN;
	int option;
	while ((option = getopt_long(argc, argv, "l:v", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			chosen.link_fd = atoi(optarg);
			break;
		case 'v':
			level++;
			break;
		default:
			return 2;
		}
	}
	if (chosen.link_fd < 3 || optind != argc) {
		fprintf(stderr, "cofferdam-compositor is started by cofferdam, not by hand\n");
		return 2;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	tzset();
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	/* No core file, no ptrace by another process of the user: it sees every key and every window. */
	prctl(PR_SET_DUMPABLE, 0);
	log_init("compositor", level > LOG_DEBUG ? LOG_DEBUG : (enum log_level)level);
	raise_priority();
	if (!chosen.confined) {
		log_warn("built for memcheck: not confined");
		prctl(PR_SET_NAME, "cofferdam-compositor"); /* where memcheck's own name stood */
	}
	wlr_log_init(level >= LOG_DEBUG ? WLR_DEBUG : WLR_ERROR, handle_wlr_log);
	return session_run(&chosen);
}
