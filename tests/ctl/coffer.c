/* Every subcommand, from its words to its exit code, against a supervisor that answers as this table says. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "answers.h"
#include "fake.h"

#define WORDS(...) \
	(const char *const[]) { \
		__VA_ARGS__, NULL \
	}
#define NONE 0

/* ---- the table ---- */

#define NO_SENSE "coffer: the session's answer makes no sense: use the coffer that came with this cofferdam\n"
#define GONE "coffer: the session went away without an answer: is cofferdam still running? Try again\n"
#define HEADINGS "NAME         STATE    BACKEND     PIDS  MEMORY  WINDOWS"

static const char ps_table[] = HEADINGS
	"  LIMITS MET        REASON\n"
	"work         running  bubblewrap    12  214 MB        3  surfaces, memory\n"
	"bank         failed   bubblewrap     0       -        0                    bwrap: \"no\" such \\ file\n"
	"a-long-name  frozen   vm             1   999 B        0\n";
static const char ps_json[] =
	"[\n"
	"  {\"name\": \"work\", \"state\": \"running\", \"frozen\": false, \"backend\": \"bubblewrap\", "
	"\"network\": \"nat\", \"color\": \"#1775fd\", \"pids\": 12, \"memory\": 214000000, \"windows\": 3, "
	"\"clients\": 4, \"met\": \"surfaces, memory\", \"reason\": \"\"},\n"
	"  {\"name\": \"bank\", \"state\": \"failed\", \"frozen\": false, \"backend\": \"bubblewrap\", "
	"\"network\": \"none\", \"color\": \"#00000a\", \"pids\": 0, \"memory\": 0, \"windows\": 0, "
	"\"clients\": 0, \"met\": \"\", \"reason\": \"bwrap: \\\"no\\\" such \\\\ file\"},\n"
	"  {\"name\": \"a-long-name\", \"state\": \"running\", \"frozen\": true, \"backend\": \"vm\", "
	"\"network\": \"none\", \"color\": \"#000000\", \"pids\": 1, \"memory\": 999, \"windows\": 0, "
	"\"clients\": 0, \"met\": \"\", \"reason\": \"\"}\n"
	"]\n";
static const char limits_table[] =
	"WHAT           IN USE    MOST   LIMIT  NOTE\n"
	"clients             3       4      64\n"
	"surfaces         3277    4096    4096  met 2 times, near\n"
	"subsurfaces         0       0     512\n"
	"windows             0       0     256\n"
	"popups              0       0      64\n"
	"popup-depth         0       0      16\n"
	"pools               0       0    1024\n"
	"shared-memory  512 MB  1.0 GB  2.1 GB\n"
	"buffers          4000    4000    4096  near\n"
	"callbacks           0       0   16384\n"
	"feedbacks           0       0    4096\n"
	"descriptors         0       0     256\n"
	"tokens              0      32      32  met 1 time\n"
	"types               0       0    4096\n"
	"objects            12     100   65536\n"
	"memory         500 MB  900 MB  1.0 GB  met 1 time\n"
	"pids               20      21       -\n"
	"cpu-weight                        100\n";
static const char limits_of_two_table[] =
	"INSTANCE  WHAT      IN USE  MOST  LIMIT  NOTE\n"
	"work      clients        3     4     64\n"
	"work      memory    5.0 kB     -      -\n"
	"work      pids           2     -      -\n"
	"work      sandbox                     -  not limited: there is no cgroup v2 on this machine\n"
	"bank      surfaces       0     0      9  met 1 time\n";
