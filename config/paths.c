#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/path.h"
#include "config/errors.h"
#include "config/values.h"

#define COMPONENT_MAX 255

/*
 * What no instance may be handed: with one of these, or with what contains it, its walls have a door or fall over.
 * This looks at the text alone, so that a file is good or bad on every machine alike; symbolic links are the
 * supervisor's to follow and refuse.
 */
static const struct {
	const char *path;
	const char *why;
} refused[] = {
	{ "/proc", "would hand over every process of the host" },
	{ "/sys", "would hand over the host's devices" },
	{ "/dev", "would hand over the host's devices" },
	{ "/run/user", "would hand over the session's sockets" },
	{ "/run/dbus", "would hand over the system's message bus" },
	{ "/tmp/.X11-unix", "would hand over the sockets of X servers" },
	{ "~/.config/cofferdam", "would hand over the config" },
	{ "~/.local/state/cofferdam", "would hand over what other instances keep" },
	{ "~/.local/state/nix", "would hand over what instances start from" },
	{ "/bin", "would cover the instance's own system" },
	{ "/etc", "would cover the instance's own system" },
	{ "/lib", "would cover the instance's own system" },
	{ "/lib64", "would cover the instance's own system" },
	{ "/sbin", "would cover the instance's own system" },
	{ "/usr", "would cover the instance's own system" },
};

/* The length of the component at path. */
static size_t component(const char *path) {
	return strcspn(path, "/");
}

/* "a/b": components that are plain names, one slash between two. */
static bool is_plain(const char *untrusted_path) {
	for (const char *c = untrusted_path;; c++) {
		size_t length = component(c);
		bool dots = (length == 1 && c[0] == '.') || (length == 2 && c[0] == '.' && c[1] == '.');
		if (length == 0 || length > COMPONENT_MAX || dots) {
			return false;
		}
		c += length;
		if (*c == '\0') {
			return (size_t)(c - untrusted_path) < CONFIG_PATH_SIZE;
		}
	}
}

/* "~" and "~/…" under the home, or a copy. The caller frees it. */
static char *expand(const struct parser *parser, const char *path) {
	if (path[0] != '~' || parser->home == NULL) {
		return xstrdup(path);
	}
	return xasprintf("%s%s", parser->home, path + 1);
}

/* "/…" or "~/…", plain; expanded. NULL, and said, where it is not. The caller frees it. */
static char *read_absolute(
	struct parser *parser, const struct scfg_directive *untrusted_line, const char *what, const char *untrusted_path) {
	char quoted[QUOTE_SIZE];
	const char *rest = untrusted_path + (untrusted_path[0] == '~' ? 1 : 0);
	char *path = NULL;
	if (rest[0] == '/' && is_plain(rest + 1)) {
		path = expand(parser, untrusted_path);
	}
	if (path == NULL || strlen(path) >= CONFIG_PATH_SIZE) {
		parser_error(parser, untrusted_line,
			"expected %s such as /srv/x or ~/x, without '.', '..' or a slash at its end, not %s", what,
			errors_quote(untrusted_path, quoted));
		free(path);
		return NULL;
	}
	return path;
}

static bool check_place(struct parser *parser, const struct scfg_directive *untrusted_line, const char *path) {
	char quoted[QUOTE_SIZE];
	if (parser->home != NULL && path_is_within(parser->home, path)) {
		parser_error(parser, untrusted_line, "%s would hand over the whole home: expected a file or directory in it",
			errors_quote(path, quoted));
		return false;
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char *place = expand(parser, refused[i].path);
		bool touched = path_is_within(place, path) || path_is_within(path, place);
		free(place);
		if (touched) {
			parser_error(
				parser, untrusted_line, "%s %s: expected another place", errors_quote(path, quoted), refused[i].why);
			return false;
		}
	}
	return true;
}

