#ifndef COMPOSITOR_POOL_H
#define COMPOSITOR_POOL_H

/*
 * What a pool of shared memory costs the compositor: the bytes that pictures lie in, at most as many as the pool has.
 * A size alone costs nothing: programs ask for far more than they fill (foot for 512 MiB a picture), and what nobody
 * reads is never there. What is read is, and is paid for by whoever reads it first, a hole in the file too.
 *
 * A pool counts until its object is gone, and those of its pictures, and nothing shows one of them any more: wlroots
 * keeps it mapped as long.
 */

#include "compositor/instance.h"

struct pool;

/* Of this instance, with the object's size; counted under LIMIT_SHARED_MEMORY. */
struct pool *pool_create(struct instance *instance, int32_t untrusted_size);
/* Its object has a new size. wlroots refuses a smaller one. */
void pool_resize(struct pool *pool, int32_t untrusted_size);
/* Its object is gone. */
void pool_release(struct pool *pool);

struct picture;
/* A picture was made in it, of this many bytes. */
struct picture *pool_add_picture(struct pool *pool, uint64_t bytes);
/* The picture's object (a wl_buffer) is being destroyed. */
void picture_release(struct picture *picture, struct wl_resource *resource);

#endif
