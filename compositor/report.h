#ifndef COMPOSITOR_REPORT_H
#define COMPOSITOR_REPORT_H

/* What the supervisor asks and is told: windows, counts, what the clipboard holds. Only cleaned text leaves here. */

#include "compositor/carry.h"
#include "compositor/instance.h"
#include "compositor/link.h"
#include "compositor/window.h"

struct report;

struct report *report_create(struct wl_event_loop *loop, struct link *link, struct instances *instances,
	struct windows *windows, struct carry *carry);
void report_destroy(struct report *report);
/* Answers SESSION_QUERY: each message carries the query's id, SESSION_QUERY_END is the last. */
void report_answer(struct report *report, uint32_t id, uint32_t what);

#endif
