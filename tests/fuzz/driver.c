/*
 * Runs a target where there is no libFuzzer: first every input of the corpus as it is, then changed ones. It takes
 * the options of libFuzzer's that are used here, and its numbers of runs are numbers, not times, so that a run
 * is the same everywhere. Built with -Dfuzz=coverage it keeps what leads to new code and goes on from that.
 *
 *     fuzz-TARGET [-runs=N] [-seed=N] [-max_len=N] [-max_total_time=S] [-timeout=S] [-save=DIR] FILE|DIR…
 *
 * Where the target ends badly, or takes longer than the timeout, the input is left in ./crash-NUMBER.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/memory.h"
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/coverage.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

#define INPUT_MAX (1024 * 1024)

struct options {
	uint64_t runs; /* changed inputs; UINT64_MAX: until the time is up */
	uint64_t seed;
	size_t max_len;
	unsigned seconds; /* 0: no matter how long */
	unsigned timeout; /* seconds for one input */
	const char *save; /* directory for inputs that lead to new code, or NULL */
};

/* The input under way, for the handler of signals, which has no other way to it. */
static struct {
	const uint8_t *data;
	size_t size;
	char path[64];
} current;

/* A target without anything to prepare. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv) {
	return 0;
}

/* The sanitizers' reports end in abort(), and so in our handler. They look for these functions by name. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
	return "abort_on_error=1:handle_abort=0:handle_segv=2:handle_sigbus=2:handle_sigfpe=2";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) {
	return "abort_on_error=1:halt_on_error=1:print_stacktrace=1";
}

static void leave_input(int signal_number) {
	int fd = open(current.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0 && write(fd, current.data, current.size) == (ssize_t)current.size) {
		static const char said[] = "the input is in ";
		ssize_t ignored = write(STDERR_FILENO, said, sizeof(said) - 1);
		ignored = write(STDERR_FILENO, current.path, strlen(current.path));
		ignored = write(STDERR_FILENO, "\n", 1);
		(void)ignored;
	}
	signal(signal_number == SIGALRM ? SIGABRT : signal_number, SIG_DFL);
	raise(signal_number == SIGALRM ? SIGABRT : signal_number);
}

static void run(const struct options *options, const uint8_t *data, size_t size, uint64_t number) {
	/* A copy of just this size, so that a sanitizer sees a byte read past it. */
	uint8_t *copy = xcalloc(size > 0 ? size : 1, 1);
	if (size > 0) {
		memcpy(copy, data, size);
	}
	current.data = copy;
	current.size = size;
	snprintf(current.path, sizeof(current.path), "crash-%" PRIu64 "-%" PRIu64, options->seed, number);
	alarm(options->timeout);
	coverage_begin();
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void save(const struct options *options, const uint8_t *data, size_t size, uint64_t number) {
	if (options->save == NULL) {
		return;
	}
	char *path = xasprintf("%s/%" PRIu64 "-%" PRIu64, options->save, options->seed, number);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	}
	if (fd >= 0) {
		close(fd);
	}
	free(path);
}

static double now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t run_changed(const struct options *options, struct corpus *corpus) {
	struct rng rng = { options->seed };
	uint8_t *data = xcalloc(options->max_len, 1);
	double end = now() + options->seconds;
	uint64_t number = 1;
	for (; number <= options->runs && (options->seconds == 0 || number % 64 != 0 || now() < end); number++) {
		/* Of what was found, the latest more often. */
		size_t pick = rng_below(&rng, corpus->len), later = rng_below(&rng, corpus->len);
		const struct input *input = &corpus->list[rng_one(&rng, 2) && later > pick ? later : pick];
		const struct input *other = &corpus->list[rng_below(&rng, corpus->len)];
		size_t size = input->size < options->max_len ? input->size : options->max_len;
		if (size > 0) {
			memcpy(data, input->data, size);
		}
		size = mutate(&rng, data, size, options->max_len, other->data, other->size);
		run(options, data, size, number);
		if (coverage_end()) {
			corpus_add(corpus, NULL, data, size);
			save(options, data, size, number);
		}
	}
	free(data);
	return number - 1;
}

static bool read_number(const char *argument, const char *name, uint64_t *value) {
	size_t length = strlen(name);
	if (strncmp(argument, name, length) != 0) {
		return false;
	}
	char *end;
	errno = 0;
	*value = strtoull(argument + length, &end, 10);
	if (errno != 0 || *end != '\0' || argument[length] == '\0') {
		fprintf(stderr, "%s: a number is expected\n", argument);
		exit(2);
	}
	return true;
}

static void read_option(struct options *options, const char *argument) {
	uint64_t value;
	if (read_number(argument, "-runs=", &value)) {
		options->runs = value;
	} else if (read_number(argument, "-seed=", &value)) {
		options->seed = value;
	} else if (read_number(argument, "-max_len=", &value) && value > 0 && value <= INPUT_MAX) {
		options->max_len = (size_t)value;
	} else if (read_number(argument, "-max_total_time=", &value)) {
		options->seconds = (unsigned)value;
	} else if (read_number(argument, "-timeout=", &value)) {
		options->timeout = (unsigned)value;
	} else if (strncmp(argument, "-save=", 6) == 0) {
		options->save = argument + 6;
	} else {
		fprintf(stderr, "%s: no such option\n", argument);
		exit(2);
	}
}

int main(int argc, char **argv) {
	struct options options = { .runs = 0, .seed = 1, .max_len = 4096, .timeout = 30 };
	struct corpus corpus = { 0 };
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-') {
			read_option(&options, argv[i]);
		} else if (!corpus_add_path(&corpus, argv[i], INPUT_MAX)) {
			return 2;
		}
	}
	if (corpus.len == 0) {
		fprintf(stderr, "no input to begin with: name a file or a directory\n");
		return 2;
	}
	static const int deadly[] = { SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		signal(deadly[i], leave_input);
	}

	size_t begin = corpus.len;
	for (size_t i = 0; i < begin; i++) {
		run(&options, corpus.list[i].data, corpus.list[i].size, 0);
		coverage_end();
	}
	printf("%zu inputs as they are; seed %" PRIu64 "\n", begin, options.seed);
	fflush(stdout);
	double start = now();
	uint64_t done = run_changed(&options, &corpus);
	printf("%" PRIu64 " changed ones in %.1f s", done, now() - start);
	if (coverage_count() > 0) {
		printf("; %zu places in the code, %zu inputs kept", coverage_count(), corpus.len - begin);
	}
	printf("\n");
	corpus_finish(&corpus);
	return 0;
}
