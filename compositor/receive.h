#ifndef COMPOSITOR_RECEIVE_H
#define COMPOSITOR_RECEIVE_H

/*
 * How much of a client's socket is read at once, and how many descriptors have come by it. libwayland handles all that
 * one recvmsg(2) gave it before it turns to anybody else, and has no call to bound that. The compositor defines
 * recvmsg() itself: by the rules of ELF an executable's definition is the one that its libraries call, too. For every
 * descriptor but those named here it is the system call and nothing else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct receiver;

/*
 * From now on, reads of this descriptor by this thread ask first: allow() says how many bytes the next one may take at
 * most. With 0 it fails with EAGAIN, and what waits stays readable. So does, unasked, the one that follows a read that
 * was cut: libwayland reads until then. fd is not taken over and has one receiver at most.
 */
struct receiver *receiver_create(int fd, size_t (*allow)(void *data), void *data);
/*
 * To be called when a client is being disconnected: nothing more is taken of it, and what waits is thrown away. A socket
 * that is closed with something unread resets the other end, which then may not read why.
 */
void receiver_discard(struct receiver *receiver);
/* Before the descriptor is closed or right after, and by the same thread. NULL is allowed. */
void receiver_destroy(struct receiver *receiver);

/* What was read, and the descriptors that were received with it, all in all. */
uint64_t receiver_count_bytes(const struct receiver *receiver);
uint64_t receiver_count_descriptors(const struct receiver *receiver);
/* The same by the descriptor of a client, as wl_client_get_fd() gives it; 0 where it has no receiver. */
uint64_t receive_count_descriptors(int fd);

/* Tries it on a display of its own: is it our recvmsg() that libwayland calls? Costs a moment, says nothing. */
bool receive_is_in_force(void);

#endif
