#include "compositor/pool.h"

#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>

#include "base/memory.h"

struct pool {
	struct instance *instance; /* NULL once it is forgotten */
	uint64_t size, pictures; /* bytes: its own, and those of all pictures in it together */
	uint64_t counted; /* of these, under its instance's name */
	size_t references; /* its object, and its pictures */
	struct wl_listener instance_destroy;
};

struct picture {
	struct pool *pool;
	uint64_t bytes;
	struct wl_listener destroy; /* of what wlroots keeps when the object is gone */
};

static void count(struct pool *pool) {
	uint64_t bytes = pool->pictures < pool->size ? pool->pictures : pool->size;
	if (pool->instance != NULL) {
		instance_use(pool->instance, LIMIT_SHARED_MEMORY, (int64_t)bytes - (int64_t)pool->counted);
	}
	pool->counted = bytes;
}

static void unref(struct pool *pool) {
	count(pool);
	if (--pool->references == 0) {
		wl_list_remove(&pool->instance_destroy.link);
		free(pool);
	}
}

static void handle_instance_destroy(struct wl_listener *listener, void *data) {
	struct pool *pool = wl_container_of(listener, pool, instance_destroy);
	pool->instance = NULL;
	wl_list_remove(&pool->instance_destroy.link);
	wl_list_init(&pool->instance_destroy.link);
}

struct pool *pool_create(struct instance *instance, int32_t untrusted_size) {
	struct pool *pool = xcalloc(1, sizeof(*pool));
	pool->instance = instance;
	pool->size = untrusted_size > 0 ? (uint64_t)untrusted_size : 0;
	pool->references = 1;
	pool->instance_destroy.notify = handle_instance_destroy;
	wl_signal_add(&instance->events.destroy, &pool->instance_destroy);
	return pool;
}

void pool_resize(struct pool *pool, int32_t untrusted_size) {
	if (untrusted_size > 0 && (uint64_t)untrusted_size > pool->size) {
		pool->size = (uint64_t)untrusted_size;
		count(pool);
	}
}

void pool_release(struct pool *pool) {
	if (pool != NULL) {
		unref(pool);
	}
}

struct picture *pool_add_picture(struct pool *pool, uint64_t bytes) {
	struct picture *picture = xcalloc(1, sizeof(*picture));
	picture->pool = pool;
	picture->bytes = bytes;
	pool->references++;
	pool->pictures += bytes;
	count(pool);
	return picture;
}

static void picture_destroy(struct picture *picture) {
	picture->pool->pictures -= picture->bytes;
	unref(picture->pool);
	free(picture);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct picture *picture = wl_container_of(listener, picture, destroy);
	wl_list_remove(&picture->destroy.link);
	picture_destroy(picture);
}

void picture_release(struct picture *picture, struct wl_resource *resource) {
	if (picture == NULL) {
		return;
	}
	struct wlr_buffer *buffer = wlr_buffer_try_from_resource(resource);
	bool is_kept = buffer != NULL && buffer->n_locks > 1;
	if (is_kept) {
		picture->destroy.notify = handle_destroy;
		wl_signal_add(&buffer->events.destroy, &picture->destroy);
	}
	if (buffer != NULL) {
		wlr_buffer_unlock(buffer);
	}
	if (!is_kept) {
		picture_destroy(picture);
	}
}
