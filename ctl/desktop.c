#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "ctl/desktop.h"

/* A value, in the text. */
struct span {
	const char *at;
	size_t length; /* at is NULL where the key is not there */
};

/* What of the group [Desktop Entry] counts. */
struct keys {
	struct span type, name, exec, icon, terminal, hidden, no_display, only_show_in;
	int name_rank; /* of the name so far, 0 for the one without a language */
};

/* ---- lines ---- */

static bool is_same(struct span span, const char *word) {
	return span.at != NULL && span.length == strlen(word) && memcmp(span.at, word, span.length) == 0;
}

static struct span trim(const char *at, const char *end) {
	while (at < end && (*at == ' ' || *at == '\t')) {
		at++;
	}
	while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
		end--;
	}
	return (struct span){ at, (size_t)(end - at) };
}

/* Does "de_CH@mod" of the file hold for this locale, and how well: 0 for not at all. Codesets do not count. */
static int rank_language(struct span language, const char *locale) {
	if (locale == NULL || language.length == 0) {
		return 0;
	}
	/* The locale's parts: LANG[_COUNTRY][.CODESET][@MODIFIER] */
	size_t lang = strcspn(locale, "_.@"), whole = strcspn(locale, ".@");
	const char *modifier = strchr(locale, '@');
	const char *own_modifier = memchr(language.at, '@', language.length);
	size_t own_base = own_modifier != NULL ? (size_t)(own_modifier - language.at) : language.length;
	if (own_modifier != NULL) {
		size_t length = language.length - own_base;
		bool same = modifier != NULL && strlen(modifier) == length && memcmp(modifier, own_modifier, length) == 0;
		if (!same) {
			return 0;
		}
	}
	int rank = own_modifier != NULL ? 1 : 0;
	if (own_base == whole && whole > lang && memcmp(language.at, locale, whole) == 0) {
		return 3 + rank;
	}
	return own_base == lang && memcmp(language.at, locale, lang) == 0 ? 1 + rank : 0;
}

static void keep_first(struct span *kept, struct span value) {
	if (kept->at == NULL) {
		*kept = value;
	}
}

/* "Name" or "Name[de]": the best one stays. */
static void keep_name(struct keys *keys, struct span key, struct span value, const char *locale) {
	if (key.length == 4) {
		if (keys->name.at == NULL) {
			keys->name = value;
		}
	} else if (key.at[4] == '[' && key.at[key.length - 1] == ']') {
		int rank = rank_language((struct span){ key.at + 5, key.length - 6 }, locale);
		if (rank > keys->name_rank) {
			keys->name = value;
			keys->name_rank = rank;
		}
	}
}

static void keep_line(struct keys *keys, struct span key, struct span value, const char *locale) {
	const struct {
		const char *name;
		struct span *kept;
	} known[] = {
		{ "Type", &keys->type },
		{ "Exec", &keys->exec },
		{ "Icon", &keys->icon },
		{ "Terminal", &keys->terminal },
		{ "Hidden", &keys->hidden },
		{ "NoDisplay", &keys->no_display },
		{ "OnlyShowIn", &keys->only_show_in },
	};
	if (key.length >= 4 && memcmp(key.at, "Name", 4) == 0) {
		keep_name(keys, key, value, locale);
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (is_same(key, known[i].name)) {
			keep_first(known[i].kept, value);
		}
	}
}

/* The lines of the first group, which has to be the entry's own. */
static bool read_keys(const char *text, size_t length, const char *locale, struct keys *keys) {
	bool inside = false;
	for (const char *at = text, *end = text + length; at < end;) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		struct span line = trim(at, feed != NULL ? feed : end);
		at = feed != NULL ? feed + 1 : end;
		if (line.length == 0 || line.at[0] == '#') {
			continue;
		}
		if (line.at[0] == '[') {
			if (inside || !is_same(line, "[Desktop Entry]")) {
				break;
			}
			inside = true;
			continue;
		}
		const char *equals = memchr(line.at, '=', line.length);
		if (!inside || equals == NULL) {
			return false;
		}
		keep_line(keys, trim(line.at, equals), trim(equals + 1, line.at + line.length), locale);
	}
	return inside;
}

/* ---- values ---- */

/* A value of type string, its escapes taken out. NULL where it is not right. The caller frees it. */
static char *read_string(struct span span) {
	static const char escaped[] = "sntr\\", meant[] = " \n\t\r\\";
	char *out = xcalloc(span.length + 1, 1);
	size_t len = 0;
	for (size_t i = 0; i < span.length; i++) {
		char c = span.at[i];
		if (c == '\\' && i + 1 < span.length) {
			const char *found = strchr(escaped, span.at[++i]);
			if (found == NULL || *found == '\0') {
				/* As others do: what is no escape here may be one of Exec's own. */
				out[len++] = '\\';
				c = span.at[i];
			} else {
				c = meant[found - escaped];
			}
		}
		out[len++] = c;
	}
	if (!utf8_is_line(out, len)) {
		free(out);
		return NULL;
	}
	return out;
}

