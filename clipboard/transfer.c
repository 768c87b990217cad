#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "clipboard/transfer.h"

struct transfer {
	const struct config_clipboard *config; /* borrowed, may be NULL */
	enum transfer_state state;
	enum transfer_refusal why_empty; /* what a give is told while EMPTY */
	char *source;      /* NULL where EMPTY */
	char *destination; /* NULL unless ASKING */
	uint64_t size;
	int64_t deadline; /* of the take, or of what is held; NEVER */
};

#define NEVER INT64_MAX

static const char *const refusal_texts[] = {
	[REFUSED_NOT] = "",
	[REFUSED_NOTHING_OFFERED] = "nothing to take: copy something here first",
	[REFUSED_NO_TYPE] = "nothing to take: no type of this copy may cross",
	[REFUSED_NO_INPUT] = "not taken: this copy was made without you; copy again",
	[REFUSED_EMPTY] = "nothing to give",
	[REFUSED_EXPIRED] = "nothing to give: it expired",
	[REFUSED_SOURCE_GONE] = "nothing to give: its source was stopped or locked",
	[REFUSED_DENIED] = "not given: the config denies this",
	[REFUSED_SAME] = "not given: it comes from here; paste as usual",
	[REFUSED_BUSY] = "one moment: the clipboard is busy",
	[REFUSED_TOO_LARGE] = "not taken: too large",
	[REFUSED_TIMEOUT] = "not taken: the program did not deliver in time",
	[REFUSED_BAD_CONTENT] = "not taken: the content is not what its type says",
	[REFUSED_BROKEN] = "not taken: the program delivered nothing whole",
	[REFUSED_NO_FOCUS] = "no instance has the focus",
	[REFUSED_SHELL] = "the shell's own clipboard does not cross",
};

const char *transfer_refusal_text(enum transfer_refusal refusal) {
	size_t index = (size_t)refusal;
	return index < sizeof(refusal_texts) / sizeof(refusal_texts[0]) ? refusal_texts[index] : "refused";
}

struct transfer *transfer_create(void) {
	struct transfer *transfer = xcalloc(1, sizeof(*transfer));
	transfer->state = TRANSFER_EMPTY;
	transfer->why_empty = REFUSED_EMPTY;
	transfer->deadline = NEVER;
	return transfer;
}

void transfer_destroy(struct transfer *transfer) {
	if (transfer == NULL) {
		return;
	}
	free(transfer->source);
	free(transfer->destination);
	free(transfer);
}

void transfer_configure(struct transfer *transfer, const struct config_clipboard *config) {
	transfer->config = config;
}

static void become_empty(struct transfer *transfer, enum transfer_refusal why) {
	free(transfer->source);
	transfer->source = NULL;
	free(transfer->destination);
	transfer->destination = NULL;
	transfer->size = 0;
	transfer->deadline = NEVER;
	transfer->state = TRANSFER_EMPTY;
	transfer->why_empty = why;
}

static bool is_holding(const struct transfer *transfer) {
	return transfer->state == TRANSFER_HELD || transfer->state == TRANSFER_ASKING;
}

static int64_t left_until(int64_t deadline, int64_t now) {
	if (deadline == NEVER) {
		return -1;
	}
	return deadline > now ? deadline - now : 0;
}

enum transfer_state transfer_get_state(const struct transfer *transfer) {
	return transfer->state;
}

const char *transfer_get_source(const struct transfer *transfer) {
	return transfer->source != NULL ? transfer->source : "";
}

const char *transfer_get_destination(const struct transfer *transfer) {
	return transfer->destination != NULL ? transfer->destination : "";
}

uint64_t transfer_get_size(const struct transfer *transfer) {
	return transfer->size;
}

int64_t transfer_get_left(const struct transfer *transfer, int64_t now) {
	return is_holding(transfer) ? left_until(transfer->deadline, now) : -1;
}

int64_t transfer_get_take_left(const struct transfer *transfer, int64_t now) {
	return transfer->state == TRANSFER_TAKING ? left_until(transfer->deadline, now) : -1;
}

static bool is_due(const struct transfer *transfer, int64_t now) {
	return left_until(transfer->deadline, now) == 0;
}

/* What keeps this place from being either end of a transfer. */
static enum transfer_refusal check_place(const struct transfer *transfer, const char *instance) {
	if (instance == NULL) {
		return REFUSED_NO_FOCUS;
	}
	if (instance[0] == '\0') {
		return REFUSED_SHELL;
	}
	return transfer->config == NULL ? REFUSED_DENIED : REFUSED_NOT;
}

enum transfer_refusal transfer_take(struct transfer *transfer, const char *source, int64_t now) {
	transfer_expire(transfer, now);
	enum transfer_refusal refusal = check_place(transfer, source);
	if (refusal != REFUSED_NOT) {
		return refusal;
	}
	if (transfer->state == TRANSFER_TAKING || transfer->state == TRANSFER_ASKING) {
		return REFUSED_BUSY;
	}
	char *name = xstrdup(source);
	become_empty(transfer, REFUSED_EMPTY);
	transfer->state = TRANSFER_TAKING;
	transfer->source = name;
	transfer->deadline = now + (int64_t)transfer->config->timeout * 1000;
	return REFUSED_NOT;
}

