#ifndef COMPOSITOR_ACCOUNT_H
#define COMPOSITOR_ACCOUNT_H

/* How much of the loop's time an instance has left. Fills with the time that passes, to a bound. A pure rule; all in ns. */

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_MAX 4000000 /* what one that was quiet may take at once */
#define ACCOUNT_DEBT_MAX 200000000 /* what one request or picture took is not paid back for longer than this allows */

struct account {
	int64_t credit; /* below 0: overdrawn */
	int64_t filled; /* the clock: when it was filled last */
};

/* Full. */
void account_init(struct account *account, int64_t time);
/* So much was taken. */
void account_pay(struct account *account, int64_t ns);
/* Of the time that has passed, so many percent are shared by so many. */
void account_fill(struct account *account, int64_t time, int percent, int64_t sharers);
/* How long it takes, filled so, until it is no longer overdrawn. */
int64_t account_debt_lasts(const struct account *account, int percent, int64_t sharers);
bool account_is_full(const struct account *account);

#endif
