#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "config/errors.h"
#include "config/sources.h"
#include "config/syntax.h"
#include "config/unfold.h"

struct reading {
	struct config_sources *sources;
	struct config_errors *errors;
	const struct config_draft *draft;
	const char *home; /* or NULL */
	int depth;
	size_t total; /* bytes of all files */
	char *text; /* the whole */
	size_t length, room, lines_room;
};

/* ---- where a line stands ---- */

struct config_origin sources_find(const struct config_sources *sources, int line) {
	if (sources == NULL || line < 1 || (size_t)line > sources->lines_len) {
		return (struct config_origin){ .line = line };
	}
	return sources->lines[line - 1];
}

const char *sources_get_path(const struct config_sources *sources, int line) {
	int source = sources_find(sources, line).source;
	return source > 0 ? sources->list[source].path : NULL;
}

static void mark_error(const struct config_sources *sources, struct config_error *error, int source) {
	if (source > 0) {
		error->source = source;
		error->file = xstrdup(sources->list[source].path);
	}
}

/* Says of the errors from first on whose they are. */
static void mark_errors(const struct config_sources *sources, struct config_errors *errors, size_t first, int source) {
	for (size_t i = first; i < errors->len; i++) {
		mark_error(sources, &errors->list[i], source);
	}
}

void sources_map_errors(const struct config_sources *sources, struct config_errors *errors, size_t first) {
	for (size_t i = first; i < errors->len; i++) {
		struct config_error *error = &errors->list[i];
		struct config_origin origin = sources_find(sources, error->line);
		error->line = origin.line;
		mark_error(sources, error, origin.source);
	}
}

void sources_finish(struct config_sources *sources) {
	for (size_t i = 0; i < sources->len; i++) {
		free(sources->list[i].path);
		free(sources->list[i].text);
	}
	free(sources->list);
	free(sources->lines);
	*sources = (struct config_sources){ 0 };
}

/* ---- one file ---- */

const char *sources_find_fault(const char *untrusted_path) {
	size_t length = strlen(untrusted_path);
	if (length == 0 || untrusted_path[length - 1] == '/' || length >= CONFIG_PATH_SIZE || !utf8_is_line(untrusted_path, length) ||
		(untrusted_path[0] == '~' && untrusted_path[1] != '/')) {
		return "the path of a file, such as colours.scfg, ~/x or /srv/x";
	}
	return NULL;
}

