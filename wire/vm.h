#ifndef WIRE_VM_H
#define WIRE_VM_H

/*
 * What coffer-vm, outside of a virtual machine, and coffer-guest, pid 1 inside, say to each other over vsock: the
 * messages of wire/init.h as frames on a byte stream, and a few of their own. Descriptors do not travel: a program's
 * outputs are connections of their own. Both are of the same build and architecture, so integers are in host order.
 * Nothing here needs more than libc. What comes from the guest is the instance's word, whatever its kernel is by now.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/init.h"

/* Ports of the host, VMADDR_CID_HOST, as the guest connects to them. */
#define VM_PORT_CONTROL 1 /* one connection, for frames */
#define VM_PORT_OUTPUT 2  /* one for each output of a program: struct vm_output_header, then what it writes */
#define VM_PORT_DISPLAY 3 /* waypipe's */

enum vm_type {
	VM_INIT = 1, /* a message of wire/init.h; value: with INIT_START how many outputs it has, 1 or 2, else 0 */
	/* to the guest */
	VM_CLOCK, /* value: the time, in nanoseconds since 1970 */
	VM_SYNC,  /* write out all that is not written yet */
	/* from the guest */
	VM_SYNCED,
	VM_BYE, /* value: enum vm_end; everything is written, and nothing of it runs any more */
};

enum vm_end {
	VM_END_ORDERLY = 0, /* as it was told */
	VM_END_INIT,        /* coffer-init has ended by itself */
	VM_END_DISPLAY,     /* waypipe has */
};

struct vm_header {
	uint32_t type; /* enum vm_type */
	uint32_t size; /* bytes behind the header: VM_INIT's struct init_header and words, else 0 */
	int64_t value;
};

enum vm_output {
	VM_OUTPUT_STANDARD = 0, /* standard output; standard error too where it is the program's only one */
	VM_OUTPUT_ERROR,
};

struct vm_output_header {
	uint32_t id;    /* of INIT_START */
	uint32_t which; /* enum vm_output */
};

#define VM_FRAME_MAX (sizeof(struct vm_header) + sizeof(struct init_header) + INIT_WORDS_SIZE)

struct vm_frame {
	struct vm_header header;
	struct init_message message; /* VM_INIT */
};

/* ---- in ---- */

/* What has come of the next frame. All zero at first. */
struct vm_reader {
	size_t length;
	unsigned char untrusted_bytes[VM_FRAME_MAX];
};

enum vm_result {
	VM_CLOSED = -1, /* the peer is gone, or sent what cannot be a frame of its end: go no further with it */
	VM_AGAIN = 0,   /* nothing more for now */
	VM_FRAME = 1,
};

/*
 * Reads on from a non-blocking stream, never beyond one frame. On VM_FRAME it is one that the sender may send, of
 * exactly its form; the message of VM_INIT is as init_receive() would give it.
 */
enum vm_result vm_receive(struct vm_reader *reader, int fd, enum init_end sender, struct vm_frame *frame);

/* ---- out ---- */

#define VM_QUEUE_SIZE (4 * VM_FRAME_MAX)

/* What the stream has not taken yet. All zero at first. */
struct vm_writer {
	size_t start, end;
	unsigned char bytes[VM_QUEUE_SIZE];
};

/* True where vm_send() has room for any frame. */
bool vm_has_room(const struct vm_writer *writer);
/* Puts a frame into the queue; message for VM_INIT alone, else NULL. Returns false where there is no room for it. */
bool vm_send(struct vm_writer *writer, enum vm_type type, int64_t value, const struct init_message *message);
/* True while there is something to flush: poll for POLLOUT. */
bool vm_is_waiting(const struct vm_writer *writer);
/* Gives a non-blocking socket what it takes. Returns false where the peer is gone; SIGPIPE is never raised. */
bool vm_flush(struct vm_writer *writer, int fd);

#endif
