#ifndef CTL_DESKTOP_H
#define CTL_DESKTOP_H

/*
 * One .desktop file (Desktop Entry Specification 1.5), as far as a launcher needs it. The file comes from an
 * instance's root, and nothing in it is believed: what comes out is lines of valid UTF-8 without control characters,
 * and words for a command that no shell reads.
 */

#include <stdbool.h>
#include <stddef.h>

#define DESKTOP_SIZE_MAX (256 * 1024)
#define DESKTOP_WORDS_MAX 64

struct desktop_entry {
	char *name; /* in the person's language, where the file has that */
	char *icon; /* a name or an absolute path; "" for none */
	char **words; /* the command, NULL-terminated; files and addresses, which there are none of, left out */
	size_t words_len;
	bool terminal; /* wants to run in a terminal */
};

/*
 * locale: such as "de_CH.UTF-8", or NULL. Returns false where the text is no entry that a person could choose: no
 * application, hidden, or not right. The caller calls desktop_finish() where it returns true.
 */
bool desktop_parse(const char *untrusted_text, size_t length, const char *locale, struct desktop_entry *entry);
void desktop_finish(struct desktop_entry *entry);

#endif
