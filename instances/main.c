#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include "base/log.h"
#include "instances/session.h"
#include "wire/control.h"

/* A test is built with paths of its own; what is installed looks for its neighbours. */
#ifndef COFFERDAM_COMPOSITOR
#define COFFERDAM_COMPOSITOR NULL
#endif
#ifndef COFFERDAM_INIT
#define COFFERDAM_INIT NULL
#endif

static const char usage[] =
	"Usage: cofferdam [OPTION...]\n"
	"\n"
	"Starts an isolating desktop session.\n"
	"\n"
	"  -c, --config FILE        use this config file instead of ~/.config/cofferdam/config\n"
	"  -s, --startup COMMAND    when the desktop is ready, run COMMAND as a trusted shell program\n"
	"  -x, --exit-with-command  end the session when COMMAND ends, with its exit code\n"
	"  -v, --verbose            say more; twice: say everything\n"
	"  -h, --help               show this help\n"
	"  -V, --version            show the version\n";

/* Returns -1, or the code to exit with at once. */
static int parse_options(int argc, char *argv[], struct session_options *options) {
	static const struct option names[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "startup", required_argument, NULL, 's' },
		{ "exit-with-command", no_argument, NULL, 'x' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;
	while ((option = getopt_long(argc, argv, "c:s:xvhV", names, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 's':
			options->command = optarg;
			break;
		case 'x':
			options->exit_with_command = true;
			break;
		case 'v':
			options->verbosity++;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_CODE_OK;
		case 'V':
			puts("cofferdam " COFFERDAM_VERSION);
			return EXIT_CODE_OK;
		default:
			return EXIT_CODE_USAGE; /* getopt has said why */
		}
	}
	if (optind < argc) {
		fprintf(stderr, "cofferdam: %s: takes no such argument; see cofferdam --help\n", argv[optind]);
		return EXIT_CODE_USAGE;
	}
	if (options->exit_with_command && options->command == NULL) {
		fprintf(stderr, "cofferdam: -x needs a command to end with: add -s COMMAND\n");
		return EXIT_CODE_USAGE;
	}
	return -1;
}

int main(int argc, char *argv[]) {
	struct session_options options = { .compositor = COFFERDAM_COMPOSITOR, .init = COFFERDAM_INIT };
	int code = parse_options(argc, argv, &options);
	if (code >= 0) {
		return code;
	}
	int level = LOG_WARN + options.verbosity;
	log_init("cofferdam", level > LOG_DEBUG ? LOG_DEBUG : (enum log_level)level);
	signal(SIGPIPE, SIG_IGN);
#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks traces this process */
	/* No core file, and no other process of the person looks into the one that holds every instance's strings. */
	prctl(PR_SET_DUMPABLE, 0);
#endif
	return session_run(&options);
}