static const char limits_json[] =
	"[\n"
	"  {\"instance\": \"work\", \"limited_by\": \"systemd\", \"not_limited\": \"\", \"cpu_weight\": 100, \"limits\": ["
	"{\"limit\": \"clients\", \"unit\": \"number\", \"used\": 3, \"most\": 4, \"max\": 64, \"met\": 0}, "
	"{\"limit\": \"surfaces\", \"unit\": \"number\", \"used\": 3277, \"most\": 4096, \"max\": 4096, \"met\": 2}, "
	"{\"limit\": \"subsurfaces\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 512, \"met\": 0}, "
	"{\"limit\": \"windows\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 256, \"met\": 0}, "
	"{\"limit\": \"popups\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 64, \"met\": 0}, "
	"{\"limit\": \"popup-depth\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 16, \"met\": 0}, "
	"{\"limit\": \"pools\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 1024, \"met\": 0}, "
	"{\"limit\": \"shared-memory\", \"unit\": \"bytes\", \"used\": 512000000, \"most\": 1000000000, \"max\": 2147483648, \"met\": 0}, "
	"{\"limit\": \"buffers\", \"unit\": \"number\", \"used\": 4000, \"most\": 4000, \"max\": 4096, \"met\": 0}, "
	"{\"limit\": \"callbacks\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 16384, \"met\": 0}, "
	"{\"limit\": \"feedbacks\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 4096, \"met\": 0}, "
	"{\"limit\": \"descriptors\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 256, \"met\": 0}, "
	"{\"limit\": \"tokens\", \"unit\": \"number\", \"used\": 0, \"most\": 32, \"max\": 32, \"met\": 1}, "
	"{\"limit\": \"types\", \"unit\": \"number\", \"used\": 0, \"most\": 0, \"max\": 4096, \"met\": 0}, "
	"{\"limit\": \"objects\", \"unit\": \"number\", \"used\": 12, \"most\": 100, \"max\": 65536, \"met\": 0}, "
	"{\"limit\": \"memory\", \"unit\": \"bytes\", \"used\": 500000000, \"most\": 900000000, \"max\": 1000000000, \"met\": 1}, "
	"{\"limit\": \"pids\", \"unit\": \"number\", \"used\": 20, \"most\": 21, \"max\": null, \"met\": 0}"
	"]}\n"
	"]\n";
static const char windows_table[] =
	"INSTANCE  WORKSPACE  OUTPUT         SIZE  STATE             APP   TITLE\n"
	"work              2  HEADLESS-1  640x480  focused,floating  foot  Größe \"x\" \\xe2\\x80\\xae\n"
	"(shell)           1  -               0x0  hidden            -\n";
static const char windows_json[] =
	"[\n"
	"  {\"id\": 7, \"instance\": \"work\", \"title\": \"Gr\\u00f6\\u00dfe \\\"x\\\" \\u202e\", "
	"\"app_id\": \"foot\", \"output\": \"HEADLESS-1\", \"workspace\": 2, "
	"\"x\": -5, \"y\": 28, \"width\": 640, \"height\": 480, "
	"\"content\": {\"x\": -2, \"y\": 55, \"width\": 634, \"height\": 450}, "
	"\"focused\": true, \"floating\": true, \"fullscreen\": false, \"maximized\": false, \"urgent\": false, "
	"\"visible\": true},\n"
	"  {\"id\": 8, \"instance\": \"\", \"title\": \"\", \"app_id\": \"\", \"output\": \"\", \"workspace\": 1, "
	"\"x\": 0, \"y\": 0, \"width\": 0, \"height\": 0, "
	"\"content\": {\"x\": 0, \"y\": 0, \"width\": 0, \"height\": 0}, "
	"\"focused\": false, \"floating\": false, \"fullscreen\": false, \"maximized\": false, \"urgent\": false, "
	"\"visible\": false}\n"
	"]\n";
static const char held_json[] = "{\n"
								"  \"held\": true,\n"
								"  \"instance\": \"work\",\n"
								"  \"types\": [\"text/plain;charset=utf-8\", \"image/png\"],\n"
								"  \"size\": 2140,\n"
								"  \"seconds\": 42\n"
								"}\n";
static const char held_for_ever_json[] = "{\n"
										 "  \"held\": true,\n"
										 "  \"instance\": \"work\",\n"
										 "  \"types\": [\"image/png\"],\n"
										 "  \"size\": 1,\n"
										 "  \"seconds\": null\n"
										 "}\n";

