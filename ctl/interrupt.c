#include <signal.h>
#include <stddef.h>

#include "ctl/interrupt.h"

/* A signal's handler has no other way to say it. */
static volatile sig_atomic_t came;

static void handle(int number) {
	came = 1;
}

void interrupt_watch(void) {
	/* The programs that we start die of it, as each does by itself. */
	const struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART | (int)SA_RESETHAND };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool interrupt_came(void) {
	return came != 0;
}
