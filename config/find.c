#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "config/find.h"

char *config_find_own(const char *home) {
	const char *config_home = getenv("XDG_CONFIG_HOME");
	if (config_home != NULL && config_home[0] == '/') {
		return xasprintf("%s/cofferdam/config", config_home);
	}
	return home != NULL && home[0] == '/' ? xasprintf("%s/.config/cofferdam/config", home) : NULL;
}

char *config_find_default(void) {
	char executable[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
	char *found = NULL;
	if (length > 0) {
		/* analyzer: one byte less than there is room for was asked for */
		executable[length] = '\0';
		*strrchr(executable, '/') = '\0';
		char *beside = xasprintf("%s/../share/cofferdam/default.scfg", executable);
		found = access(beside, R_OK) == 0 ? realpath(beside, NULL) : NULL;
		free(beside);
	}
	return found != NULL ? found : xstrdup(COFFERDAM_DATADIR "/default.scfg");
}

/* The first that exists of the machine's, or NULL. */
static char *find_system(void) {
	const char *directories = getenv("XDG_CONFIG_DIRS");
	if (directories == NULL || directories[0] == '\0') {
		directories = "/etc/xdg";
	}
	while (directories != NULL) {
		int length = (int)strcspn(directories, ":");
		char *path = xasprintf("%.*s/cofferdam/config", length, directories);
		if (path[0] == '/' && access(path, F_OK) == 0) {
			return path;
		}
		free(path);
		/* analyzer: the length is that of the part up to there */
		directories = directories[length] == ':' ? directories + length + 1 : NULL;
	}
	return NULL;
}

char *config_find(const char *home) {
	char *own = config_find_own(home);
	if (own != NULL && access(own, F_OK) == 0) {
		return own;
	}
	free(own);
	char *system = find_system();
	return system != NULL ? system : config_find_default();
}
