#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "ctl/audit.h"

/* What programs run or obey without being asked, by where it lies in a home. */
static const struct {
	const char *pattern; /* fnmatch(3), * for anything but a slash where it has one */
	const char *kind;
} patterns[] = {
	{ ".bash_login", "startup" },
	{ ".bash_logout", "startup" },
	{ ".bash_profile", "startup" },
	{ ".bashrc", "startup" },
	{ ".bashrc.d/*", "startup" },
	{ ".profile", "startup" },
	{ ".login", "startup" },
	{ ".cshrc", "startup" },
	{ ".tcshrc", "startup" },
	{ ".kshrc", "startup" },
	{ ".zlogin", "startup" },
	{ ".zlogout", "startup" },
	{ ".zprofile", "startup" },
	{ ".zshenv", "startup" },
	{ ".zshrc", "startup" },
	{ ".inputrc", "startup" },
	{ ".pam_environment", "startup" },
	{ ".xinitrc", "startup" },
	{ ".xprofile", "startup" },
	{ ".xsession", "startup" },
	{ ".xsessionrc", "startup" },
	{ ".config/fish/*.fish", "startup" },
	{ ".config/fish/*/*.fish", "startup" },
	{ ".config/environment.d/*", "startup" },
	{ ".config/autostart/*", "startup" },
	{ ".config/autostart-scripts/*", "startup" },
	{ ".config/plasma-workspace/*/*", "startup" },
	{ ".config/systemd/user/*", "startup" },
	{ ".config/systemd/user/*/*", "startup" },
	{ ".config/systemd/user.control/*", "startup" },
	{ ".local/share/systemd/user/*", "startup" },
	{ ".local/share/systemd/user/*/*", "startup" },
	{ ".local/share/dbus-1/services/*", "startup" },
	{ ".local/share/applications/*", "startup" },
	{ ".local/share/applications/*/*", "startup" },
	{ ".config/mimeapps.list", "startup" },
	{ ".config/sway/config", "startup" },
	{ ".config/nvim/*", "startup" },
	{ ".vimrc", "startup" },
	{ ".vim/*/*", "startup" },
	{ ".emacs", "startup" },
	{ ".emacs.d/*.el", "startup" },
	{ ".exrc", "startup" },
	{ ".gdbinit", "startup" },
	{ ".screenrc", "startup" },
	{ ".tmux.conf", "startup" },
	{ ".config/tmux/tmux.conf", "startup" },
	{ ".gitconfig", "startup" },
	{ ".config/git/config", "startup" },
	{ ".pythonrc", "startup" },
	{ ".pythonstartup", "startup" },
	{ ".npmrc", "startup" },
	{ ".cargo/config*", "startup" },
	{ ".mozilla/native-messaging-hosts/*", "startup" },
	{ ".ssh/rc", "startup" },
	{ ".ssh/environment", "startup" },
	{ ".ssh/config", "startup" },
	{ ".ssh/authorized_keys*", "key" },
	{ ".ssh/id_*", "key" },
	{ ".gnupg/private-keys-v1.d/*", "key" },
	{ ".aws/credentials", "key" },
	{ ".netrc", "key" },
	{ ".git-credentials", "key" },
	{ ".docker/config.json", "key" },
	{ ".kube/config", "key" },
	{ ".password-store/*", "key" },
	{ ".local/share/keyrings/*", "key" },
};

/* Wherever they lie, for what may be persisted from the middle of a path. */
static const struct {
	const char *end, *kind;
} endings[] = {
	{ ".desktop", "startup" },
	{ ".service", "startup" },
	{ ".timer", "startup" },
	{ ".pem", "key" },
	{ ".key", "key" },
	{ ".ppk", "key" },
	{ ".kdbx", "key" },
};

static bool ends_with(const char *text, const char *end) {
	size_t length = strlen(text), end_length = strlen(end);
	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static const char *classify_name(const char *path) {
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (fnmatch(patterns[i].pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0 ||
			fnmatch(patterns[i].pattern, path, FNM_PATHNAME) == 0) {
			return patterns[i].kind;
		}
	}
	const char *hooks = strstr(path, ".git/hooks/");
	if (hooks != NULL && (hooks == path || hooks[-1] == '/') && !ends_with(path, ".sample")) {
		return "startup";
	}
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (ends_with(path, endings[i].end)) {
			return endings[i].kind;
		}
	}
	return NULL;
}

static const char *classify_head(const char *head, size_t length) {
	static const char elf[] = { 0x7f, 'E', 'L', 'F' };
	if (length >= 4 && memcmp(head, elf, 4) == 0) {
		return "executable";
	}
	if (length >= 2 && memcmp(head, "#!", 2) == 0) {
		return "script";
	}
	return length >= 11 && memcmp(head, "-----BEGIN ", 11) == 0 ? "key" : NULL;
}

/* Out of the home, by its words alone. */
static bool leads_out(const char *path, const char *target) {
	int depth = 0;
	for (const char *c = path; *c != '\0'; c++) {
		depth += *c == '/';
	}
	for (const char *c = target; *c != '\0'; c += strcspn(c, "/"), c += *c == '/') {
		depth -= strncmp(c, "..", 2) == 0 && (c[2] == '/' || c[2] == '\0');
	}
	return target[0] == '/' || depth < 0;
}

const char *audit_classify(const char *untrusted_path, mode_t mode, const char *untrusted_head, size_t head_length,
	const char *untrusted_target) {
	if (S_ISCHR(mode) || S_ISBLK(mode)) {
		return "device";
	}
	if (S_ISLNK(mode)) {
		const char *kind = classify_name(untrusted_path);
		return kind != NULL ? kind : leads_out(untrusted_path, untrusted_target) ? "link" : NULL;
	}
	if (!S_ISREG(mode)) {
		return NULL;
	}
	if (mode & (S_ISUID | S_ISGID)) {
		return "setuid";
	}
	const char *kind = classify_name(untrusted_path);
	if (kind == NULL) {
		kind = classify_head(untrusted_head, head_length);
	}
	return kind != NULL ? kind : mode & 0111 ? "executable" : NULL;
}
