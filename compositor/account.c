#include "compositor/account.h"

void account_init(struct account *account, int64_t time) {
	account->credit = ACCOUNT_MAX;
	account->filled = time;
}

void account_pay(struct account *account, int64_t ns) {
	int64_t most = account->credit + ACCOUNT_DEBT_MAX;
	account->credit -= ns < most ? ns : most;
}

void account_fill(struct account *account, int64_t time, int percent, int64_t sharers) {
	int64_t passed = time - account->filled, missing = ACCOUNT_MAX - account->credit;
	account->filled = time;
	/* Nothing is missing that a minute would not bring; a machine may have slept for years. */
	int64_t most = ACCOUNT_DEBT_MAX * 300LL;
	int64_t part = (passed < most ? passed : most) * percent / 100 / sharers;
	account->credit += part < missing ? part : missing;
}

int64_t account_debt_lasts(const struct account *account, int percent, int64_t sharers) {
	return account->credit < 0 ? -account->credit * 100 * sharers / percent : 0;
}

bool account_is_full(const struct account *account) {
	return account->credit >= ACCOUNT_MAX;
}