/* ---- Exec ---- */

/* A command while it is taken apart. */
struct command {
	struct desktop_entry *entry;
	char *word; /* as long as the whole text at most, and what its codes become */
	size_t word_len, word_size;
	bool begun; /* there is a word, if an empty one */
};

static void put(struct command *command, char c) {
	if (command->word_len + 1 >= command->word_size) {
		command->word_size = command->word_size == 0 ? 64 : command->word_size * 2;
		command->word = xrealloc_array(command->word, command->word_size, 1);
	}
	command->word[command->word_len++] = c;
	command->word[command->word_len] = '\0';
}

static void put_text(struct command *command, const char *text) {
	for (; *text != '\0'; text++) {
		put(command, *text);
		command->begun = true;
	}
}

/* False where there are too many. */
static bool end_word(struct command *command) {
	struct desktop_entry *entry = command->entry;
	if (!command->begun) {
		return true;
	}
	if (entry->words_len == DESKTOP_WORDS_MAX) {
		return false;
	}
	entry->words = xrealloc_array(entry->words, entry->words_len + 2, sizeof(*entry->words));
	entry->words[entry->words_len++] = xstrndup(command->word != NULL ? command->word : "", command->word_len);
	entry->words[entry->words_len] = NULL;
	command->word_len = 0;
	command->begun = false;
	return true;
}

/* %c and its like; those for files and addresses become nothing, since there are none. */
static bool put_code(struct command *command, char code) {
	switch (code) {
	case '%':
		put_text(command, "%");
		return true;
	case 'c':
		put_text(command, command->entry->name);
		return true;
	case 'i':
		if (command->entry->icon[0] != '\0') {
			put_text(command, "--icon");
			if (!end_word(command)) {
				return false;
			}
			put_text(command, command->entry->icon);
		}
		return true;
	default:
		return code != '\0' && strchr("fFuUdDnNkvm", code) != NULL;
	}
}

/* What stands between two quotes; *at is after the first, and is moved past the second. */
static bool put_quoted(struct command *command, const char **at, char quote) {
	command->begun = true;
	for (; **at != quote; (*at)++) {
		if (**at == '\0') {
			return false;
		}
		/* In double quotes, a backslash stands before what would mean something there. */
		if (quote == '"' && **at == '\\' && (*at)[1] != '\0' && strchr("\"`$\\", (*at)[1]) != NULL) {
			(*at)++;
		}
		if (**at == '%' && (*at)[1] == '%') {
			(*at)++;
		}
		put(command, **at);
	}
	(*at)++;
	return true;
}

/* The words of a command; no shell, so that nothing else has a meaning. */
static bool split(struct command *command, const char *untrusted_text) {
	for (const char *c = untrusted_text; *c != '\0';) {
		if (*c == ' ') {
			c++;
			if (!end_word(command)) {
				return false;
			}
		} else if (*c == '"' || *c == '\'') {
			char quote = *c++;
			if (!put_quoted(command, &c, quote)) {
				return false;
			}
		} else if (*c == '%') {
			if (!put_code(command, c[1])) {
				return false;
			}
			c += 2;
		} else {
			c += *c == '\\' && c[1] != '\0' ? 1 : 0;
			command->begun = true;
			put(command, *c++);
		}
	}
	return end_word(command);
}

static bool read_command(struct span exec, struct desktop_entry *entry) {
	struct command command = { .entry = entry };
	char *text = read_string(exec);
	bool good = text != NULL && split(&command, text) && entry->words_len > 0 && entry->words[0][0] != '\0';
	free(command.word);
	free(text);
	return good;
}

bool desktop_parse(const char *untrusted_text, size_t length, const char *locale, struct desktop_entry *entry) {
	struct keys keys = { 0 };
	*entry = (struct desktop_entry){ 0 };
	if (length > DESKTOP_SIZE_MAX || !read_keys(untrusted_text, length, locale, &keys)) {
		return false;
	}
	bool is_shown = is_same(keys.type, "Application") && keys.name.at != NULL && keys.exec.at != NULL &&
		!is_same(keys.hidden, "true") && !is_same(keys.no_display, "true") && keys.only_show_in.at == NULL;
	if (!is_shown) {
		return false;
	}
	entry->name = read_string(keys.name);
	entry->icon = keys.icon.at != NULL ? read_string(keys.icon) : xstrdup("");
	entry->terminal = is_same(keys.terminal, "true");
	if (entry->name == NULL || entry->name[0] == '\0' || entry->icon == NULL || !read_command(keys.exec, entry)) {
		desktop_finish(entry);
		return false;
	}
	return true;
}

void desktop_finish(struct desktop_entry *entry) {
	for (size_t i = 0; i < entry->words_len; i++) {
		free(entry->words[i]);
	}
	free(entry->words);
	free(entry->name);
	free(entry->icon);
	*entry = (struct desktop_entry){ 0 };
}
