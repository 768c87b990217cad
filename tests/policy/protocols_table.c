#include <stdio.h>

#include "policy/protocols.h"

/* The table, one row a line: interface, audience, grant, why. protocols_complete.py reads it. */
int main(void) {
	static const char *const audiences[] = {
		[PROTOCOL_NOBODY] = "nobody",
		[PROTOCOL_EVERYONE] = "everyone",
		[PROTOCOL_GRANTED] = "granted",
		[PROTOCOL_SHELL] = "shell",
		[PROTOCOL_OWN] = "own",
	};
	size_t len;
	const struct protocol_rule *rules = protocol_rules(&len);
	for (size_t i = 0; i < len; i++) {
		printf("%s\t%s\t0x%x\t%s\n", rules[i].interface, audiences[rules[i].audience], rules[i].grant, rules[i].why);
	}
	return 0;
}