/* Without asking. */
#define REFUSED(words, code, err) { words, NONE, NULL, NULL, NULL, code, "", err }
#define SAYS(words, out) { words, NONE, NULL, NULL, NULL, EXIT_CODE_OK, out, "" }

static const struct {
	const char *const *words;
	int request; /* enum control_type; NONE: it must not even connect */
	const char *name; /* in the request */
	const char *const *request_words;
	void (*answer)(struct fake *fake); /* NULL: hang up */
	int code;
	const char *out, *err; /* NULL: anything but nothing */
} cases[] = {
	/* run */
	{ WORDS("run", "work", "terminal"), CONTROL_RUN, "work", WORDS("terminal"), say_end, 0, "", "" },
	{ WORDS("run", "work", "sh", "-c", "a b\n\"$x\"", "", "--json", "--", "\xff\x1b"), CONTROL_RUN, "work",
		WORDS("sh", "-c", "a b\n\"$x\"", "", "--json", "--", "\xff\x1b"), say_end, 0, "", "" },
	{ WORDS("run", "work", "--", "-x", "--"), CONTROL_RUN, "work", WORDS("-x", "--"), say_end, 0, "", "" },
	{ WORDS("run", "work", "terminal"), CONTROL_RUN, "work", WORDS("terminal"), say_line, 0, "work: started\n", "" },
	{ WORDS("run", "bank", "foot"), CONTROL_RUN, "bank", WORDS("foot"), say_unknown, 4, "",
		"coffer: there is no instance bank: coffer ps lists them\n" },
	{ WORDS("run", "work", "foot"), CONTROL_RUN, "work", WORDS("foot"), say_error_with_override, 1, "",
		"coffer: a\\xe2\\x80\\xaeb\n" },
	REFUSED(WORDS("run", "work"), 2, "coffer: write it as: coffer run NAME APP|COMMAND...\n"),
	REFUSED(WORDS("run", "work", ""), 2, "coffer: the command is empty: name an app or a program\n"),
	REFUSED(WORDS("run", "work", "-x"), 2, "coffer: run has no option -x: coffer run --help lists them\n"),
	REFUSED(WORDS("run", "Work", "foot"), 4, "coffer: no instance can be called 'Work': coffer ps lists them\n"),
	REFUSED(WORDS("run", "../x", "foot"), 4, "coffer: no instance can be called '../x': coffer ps lists them\n"),
	REFUSED(WORDS("run", "w\nx\x1b", "foot"), 4,
		"coffer: no instance can be called 'w\\x0ax\\x1b': coffer ps lists them\n"),
	/* ps */
	{ WORDS("ps"), CONTROL_PS, "", NULL, say_instances, 0, ps_table, "" },
	{ WORDS("ps", "--json"), CONTROL_PS, "", NULL, say_instances, 0, ps_json, "" },
	{ WORDS("ps"), CONTROL_PS, "", NULL, say_end, 0, "NAME  STATE  BACKEND  PIDS  MEMORY  WINDOWS\n", "" },
	{ WORDS("ps", "--json"), CONTROL_PS, "", NULL, say_end, 0, "[]\n", "" },
	{ WORDS("ps"), CONTROL_PS, "", NULL, say_wrong_type, 1, "", NO_SENSE },
	{ WORDS("ps", "--json"), CONTROL_PS, "", NULL, say_instance_then_garbage, 1, "", NO_SENSE },
	{ WORDS("ps"), CONTROL_PS, "", NULL, say_request, 1, "", NO_SENSE },
	{ WORDS("ps"), CONTROL_PS, "", NULL, say_too_much, 1, "", NO_SENSE },
	{ WORDS("ps"), CONTROL_PS, "", NULL, say_too_little, 1, "", GONE },
	{ WORDS("ps"), CONTROL_PS, "", NULL, say_error_of_code_0, 1, "", NO_SENSE },
	{ WORDS("ps"), CONTROL_PS, "", NULL, NULL, 1, "", GONE },
	REFUSED(WORDS("ps", "work"), 2, "coffer: write it as: coffer ps [--json]\n"),
	/* limits */
	{ WORDS("limits", "work"), CONTROL_LIMITS, "work", NULL, say_limits, 0, limits_table, "" },
	{ WORDS("limits"), CONTROL_LIMITS, "", NULL, say_limits_of_two, 0, limits_of_two_table, "" },
	{ WORDS("limits", "--json", "work"), CONTROL_LIMITS, "work", NULL, say_limits, 0, limits_json, "" },
	{ WORDS("limits"), CONTROL_LIMITS, "", NULL, say_end, 0, "WHAT  IN USE  MOST  LIMIT\n", "" },
	{ WORDS("limits", "--json"), CONTROL_LIMITS, "", NULL, say_end, 0, "[]\n", "" },
	{ WORDS("limits"), CONTROL_LIMITS, "", NULL, say_limits_twice, 1, "", NO_SENSE },
	{ WORDS("limits"), CONTROL_LIMITS, "", NULL, say_instances, 1, "", NO_SENSE },
	{ WORDS("limits", "bank"), CONTROL_LIMITS, "bank", NULL, say_unknown, 4, "",
		"coffer: there is no instance bank: coffer ps lists them\n" },
	REFUSED(WORDS("limits", "Work"), 4, "coffer: no instance can be called 'Work': coffer ps lists them\n"),
	REFUSED(WORDS("limits", "work", "bank"), 2, "coffer: write it as: coffer limits [NAME] [--json]\n"),
	/* stop, kill */
	{ WORDS("stop", "work"), CONTROL_STOP, "work", NULL, say_end, 0, "", "" },
	{ WORDS("stop", "bank"), CONTROL_STOP, "bank", NULL, say_unknown, 4, "",
		"coffer: there is no instance bank: coffer ps lists them\n" },
	{ WORDS("stop", "work"), CONTROL_STOP, "work", NULL, NULL, 1, "", GONE },
	REFUSED(WORDS("stop"), 2, "coffer: write it as: coffer stop NAME\n"),
	REFUSED(WORDS("stop", ""), 4, "coffer: no instance can be called '': coffer ps lists them\n"),
	{ WORDS("kill", "work"), CONTROL_KILL, "work", NULL, say_end, 0, "", "" },
	{ WORDS("kill", "work"), CONTROL_KILL, "work", NULL, say_wrong_type, 1, "", NO_SENSE },
	REFUSED(WORDS("kill", "work", "bank"), 2, "coffer: write it as: coffer kill NAME\n"),
	REFUSED(WORDS("kill", "9"), 4, "coffer: no instance can be called '9': coffer ps lists them\n"),
	/* windows */
	{ WORDS("windows"), CONTROL_WINDOWS, "", NULL, say_window, 0, windows_table, "" },
	{ WORDS("windows", "--json"), CONTROL_WINDOWS, "", NULL, say_window, 0, windows_json, "" },
	{ WORDS("windows", "--json"), CONTROL_WINDOWS, "", NULL, say_end, 0, "[]\n", "" },
	{ WORDS("windows"), CONTROL_WINDOWS, "", NULL, say_instances, 1, "", NO_SENSE },
	REFUSED(
		WORDS("windows", "--follow"), 2, "coffer: windows has no option --follow: coffer windows --help lists them\n"),
	/* clipboard */
	{ WORDS("clipboard", "status"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_held, 0,
		"from work: text/plain;charset=utf-8 image/png, 2.1 kB, 42 s left\n", "" },
	{ WORDS("clipboard", "status"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_held_for_ever, 0,
		"from work: image/png, 1 B\n", "" },
	{ WORDS("clipboard", "status"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_nothing_held, 0, "nothing is held\n", "" },
	{ WORDS("clipboard", "status", "--json"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_held, 0, held_json, "" },
	{ WORDS("clipboard", "--json", "status"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_held_for_ever, 0,
		held_for_ever_json, "" },
	{ WORDS("clipboard", "status", "--json"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_nothing_held, 0,
		"{\n  \"held\": false\n}\n", "" },
	{ WORDS("clipboard", "status"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_end, 1, "", NULL },
	{ WORDS("clipboard", "status"), CONTROL_CLIPBOARD_STATUS, "", NULL, say_twice_held, 1, "", NULL },
	{ WORDS("clipboard", "clear"), CONTROL_CLIPBOARD_CLEAR, "", NULL, say_end, 0, "", "" },
	{ WORDS("clipboard", "clear", "--json"), CONTROL_CLIPBOARD_CLEAR, "", NULL, say_end, 0, "{\n  \"held\": false\n}\n",
		"" },
	{ WORDS("clipboard", "clear", "--json"), CONTROL_CLIPBOARD_CLEAR, "", NULL, NULL, 1, "", GONE },
	REFUSED(WORDS("clipboard", "take"), 2, NULL),
	REFUSED(WORDS("clipboard", "give"), 2, NULL),
	REFUSED(WORDS("clipboard"), 2, NULL),
	/* reload, quit */
	{ WORDS("reload"), CONTROL_RELOAD, "", NULL, say_end, 0, "", "" },
	{ WORDS("reload"), CONTROL_RELOAD, "", NULL, say_config_errors, 5, "",
		"/home/me/config:3: expected a number, not '\\xe2\\x80\\xae'\n"
		"/home/me/config:9: expected a name\n"
		"coffer: the config has 2 errors: coffer check lists them\n" },
	{ WORDS("reload"), CONTROL_RELOAD, "", NULL, NULL, 1, "", GONE },
	REFUSED(WORDS("reload", "now"), 2, "coffer: write it as: coffer reload\n"),
	{ WORDS("quit"), CONTROL_QUIT, "", NULL, say_end, 0, "", "" },
	{ WORDS("quit"), CONTROL_QUIT, "", NULL, NULL, 0, "", "" },
	{ WORDS("quit"), CONTROL_QUIT, "", NULL, say_too_little, 1, "", GONE },
	/* socket */
	{ WORDS("socket", "work"), CONTROL_SOCKET, "work", NULL, say_path, 0, "/run/u/cofferdam/instances/work/wayland-0\n",
		"" },
	{ WORDS("socket"), CONTROL_SOCKET, "", NULL, say_path, 0, "/run/u/cofferdam/instances/work/wayland-0\n", "" },
	{ WORDS("socket", "work"), CONTROL_SOCKET, "work", NULL, say_end, 1, "", NULL },
	{ WORDS("socket", "work"), CONTROL_SOCKET, "work", NULL, say_relative_path, 1, "", NO_SENSE },
	{ WORDS("socket", "work"), CONTROL_SOCKET, "work", NULL, say_two_paths, 1, "", NO_SENSE },
	{ WORDS("socket", "work"), CONTROL_SOCKET, "work", NULL, say_control_character, 1, "", NO_SENSE },
	{ WORDS("socket", "bank"), CONTROL_SOCKET, "bank", NULL, say_unknown, 4, "", NULL },
	/* logs: what it shows is tested in logs.c */
	{ WORDS("logs", "bank"), CONTROL_LOGS, "bank", NULL, say_unknown, 4, "", NULL },
	{ WORDS("logs", "work"), CONTROL_LOGS, "work", NULL, say_relative_path, 1, "", NO_SENSE },
	REFUSED(WORDS("logs"), 2, "coffer: write it as: coffer logs NAME [-f]\n"),
	REFUSED(WORDS("logs", "-f"), 2, "coffer: write it as: coffer logs NAME [-f]\n"),
	/* the rest */
	REFUSED(WORDS("frob"), 2, "coffer: there is no command 'frob': coffer --help lists them\n"),
	REFUSED(WORDS("--frob"), 2, NULL),
	REFUSED(WORDS(NULL), 2, "coffer: say what to do: coffer --help lists the commands\n"),
	SAYS(WORDS("--help"), NULL),
	SAYS(WORDS("-h"), NULL),
	SAYS(WORDS("ps", "--help"), NULL),
	SAYS(WORDS("run", "--help"), NULL),
	SAYS(WORDS("stop", "work", "-h"), NULL),
	SAYS(WORDS("--version"), "coffer " COFFER_VERSION "\n"),
	SAYS(WORDS("-V"), "coffer " COFFER_VERSION "\n"),
};

static void check_request(size_t i, const struct control_message *request) {
	assert_int_equal(request->type, cases[i].request);
	/* Where a request has no name and no words, both are zero. */
	assert_string_equal(request->request.name, cases[i].name);
	size_t len = 0;
	const char *word = request->request.words;
	while (cases[i].request_words != NULL && cases[i].request_words[len] != NULL) {
		assert_true(len < request->request.words_len);
		assert_string_equal(word, cases[i].request_words[len]);
		word += strlen(word) + 1;
		len++;
	}
	assert_int_equal(request->request.words_len, len);
}

/* The judge is not our own. */
static void check_json(const char *text) {
	FILE *python = popen("\"$PYTHON\" -m json.tool >/dev/null", "w");
	assert_non_null(python);
	fputs(text, python);
	assert_int_equal(pclose(python), 0);
}

static bool has_word(const char *const *words, const char *word) {
	while (*words != NULL && strcmp(*words, word) != 0) {
		words++;
	}
	return *words != NULL;
}

static void check_text(const char *text, const char *expected) {
	if (expected != NULL) {
		assert_string_equal(text, expected);
	} else {
		assert_string_not_equal(text, "");
	}
}

static void check_one_line(const char *text) {
	assert_memory_equal(text, "coffer: ", 8);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void check_case(size_t i) {
	struct fake fake;
	struct fake_result result;
	struct control_message request;
	fake_init(&fake, true);
	fake_start(&fake, cases[i].words, false);
	bool asked = fake_take_request(&fake, &request);
	assert_int_equal(asked, cases[i].request != NONE);
	if (asked) {
		check_request(i, &request);
		if (cases[i].answer != NULL) {
			cases[i].answer(&fake);
		} else {
			fake_hang_up(&fake);
		}
		/* A supervisor closes its end after its last answer; coffer does not wait for that. */
		if (cases[i].code == 0 && i % 2 == 0) {
			fake_hang_up(&fake);
		}
	}
	fake_wait(&fake, &result);
	print_message("coffer %s %s: %d %s", cases[i].words[0] != NULL ? cases[i].words[0] : "",
		cases[i].words[0] != NULL && cases[i].words[1] != NULL ? "…" : "", result.code,
		result.err[0] != '\0' ? result.err : "\n");
	assert_int_equal(result.code, cases[i].code);
	check_text(result.out, cases[i].out);
	check_text(result.err, cases[i].err);
	if (result.code != 0 && result.code != EXIT_CODE_CONFIG) {
		check_one_line(result.err);
	}
	if (result.out[0] != '\0' && has_word(cases[i].words, "--json")) {
		check_json(result.out);
	}
	fake_result_finish(&result);
	fake_finish(&fake);
}

static void every_command_line(void **state) {
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_case(i);
	}
}

static void too_long_a_command_is_refused(void **state) {
	const char *words[CONTROL_WORDS_MAX + 4] = { "run", "work" };
	for (size_t i = 2; i < CONTROL_WORDS_MAX + 3; i++) {
		words[i] = "x";
	}
	char *long_word = calloc(1, CONTROL_WORDS_SIZE + 1);
	memset(long_word, 'x', CONTROL_WORDS_SIZE);
	const char *const long_words[] = { "run", "work", long_word, NULL };
	const char *const *lines[] = { words, long_words };
	for (size_t i = 0; i < 2; i++) {
		struct fake fake;
		struct fake_result result;
		struct control_message request;
		fake_init(&fake, true);
		fake_start(&fake, lines[i], false);
		assert_false(fake_take_request(&fake, &request));
		fake_wait(&fake, &result);
		assert_int_equal(result.code, EXIT_CODE_USAGE);
		check_one_line(result.err);
		fake_result_finish(&result);
		fake_finish(&fake);
	}
	free(long_word);
}

static void longest_command_arrives(void **state) {
	char *long_word = calloc(1, CONTROL_WORDS_SIZE);
	memset(long_word, 'x', CONTROL_WORDS_SIZE - 1);
	struct fake fake;
	struct fake_result result;
	struct control_message request;
	fake_init(&fake, true);
	fake_start(&fake, WORDS("run", "work", long_word), false);
	assert_true(fake_take_request(&fake, &request));
	assert_int_equal(request.request.words_len, 1);
	assert_string_equal(request.request.words, long_word);
	say_end(&fake);
	fake_wait(&fake, &result);
	assert_int_equal(result.code, EXIT_CODE_OK);
	fake_result_finish(&result);
	fake_finish(&fake);
	free(long_word);
}

static void more_answers_than_there_can_be_are_refused(void **state) {
	struct fake fake;
	struct fake_result result;
	struct control_message request;
	struct control_message answer = { .instance = { .name = "work", .state = "running", .backend = "vm" } };
	fake_init(&fake, true);
	fake_start(&fake, WORDS("ps"), false);
	assert_true(fake_take_request(&fake, &request));
	struct control_message message;
	do {
		message = answer;
		message.type = CONTROL_INSTANCE;
		while (channel_is_waiting(fake.channel) && !channel_is_broken(fake.channel)) {
			struct pollfd source = { .fd = channel_get_fd(fake.channel), .events = POLLOUT };
			assert_int_equal(poll(&source, 1, FAKE_PATIENCE_MS), 1);
			channel_flush(fake.channel);
		}
	} while (control_send(fake.channel, CONTROL_SUPERVISOR, &message));
	fake_wait(&fake, &result);
	assert_int_equal(result.code, EXIT_CODE_FAILED);
	assert_string_equal(result.out, "");
	assert_string_equal(result.err, NO_SENSE);
	fake_result_finish(&result);
	fake_finish(&fake);
}

static void no_session_is_said(void **state) {
	const char *const *const lines[] = { WORDS("ps"), WORDS("quit"), WORDS("run", "work", "foot"),
		WORDS("logs", "work", "-f"), WORDS("clipboard", "clear") };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct fake fake;
		struct fake_result result;
		fake_init(&fake, false);
		fake_start(&fake, lines[i], false);
		fake_wait(&fake, &result);
		assert_int_equal(result.code, EXIT_CODE_NO_SESSION);
		assert_string_equal(result.out, "");
		assert_string_equal(result.err, "coffer: no session here: start cofferdam first, or set XDG_RUNTIME_DIR\n");
		fake_result_finish(&result);
		fake_finish(&fake);
	}
}

/* What a crash leaves: a socket that nobody listens on. */
static void dead_session_is_no_session(void **state) {
	struct fake fake;
	struct fake_result result;
	fake_init(&fake, true);
	close(fake.listener);
	fake.listener = -1;
	fake_start(&fake, WORDS("ps"), false);
	fake_wait(&fake, &result);
	assert_int_equal(result.code, EXIT_CODE_NO_SESSION);
	check_one_line(result.err);
	fake_result_finish(&result);
	fake_finish(&fake);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_line),
		cmocka_unit_test(too_long_a_command_is_refused),
		cmocka_unit_test(longest_command_arrives),
		cmocka_unit_test(more_answers_than_there_can_be_are_refused),
		cmocka_unit_test(no_session_is_said),
		cmocka_unit_test(dead_session_is_no_session),
	};
	return cmocka_run_group_tests_name("coffer", tests, NULL, NULL);
}