/* Takes over path. False, with one line in *wrong that begins with what is wrong, for the caller to free. */
static bool add_source(struct reading *reading, char *path, char **wrong) {
	struct config_sources *sources = reading->sources;
	struct config_source source = { .path = path };
	struct stat status;
	*wrong = NULL;
	/* Without O_NONBLOCK, opening a FIFO would wait for somebody to write. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		*wrong = xasprintf("cannot be opened: %s", strerror(errno));
		goto out;
	}
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		*wrong = xstrdup("expected a regular file");
		goto out;
	}
	source.device = status.st_dev;
	source.inode = status.st_ino;
	for (size_t i = 0; i < sources->len; i++) {
		if (sources->list[i].device == source.device && sources->list[i].inode == source.inode) {
			*wrong = xstrdup("is part of this config already: expected it once");
			goto out;
		}
	}
	if (reading->draft != NULL && strcmp(reading->draft->path, path) == 0) {
		source.length = reading->draft->length;
		source.text = xstrndup(reading->draft->text, source.length);
	} else {
		source.text = fd_read_all(fd, CONFIG_SIZE_MAX, &source.length);
	}
	if (source.text == NULL && errno != EFBIG) {
		*wrong = xasprintf("cannot be read: %s", strerror(errno));
	} else if (source.text == NULL || reading->total + source.length > CONFIG_SIZE_MAX) {
		*wrong = xasprintf("the file is too large: expected at most %d bytes%s", CONFIG_SIZE_MAX,
			sources->len > 0 ? " in all files together" : "");
	} else {
		reading->total += source.length;
		sources->list = xrealloc_array(sources->list, sources->len + 1, sizeof(*sources->list));
		sources->list[sources->len++] = source;
		fd_close(&fd);
		return true;
	}
out:
	fd_close(&fd);
	free(source.text);
	free(path);
	return false;
}

/* ---- the whole ---- */

static void put_line(struct reading *reading, const char *line, size_t length, struct config_origin origin) {
	struct config_sources *sources = reading->sources;
	if (reading->length + length + 2 > reading->room) {
		reading->room = (reading->length + length + 2) * 2;
		reading->text = xrealloc_array(reading->text, reading->room, 1);
	}
	memcpy(reading->text + reading->length, line, length);
	reading->length += length;
	reading->text[reading->length++] = '\n';
	reading->text[reading->length] = '\0';
	if (sources->lines_len == reading->lines_room) {
		reading->lines_room = reading->lines_room * 2 + 64;
		sources->lines = xrealloc_array(sources->lines, reading->lines_room, sizeof(*sources->lines));
	}
	sources->lines[sources->lines_len++] = origin;
}

static bool take_source(struct reading *reading, int source);

/* A path as the file that includes it says it. NULL where there is no home. The caller frees it. */
static char *resolve(const struct reading *reading, const char *from, const char *untrusted_path) {
	const char *slash = strrchr(from, '/');
	if (untrusted_path[0] == '~') {
		return reading->home != NULL ? xasprintf("%s%s", reading->home, untrusted_path + 1) : NULL;
	}
	return untrusted_path[0] == '/' || slash == NULL ? xstrdup(untrusted_path)
													 : xasprintf("%.*s/%s", (int)(slash - from), from, untrusted_path);
}

/* One word of an include line. */
static bool include(struct reading *reading, struct config_origin at, const char *untrusted_path) {
	char quoted[QUOTE_SIZE], *wrong = NULL;
	size_t first = reading->errors->len;
	const char *fault = sources_find_fault(untrusted_path);
	char *path = fault == NULL ? resolve(reading, reading->sources->list[at.source].path, untrusted_path) : NULL;
	errors_quote(untrusted_path, quoted);
	if (path == NULL) {
		errors_add(reading->errors, at.line, "include: expected %s, not %s",
			fault != NULL ? fault : "a path without ~, as there is no home", quoted);
	} else if (reading->depth >= SOURCES_DEPTH_MAX || reading->sources->len >= SOURCES_MAX) {
		errors_add(reading->errors, at.line, "include: expected at most %d files, and at most %d that include one another",
			SOURCES_MAX, SOURCES_DEPTH_MAX);
		free(path);
	} else if (add_source(reading, path, &wrong)) {
		reading->depth++;
		bool taken = take_source(reading, (int)reading->sources->len - 1);
		reading->depth--;
		return taken;
	} else {
		errors_add(reading->errors, at.line, "include: %s: %s", quoted, wrong);
		free(wrong);
	}
	mark_errors(reading->sources, reading->errors, first, at.source);
	return true; /* what else is wrong can be said all the same */
}

/* Is the directive an include line as it should be? Else it stays in the text, and is complained of with its like. */
static bool is_include(const struct scfg_directive *directive) {
	return strcmp(directive->name, "include") == 0 && directive->params_len > 0 && directive->children.directives_len == 0;
}

/* Puts the laid-out lines of a file, and in the place of each include line those of the files that it names. */
static bool put_lines(struct reading *reading, int source, const struct unfolded *unfolded, const struct scfg_block *tree) {
	size_t next = 0;
	bool good = true;
	const char *line = unfolded->text, *end = unfolded->text + unfolded->length;
	for (int number = 1; good && line < end; number++) {
		const char *feed = memchr(line, '\n', (size_t)(end - line)), *line_end = feed != NULL ? feed : end;
		struct config_origin origin = { source, unfolded->lines[number - 1] };
		while (next < tree->directives_len && tree->directives[next].lineno < number) {
			next++;
		}
		const struct scfg_directive *directive = next < tree->directives_len ? &tree->directives[next] : NULL;
		if (directive != NULL && directive->lineno == number && is_include(directive) && line_end[-1] != '{') {
			for (size_t i = 0; good && i < directive->params_len; i++) {
				good = include(reading, origin, directive->params[i]);
			}
		} else {
			put_line(reading, line, (size_t)(line_end - line), origin);
		}
		line = line_end + 1;
	}
	return good;
}

static bool take_source(struct reading *reading, int source) {
	struct config_errors *errors = reading->errors;
	size_t first = errors->len;
	struct unfolded unfolded;
	struct scfg_block tree = { 0 };
	/* The list of sources may move as it grows; what it points to stays. */
	const char *text = reading->sources->list[source].text;
	unfold(&unfolded, text, reading->sources->list[source].length);
	bool good = syntax_check(unfolded.text, unfolded.length, errors) != SYNTAX_LOST &&
		syntax_read_tree(unfolded.text, unfolded.length, &tree, errors);
	unfolded_map_errors(&unfolded, errors, first);
	mark_errors(reading->sources, errors, first, source);
	good = good && put_lines(reading, source, &unfolded, &tree);
	scfg_block_finish(&tree);
	unfolded_finish(&unfolded);
	return good;
}

char *sources_read(const char *path, const char *home, const struct config_draft *draft, struct config_sources *sources,
	size_t *length, struct config_errors *errors) {
	struct reading reading = { .sources = sources, .errors = errors, .draft = draft, .home = home };
	char *wrong;
	*sources = (struct config_sources){ 0 };
	if (!add_source(&reading, xstrdup(path), &wrong)) {
		errors_add(errors, 0, "%s", wrong);
		free(wrong);
		return NULL;
	}
	const struct config_source *own = &sources->list[0];
	/* Nothing is included where the word is nowhere. */
	if (memmem(own->text, own->length, "include", strlen("include")) == NULL) {
		*length = own->length;
		char *text = xcalloc(own->length + 1, 1);
		memcpy(text, own->text, own->length);
		return text;
	}
	reading.text = xcalloc(1, 1);
	if (!take_source(&reading, 0)) {
		free(reading.text);
		return NULL;
	}
	*length = reading.length;
	return reading.text;
}