enum transfer_refusal transfer_taken(struct transfer *transfer, uint64_t size, int64_t now) {
	if (transfer->state != TRANSFER_TAKING) {
		return transfer->state == TRANSFER_EMPTY ? transfer->why_empty : REFUSED_BUSY;
	}
	enum transfer_refusal refusal = REFUSED_NOT;
	if (is_due(transfer, now)) {
		refusal = REFUSED_TIMEOUT;
	} else if (size == 0) {
		refusal = REFUSED_BROKEN;
	} else if (transfer->config == NULL || size > transfer->config->limit) {
		refusal = REFUSED_TOO_LARGE;
	}
	if (refusal != REFUSED_NOT) {
		become_empty(transfer, REFUSED_EMPTY);
		return refusal;
	}
	transfer->state = TRANSFER_HELD;
	transfer->size = size;
	int expire = transfer->config->expire;
	transfer->deadline = expire > 0 ? now + (int64_t)expire * 1000 : NEVER;
	return REFUSED_NOT;
}

void transfer_failed(struct transfer *transfer) {
	if (transfer->state == TRANSFER_TAKING) {
		become_empty(transfer, REFUSED_EMPTY);
	}
}

static bool names_fit(const char *rule, const char *name) {
	return strcmp(rule, "*") == 0 || strcmp(rule, name) == 0;
}

/* The last rule that fits wins, so that a file reads from the general to the particular; with none, allow. */
static enum config_pair_action pair_action(const struct transfer *transfer, const char *destination) {
	const struct config_clipboard *config = transfer->config;
	if (config == NULL) {
		return CONFIG_PAIR_DENY;
	}
	for (size_t i = config->pairs_len; i > 0; i--) {
		const struct config_pair *pair = &config->pairs[i - 1];
		if (names_fit(pair->source, transfer->source) && names_fit(pair->destination, destination)) {
			return pair->action;
		}
	}
	return CONFIG_PAIR_ALLOW;
}

static enum transfer_refusal check_give(const struct transfer *transfer, const char *destination) {
	enum transfer_refusal refusal = check_place(transfer, destination);
	if (refusal != REFUSED_NOT) {
		return refusal;
	}
	if (transfer->state == TRANSFER_EMPTY) {
		return transfer->why_empty;
	}
	if (transfer->state != TRANSFER_HELD) {
		return REFUSED_BUSY;
	}
	return strcmp(transfer->source, destination) == 0 ? REFUSED_SAME : REFUSED_NOT;
}

enum transfer_give transfer_give(struct transfer *transfer, const char *destination, int64_t now,
		enum transfer_refusal *refusal) {
	transfer_expire(transfer, now);
	*refusal = check_give(transfer, destination);
	if (*refusal != REFUSED_NOT) {
		return GIVE_REFUSED;
	}
	switch (pair_action(transfer, destination)) {
	case CONFIG_PAIR_ALLOW:
		become_empty(transfer, REFUSED_EMPTY);
		return GIVE_NOW;
	case CONFIG_PAIR_ASK:
		transfer->state = TRANSFER_ASKING;
		transfer->destination = xstrdup(destination);
		return GIVE_ASK;
	case CONFIG_PAIR_DENY:
		break;
	}
	*refusal = REFUSED_DENIED;
	return GIVE_REFUSED;
}

enum transfer_give transfer_answer(struct transfer *transfer, bool yes, int64_t now, enum transfer_refusal *refusal) {
	transfer_expire(transfer, now);
	if (transfer->state != TRANSFER_ASKING) {
		/* The question has been overtaken: an answer alone never gives anything. */
		*refusal = transfer->state == TRANSFER_EMPTY ? transfer->why_empty : REFUSED_BUSY;
		return GIVE_REFUSED;
	}
	bool denied = pair_action(transfer, transfer->destination) == CONFIG_PAIR_DENY;
	if (yes && !denied) {
		become_empty(transfer, REFUSED_EMPTY);
		*refusal = REFUSED_NOT;
		return GIVE_NOW;
	}
	transfer->state = TRANSFER_HELD;
	free(transfer->destination);
	transfer->destination = NULL;
	*refusal = yes ? REFUSED_DENIED : REFUSED_NOT;
	return GIVE_REFUSED;
}

bool transfer_expire(struct transfer *transfer, int64_t now) {
	if (!is_holding(transfer) || !is_due(transfer, now)) {
		return false;
	}
	become_empty(transfer, REFUSED_EXPIRED);
	return true;
}

bool transfer_source_gone(struct transfer *transfer, const char *instance) {
	if (transfer->state == TRANSFER_EMPTY || instance == NULL || strcmp(transfer->source, instance) != 0) {
		return false;
	}
	become_empty(transfer, REFUSED_SOURCE_GONE);
	return true;
}

bool transfer_clear(struct transfer *transfer) {
	bool had = transfer->state != TRANSFER_EMPTY;
	if (had) {
		become_empty(transfer, REFUSED_EMPTY);
	}
	return had;
}
