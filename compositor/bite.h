#ifndef COMPOSITOR_BITE_H
#define COMPOSITOR_BITE_H

/*
 * How many bytes of an instance's requests are handled before somebody else's turn: as many as took no longer than
 * BITE_NS before. Requests differ a hundredfold in what they cost, so it is measured: what took too long shrinks the
 * bite at once, and it grows only with time, or who is cheap for a while could be costly at once. A pure rule.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITE_NS 40000
#define BITE_MIN 32 /* bytes: one request of most kinds, a few of the smallest */
#define BITE_FIRST 512
#define BITE_MAX 4096 /* libwayland's buffer */
#define BITE_DOUBLES_NS 100000000

struct bite {
	size_t bytes;
	int64_t grown; /* ns, the clock: when it last grew or shrank */
};

/* For an instance that nothing is known of. time is the clock's, in ns. */
void bite_init(struct bite *bite, int64_t time);
/* How many bytes may be read now, after so many ns of this turn were taken already. 0: no more in this turn. */
size_t bite_get(const struct bite *bite, int64_t taken);
/* So many bytes were read and took so long. */
void bite_note(struct bite *bite, size_t bytes, int64_t ns, int64_t time);

#endif
