#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fd.h"
#include "config/check.h"
#include "config/errors.h"
#include "config/keymap.h"
#include "config/read.h"

static char *read_file(const char *path, size_t *length, struct config_errors *errors) {
	char *text = NULL;
	struct stat status;
	/* Without O_NONBLOCK, opening a FIFO would wait for somebody to write. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		errors_add(errors, 0, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		errors_add(errors, 0, "expected a regular file");
		goto out;
	}
	text = fd_read_all(fd, CONFIG_SIZE_MAX, length);
	if (text == NULL && errno == EFBIG) {
		errors_add(errors, 0, "the file is too large: expected at most %d bytes", CONFIG_SIZE_MAX);
	} else if (text == NULL) {
		errors_add(errors, 0, "cannot be read: %s", strerror(errno));
	}
out:
	fd_close(&fd);
	return text;
}

bool config_load(const char *path, const char *home, struct config_loaded *loaded, struct config_errors *errors) {
	char *error = NULL;
	*loaded = (struct config_loaded){ 0 };
	loaded->text = read_file(path, &loaded->length, errors);
	if (loaded->text != NULL) {
		loaded->config = read_model(loaded->text, loaded->length, home, errors);
	}
	if (loaded->config != NULL) {
		loaded->keymap = config_keymap_text(&loaded->config->keyboard, &error);
	}
	if (error != NULL) {
		errors_add(errors, loaded->config->keyboard.line, "%s", error);
		free(error);
	}
	if (errors->len > 0) {
		errors_sort(errors);
		config_loaded_finish(loaded);
		return false;
	}
	return true;
}

void config_loaded_finish(struct config_loaded *loaded) {
	config_destroy(loaded->config);
	free(loaded->text);
	free(loaded->keymap);
	*loaded = (struct config_loaded){ 0 };
}

void config_errors_print(FILE *out, const char *path, const struct config_errors *errors) {
	for (size_t i = 0; i < errors->len; i++) {
		const struct config_error *error = &errors->list[i];
		if (error->line > 0) {
			fprintf(out, "%s:%d: %s\n", path, error->line, error->text);
		} else {
			fprintf(out, "%s: %s\n", path, error->text);
		}
	}
	if (errors->more) {
		fprintf(out, "%s: there are more errors than these %d\n", path, CONFIG_ERRORS_MAX);
	}
}
