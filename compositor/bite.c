#include "compositor/bite.h"

void bite_init(struct bite *bite, int64_t time) {
	bite->bytes = BITE_FIRST;
	bite->grown = time;
}

size_t bite_get(const struct bite *bite, int64_t taken) {
	if (taken <= 0) {
		return bite->bytes;
	}
	if (taken >= BITE_NS) {
		return 0;
	}
	size_t rest = bite->bytes * (size_t)(BITE_NS - taken) / BITE_NS;
	return rest < BITE_MIN ? 0 : rest;
}

static size_t clamp(size_t bytes) {
	return bytes < BITE_MIN ? BITE_MIN : bytes > BITE_MAX ? BITE_MAX : bytes;
}

void bite_note(struct bite *bite, size_t bytes, int64_t ns, int64_t time) {
	if (ns > BITE_NS) {
		/* To a quarter at most: what took long may have been no fault of theirs. */
		size_t fitting = (size_t)((double)bytes * BITE_NS / (double)ns);
		fitting = clamp(fitting < bite->bytes / 4 ? bite->bytes / 4 : fitting);
		if (fitting < bite->bytes) {
			bite->bytes = fitting;
		}
		bite->grown = time;
	} else if (time - bite->grown >= BITE_DOUBLES_NS) {
		bite->bytes = clamp(bite->bytes * 2);
		bite->grown = time;
	}
}
