#ifndef STAGE_H
#define STAGE_H

/*
 * The usual setting of an attack: a session with three instances, each with a client that owns a seat's log and a
 * clipboard, and the person's hands on the shell's socket.
 *
 * A case that is marked ANYWHERE can be asked of another compositor too (tests/attacks/against.py, lib/peer.h). There the
 * parties are three ordinary clients, a window is where its colour is in the picture, without frame and words, and the
 * config is the peer's own; `coffer` and everything of desktop.h that needs it cannot be had, and a case that uses it all
 * the same counts as not measured. NEED is for what makes an attack one, CHECK for what it is about.
 */

#include "policy/geometry.h"
#include "tests/protocol/lib/desktop.h"
#include "tests/protocol/lib/devices.h"
#include "tests/protocol/lib/picture.h"
#include "tests/protocol/lib/seat.h"
#include "tests/protocol/lib/selection.h"
#include "tests/protocol/lib/session.h"
#include "tests/protocol/lib/test.h"
#include "tests/protocol/lib/window.h"

/* KiB that a sanitizer keeps of what was freed, to catch who still uses it: its quarantine. Nothing in other builds. */
#ifdef __SANITIZE_ADDRESS__
#define RESIDENT_SLACK (256 * 1024) /* where the quarantine's size is not set otherwise */
#else
#define RESIDENT_SLACK 0
#endif

/* The instances' colours, as in the config that stage_start() writes. */
#define ATTACKER_COLOR 0xc12408
#define VICTIM_COLOR 0x1775fd
#define THIRD_COLOR 0x4abd95

/* What clients paint; nothing of ours has these colours. */
#define ATTACKER_CONTENT 0x102030
#define VICTIM_CONTENT 0xf0f8ff
#define THIRD_CONTENT 0x302010
#define INTRUDER 0xff00ff /* whatever should not be where it tries to be */

/* One instance's client. */
struct party {
	struct stage *stage;
	const char *name;
	uint32_t color; /* of the instance */
	uint32_t content; /* of its window */
	struct client *client;
	struct seat *seat;
	struct selection *selection;
	struct window *window; /* the one opened last */
};

struct stage {
	struct test *test;
	struct session *session;
	struct virtual_keyboard *keyboard;
	struct virtual_pointer *pointer;
	struct party attacker, victim, third;
};

/*
 * Starts the session: the three instances, chords Super+C (take), Super+V (give), Super+J (focus next), and `extra`
 * (lines of config, or NULL); `in_attacker` are lines inside the attacker's block, or NULL.
 */
struct stage *stage_start(struct test *test, const char *extra, const char *in_attacker);
/* Is it our own compositor? For what is checked on top where it is. */
bool stage_is_ours(const struct stage *stage);
/* All that clients may be shown on: on ours the whole output, strip and all. */
struct box stage_screen(const struct stage *stage);

/* Opens a window of this title and waits until it stands; party->window is it. */
struct desktop_window party_open(struct party *party, const char *title);
/* The same with a size of its own: it floats. */
struct desktop_window party_open_fixed(struct party *party, const char *title, int width, int height);
/* The window as it stands now. On a peer only its place is known, which has to be in sight. */
struct desktop_window party_look(struct party *party);
/* The person clicks its band, on a peer its content, and it has the keyboard. */
void party_focus(struct party *party);
/* The person types into the focused party, which then puts this text into its clipboard. */
struct source *party_copy(struct party *party, const char *text);
/* Disconnects and connects again, as another client of the same instance, without a window. */
void party_reconnect(struct party *party);

/* The person's chords, and everything that follows from them at once. */
void stage_focus_next(struct stage *stage);
void stage_take(struct stage *stage);
void stage_give(struct stage *stage);
/* Takes, and waits until something is held. */
void stage_take_and_wait(struct stage *stage);

/* process_resident() of the compositor. Allow for RESIDENT_SLACK. */
long stage_resident(struct stage *stage);
/* What the compositor has not read yet of what was sent on this socket, in the kernel's measure. */
int stage_count_unread(int fd);
/* KiB that the compositor has in memory, what it shares with others included. Allow for RESIDENT_SLACK. */
long stage_resident_in_all(struct stage *stage);

/*
 * Fails the case where any pixel below the strip differs from the picture, outside of this box. (In the strip the
 * time goes on.)
 */
void stage_check_only_inside(
	struct stage *stage, const struct picture *before, const struct box *inside, const char *what);

#endif
