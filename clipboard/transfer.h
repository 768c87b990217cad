#ifndef CLIPBOARD_TRANSFER_H
#define CLIPBOARD_TRANSFER_H

/*
 * The one thing that crosses between instances: a snapshot, taken with a key at its source and given with a key
 * at its destination. This file holds its states and rules and no descriptor; the pump moves the bytes.
 *
 *     EMPTY → TAKING → HELD → (ASKING →) EMPTY      any → EMPTY by expiry, clear, source gone, failure
 *
 * Times are milliseconds of CLOCK_MONOTONIC, handed in by the caller. Instances are named by their config names;
 * NULL stands for no instance, "" for the trusted shell. Whoever makes it EMPTY lets go of the snapshot and of
 * the pumps that fill it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config/config.h"

#define TRANSFER_TYPES_MAX 8

enum transfer_state { TRANSFER_EMPTY, TRANSFER_TAKING, TRANSFER_HELD, TRANSFER_ASKING };

enum transfer_refusal {
	REFUSED_NOT, /* not refused */
	REFUSED_NOTHING_OFFERED, /* the source's clipboard is empty */
	REFUSED_NO_TYPE, /* nothing of a type that may cross */
	REFUSED_NO_INPUT, /* its selection was set without focus or recent input */
	REFUSED_EMPTY, /* nothing is held */
	REFUSED_EXPIRED,
	REFUSED_SOURCE_GONE, /* the source instance was stopped or locked */
	REFUSED_DENIED, /* by a pair rule */
	REFUSED_SAME, /* source and destination are one instance: it has it already */
	REFUSED_BUSY, /* a take or a question is under way */
	REFUSED_TOO_LARGE,
	REFUSED_TIMEOUT, /* the source did not deliver in time */
	REFUSED_BAD_CONTENT, /* not what its type says: invalid UTF-8, not a PNG */
	REFUSED_BROKEN, /* the source closed early or wrote nothing */
	REFUSED_NO_FOCUS, /* no instance has the focus */
	REFUSED_SHELL, /* the trusted shell's own clipboard is not carried */
};

/* One line for the strip, such as "nothing to give"; "" for REFUSED_NOT. Static. */
const char *transfer_refusal_text(enum transfer_refusal refusal);

struct transfer; /* pure state */

struct transfer *transfer_create(void);
void transfer_destroy(struct transfer *transfer); /* NULL is allowed */
/*
 * Takes effect for the next take, give or answer; what is held keeps its deadline. config is borrowed until the
 * next call. Before the first call every take and give is REFUSED_DENIED.
 */
void transfer_configure(struct transfer *transfer, const struct config_clipboard *config);

enum transfer_state transfer_get_state(const struct transfer *transfer);
/* The instance that it is taken from; "" where EMPTY. Valid until the state changes. */
const char *transfer_get_source(const struct transfer *transfer);
/* While ASKING, else "". */
const char *transfer_get_destination(const struct transfer *transfer);
/* Bytes, all types together; 0 where nothing is held. */
uint64_t transfer_get_size(const struct transfer *transfer);
/* Milliseconds until what is held expires, -1 for never or where nothing is held. */
int64_t transfer_get_left(const struct transfer *transfer, int64_t now);
/* While TAKING: milliseconds until the source's time to deliver is up (call transfer_failed() then); else -1. */
int64_t transfer_get_take_left(const struct transfer *transfer, int64_t now);

/*
 * Super+C in `source`. On REFUSED_NOT the state is TAKING, what was held before is dropped, and the caller fetches
 * each of the types picked by types_pick(), then calls taken or failed. Call it before looking at what the
 * source offers: a take that comes to nothing must leave EMPTY, or the next give would hand over something older
 * than the person thinks. On a refusal nothing has changed, but for what has just expired.
 */
enum transfer_refusal transfer_take(struct transfer *transfer, const char *source, int64_t now);
/*
 * All bytes are there: HELD on REFUSED_NOT. Else EMPTY: REFUSED_TOO_LARGE, REFUSED_TIMEOUT, REFUSED_BROKEN (size is
 * 0); or unchanged, where no take is under way any more, with the reason that a give would get.
 */
enum transfer_refusal transfer_taken(struct transfer *transfer, uint64_t size, int64_t now);
/* The take came to nothing: EMPTY. No effect in any other state. */
void transfer_failed(struct transfer *transfer);

enum transfer_give { GIVE_REFUSED, GIVE_NOW, GIVE_ASK };
/*
 * Super+V in `destination`. On GIVE_NOW the state is EMPTY again and the caller hands the snapshot over; on
 * GIVE_ASK it is ASKING and the caller asks, then calls transfer_answer(). On GIVE_REFUSED *refusal says why (else it
 * is REFUSED_NOT), and what is held stays held unless it has just expired: look at the state.
 */
enum transfer_give transfer_give(struct transfer *transfer, const char *destination, int64_t now,
	enum transfer_refusal *refusal);
/*
 * yes: GIVE_NOW; or GIVE_REFUSED where it expired, was cleared or lost its source meanwhile, or where a new config
 * denies the pair (then it is held again). no: held again with its old deadline, GIVE_REFUSED and REFUSED_NOT,
 * since it was the person who refused. Where the destination goes away, answer no.
 */
enum transfer_give transfer_answer(struct transfer *transfer, bool yes, int64_t now, enum transfer_refusal *refusal);

/* Call when transfer_get_left() says so: true where it has just been dropped, a pending question with it. */
bool transfer_expire(struct transfer *transfer, int64_t now);
/* An instance was stopped or locked: true where it was the source, and what came from it has just been dropped. */
bool transfer_source_gone(struct transfer *transfer, const char *instance);
/* Drops everything, a take or a question under way too: true where there was anything. */
bool transfer_clear(struct transfer *transfer);

#endif
