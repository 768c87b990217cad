#ifndef CONFIG_FIND_H
#define CONFIG_FIND_H

/* Where the one file is: cofferdam(1), FILES. The supervisor and `coffer check` go by the same rule. */

/*
 * The person's own: $XDG_CONFIG_HOME/cofferdam/config, else .config/cofferdam/config in home. NULL where neither the
 * variable nor home (which may be NULL) is an absolute path. The caller frees it; it may not exist.
 */
char *config_find_own(const char *home);

/*
 * The installed one that holds where the person has none: in ../share/cofferdam of the running executable's directory
 * (installed anywhere, or staged), else where it was configured to be. The caller frees it.
 */
char *config_find_default(void);

/*
 * The person's own where it exists, else the machine's (cofferdam/config in one of $XDG_CONFIG_DIRS, by default
 * /etc/xdg), else the default. One that cannot be read is an error to be told, not passed over.
 */
char *config_find(const char *home);

#endif