VALUE_SETTER(add_files) {
	struct config_instance *instance = target;
	char quoted[QUOTE_SIZE];
	const char *untrusted_access = untrusted_line->params_len > 1 ? untrusted_line->params[1] : "ro";
	const struct word *access = word_expect(parser, directive->words, untrusted_line, untrusted_access);
	char *path = read_absolute(parser, untrusted_line, "a path", untrusted_line->params[0]);
	if (path == NULL || access == NULL || !check_place(parser, untrusted_line, path)) {
		free(path);
		return;
	}
	for (size_t i = 0; i < instance->files_len; i++) {
		if (strcmp(instance->files[i].path, path) == 0) {
			parser_error(parser, untrusted_line, "%s is there already: expected it once", errors_quote(path, quoted));
			free(path);
			return;
		}
	}
	if (instance->files_len >= (size_t)directive->max) {
		parser_error(parser, untrusted_line, "expected at most %g of them", directive->max);
		free(path);
		return;
	}
	instance->files = xrealloc_array(instance->files, instance->files_len + 1, sizeof(*instance->files));
	instance->files[instance->files_len++] = (struct config_file){ .path = path, .writable = access->value != 0 };
}

static void add_persist_path(struct parser *parser, const struct directive *directive,
	const struct scfg_directive *untrusted_line, struct config_instance *instance, const char *untrusted_path,
	bool is_file) {
	char quoted[QUOTE_SIZE], other[QUOTE_SIZE];
	errors_quote(untrusted_path, quoted);
	if (!is_plain(untrusted_path) || untrusted_path[0] == '~') {
		parser_error(parser, untrusted_line,
			"expected a path in the instance's home, such as .config/foot, "
			"without '.', '..' or a slash at either end, not %s",
			quoted);
		return;
	}
	for (size_t i = 0; i < instance->persist_len; i++) {
		const char *path = instance->persist[i].path;
		if (path_is_within(untrusted_path, path) || path_is_within(path, untrusted_path)) {
			parser_error(parser, untrusted_line, "%s and %s overlap: expected paths apart from one another", quoted,
				errors_quote(path, other));
			return;
		}
	}
	if (instance->persist_len >= (size_t)directive->max) {
		parser_error(parser, untrusted_line, "expected at most %g paths", directive->max);
		return;
	}
	instance->persist = xrealloc_array(instance->persist, instance->persist_len + 1, sizeof(*instance->persist));
	instance->persist[instance->persist_len++] = (struct config_persist){ .path = xstrdup(untrusted_path),
		.is_file = is_file };
}

VALUE_SETTER(add_persist) {
	bool is_file = word_find(directive->words, directive->name)->value != 0;
	for (size_t i = 0; i < untrusted_line->params_len; i++) {
		add_persist_path(parser, directive, untrusted_line, target, untrusted_line->params[i], is_file);
	}
}

VALUE_SETTER(add_include) {
	char quoted[QUOTE_SIZE];
	if (parser->sources != NULL && untrusted_line->children.directives_len == 0) {
		/* It would not be here, had it no empty block. */
		parser_error(parser, untrusted_line, "expected no block after it");
	}
	for (size_t i = 0; i < untrusted_line->params_len; i++) {
		const char *fault = sources_find_fault(untrusted_line->params[i]);
		if (fault != NULL) {
			parser_error(parser, untrusted_line, "expected %s, not %s", fault, errors_quote(untrusted_line->params[i], quoted));
		}
	}
}

VALUE_SETTER(set_root) {
	struct config_instance *instance = target;
	char *const *untrusted_words = untrusted_line->params;
	bool closure = untrusted_line->params_len == 2 && strcmp(untrusted_words[0], "closure") == 0;
	char quoted[QUOTE_SIZE];
	if (untrusted_line->params_len == 2 && !closure) {
		parser_error(parser, untrusted_line, "expected host, a path, or closure and a path, not two words with %s first",
			errors_quote(untrusted_words[0], quoted));
		return;
	}
	bool host = !closure && strcmp(untrusted_words[0], "host") == 0;
	const char *what = closure ? "closure and a path" : "host, closure and a path, or a path";
	char *root = host ? xstrdup("host") : read_absolute(parser, untrusted_line, what, untrusted_words[closure ? 1 : 0]);
	if (root != NULL) {
		free(instance->root);
		instance->root = root;
		instance->root_is_closure = closure;
	}
}

VALUE_SETTER(set_kernel) {
	struct config_instance *instance = target;
	char **const fields[] = { &instance->kernel, &instance->modules };
	const char *const what[] = { "the path of a kernel", "the directory of its modules" };
	for (size_t i = 0; i < untrusted_line->params_len; i++) {
		*fields[i] = read_absolute(parser, untrusted_line, what[i], untrusted_line->params[i]);
	}
}
