#include <locale.h>

#include "base/log.h"
#include "ctl/commands.h"

int main(int argc, char **argv) {
	/* For nl_langinfo(CODESET) and wcwidth(); numbers stay as they are in C. */
	setlocale(LC_CTYPE, "");
	setlocale(LC_COLLATE, "");
	/* What the lower rooms have to say of an answer, coffer says in its own words. */
	log_init("coffer", LOG_ERROR);
	return commands_main(argc, argv);
}
