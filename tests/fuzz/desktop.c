/* .desktop files: what comes out is clean lines, and a command that begins with a program. */

#include <string.h>
#include "base/utf8.h"
#include "ctl/desktop.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const char *const locales[] = { NULL, "de_CH.UTF-8@mod" };
	for (size_t i = 0; i < 2; i++) {
		struct desktop_entry entry;
		if (!desktop_parse((const char *)data, size, locales[i], &entry)) {
			FUZZ_CHECK(entry.words == NULL && entry.name == NULL && entry.icon == NULL);
			continue;
		}
		FUZZ_CHECK(entry.name[0] != '\0' && utf8_is_line(entry.name, strlen(entry.name)));
		FUZZ_CHECK(utf8_is_line(entry.icon, strlen(entry.icon)));
		FUZZ_CHECK(entry.words_len > 0 && entry.words_len <= DESKTOP_WORDS_MAX && entry.words[0][0] != '\0');
		for (size_t k = 0; k < entry.words_len; k++) {
			FUZZ_CHECK(strpbrk(entry.words[k], "\n\r\t") == NULL);
		}
		desktop_finish(&entry);
	}
	return 0;
}
