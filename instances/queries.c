#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "instances/announce.h"
#include "instances/queries.h"

#define TIMEOUT_MS 2000

struct query {
	struct queries *queries;
	struct query *next; // queries.list
	struct control_client *client;
	uint32_t number;
	enum session_query what;
	char name[SESSION_NAME_SIZE]; /* QUERY_LIMITS: or "" for all */
	struct loop_source *timer;
};

struct queries {
	struct loop *loop;
	struct fleet *fleet;
	struct compositor *compositor;
	struct query *list;
	uint32_t last_number;
};

static void remove_query(struct query *query) {
	struct query **link = &query->queries->list;
	while (*link != query) {
		link = &(*link)->next;
	}
	*link = query->next;
	loop_remove(query->timer);
	free(query);
}

static void fail(struct query *query, const char *error) {
	struct control_client *client = query->client;
	remove_query(query);
	control_fail(client, EXIT_CODE_FAILED, "%s", error);
}

static void handle_timeout(void *data) {
	fail(data, "the compositor did not answer in time: try again");
}

void queries_ask(struct queries *queries, struct control_client *client, enum session_query what, const char *name) {
	struct query *query = xcalloc(1, sizeof(*query));
	query->queries = queries;
	query->client = client;
	query->number = ++queries->last_number;
	query->what = what;
	copy_string(query->name, sizeof(query->name), name);
	query->next = queries->list;
	queries->list = query;
	query->timer = loop_add_timer(queries->loop, handle_timeout, query);
	loop_arm_timer(query->timer, TIMEOUT_MS);
	announce_query(queries->compositor, query->number, what);
}

void queries_forget(struct queries *queries, const struct control_client *client) {
	struct query *next;
	for (struct query *query = queries->list; query != NULL; query = next) {
		next = query->next;
		if (query->client == client) {
			remove_query(query);
		}
	}
}

/* ---- answers ---- */

static struct query *find(struct queries *queries, uint32_t number) {
	struct query *query = queries->list;
	while (query != NULL && query->number != number) {
		query = query->next;
	}
	return query;
}

/* Where this was asked for by that number, else NULL. */
static struct query *find_kind(struct queries *queries, uint32_t number, enum session_query what) {
	struct query *query = find(queries, number);
	return query != NULL && query->what == what ? query : NULL;
}

static bool is_wanted(const struct query *query, const char *name) {
	return query->name[0] == '\0' || strcmp(query->name, name) == 0;
}

/* What the kernel keeps of an instance, we know ourselves. */
static void answer_sandbox(struct control_client *client, const struct member *member) {
	struct control_message message = { .type = CONTROL_SANDBOX };
	struct control_sandbox *out = &message.sandbox;
	copy_string(out->name, sizeof(out->name), instance_get_name(member->instance));
	instance_get_usage(member->instance, out);
	control_answer(client, &message);
}

/* The compositor has said its part. */
static void finish(struct query *query) {
	struct member *member = query->what == QUERY_LIMITS ? fleet_get_members(query->queries->fleet) : NULL;
	for (; member != NULL; member = member->next) {
		if (is_wanted(query, instance_get_name(member->instance))) {
			answer_sandbox(query->client, member);
		}
	}
	struct control_client *client = query->client;
	remove_query(query);
	control_end(client);
}

void queries_answered(struct queries *queries, const struct session_message *message) {
	struct control_message answer = { 0 };
	struct query *query;
	switch (message->type) {
	case SESSION_WINDOW:
		query = find_kind(queries, message->window.query, QUERY_WINDOWS);
		answer.type = CONTROL_WINDOW;
		answer.window = message->window;
		break;
	case SESSION_CLIPBOARD:
		query = find_kind(queries, message->clipboard.query, QUERY_CLIPBOARD);
		answer.type = CONTROL_CLIPBOARD;
		answer.clipboard = message->clipboard;
		break;
	case SESSION_LIMITS:
		query = find_kind(queries, message->limits.query, QUERY_LIMITS);
		if (query != NULL && !is_wanted(query, message->limits.name)) {
			return;
		}
		answer.type = CONTROL_LIMITS_OF;
		answer.limits = message->limits;
		break;
	default:
		query = find(queries, message->query_end.query);
		if (query != NULL) {
			finish(query);
		}
		return;
	}
	if (query != NULL) {
		control_answer(query->client, &answer);
	}
}

void queries_compositor_died(struct queries *queries) {
	struct query *next;
	for (struct query *query = queries->list; query != NULL; query = next) {
		next = query->next;
		fail(query, "the compositor has just been started again: try again");
	}
}

/* ---- lifetime ---- */

struct queries *queries_create(struct loop *loop, struct fleet *fleet, struct compositor *compositor) {
	struct queries *queries = xcalloc(1, sizeof(*queries));
	queries->loop = loop;
	queries->fleet = fleet;
	queries->compositor = compositor;
	return queries;
}

void queries_destroy(struct queries *queries) {
	if (queries == NULL) {
		return;
	}
	struct query *next;
	for (struct query *query = queries->list; query != NULL; query = next) {
		next = query->next;
		loop_remove(query->timer);
		free(query);
	}
	free(queries);
}
