#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <wayland-server-protocol.h>

#include "compositor/bite.h"
#include "compositor/fairness.h"

/*
 * Clients on the wire of two instances, and a clock that goes by what is handled: nothing here depends on how fast the
 * machine is. What is counted are the requests of each that were handled.
 */

#define SYNC_WORDS 3
#define SYNC_BYTES 12
#define PIECE 300 /* syncs sent at once */
#define TURN_NS 1000
#define CLIENTS 50
#define BEGINNING 500 /* turns */

struct party {
	struct instance *instance;
	int fd;
	struct wl_client *client;
	uint32_t sent;
	size_t handled;
};

struct world {
	struct wl_display *display;
	struct fairness *fairness;
	struct wl_protocol_logger *logger;
	struct instance attacker, editor, shell;
	struct party floods[CLIENTS], victim, panel;
	size_t floods_len;
	int64_t time; /* ns */
	int64_t cost; /* of one request of the floods, in ns */
	int64_t spent; /* on requests of the floods */
};

static int64_t get_time(void *data) {
	const struct world *world = data;
	return world->time;
}

static const int64_t SYNC_COST = 1000;

static void handle_message(void *data, enum wl_protocol_logger_type type,
		const struct wl_protocol_logger_message *message) {
	struct world *world = data;
	if (type != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	struct wl_client *client = wl_resource_get_client(message->resource);
	for (size_t i = 0; i < world->floods_len; i++) {
		if (world->floods[i].client == client) {
			world->floods[i].handled++;
			world->time += world->cost;
			world->spent += world->cost;
			return;
		}
	}
	world->time += SYNC_COST;
	(client == world->victim.client ? &world->victim : &world->panel)->handled++;
}

static void join(struct world *world, struct party *party, struct instance *instance) {
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	*party = (struct party){.instance = instance, .fd = fds[0]};
	party->client = wl_client_create(world->display, fds[1]);
	assert_non_null(party->client);
	fairness_add_client(world->fairness, instance, party->client);
}

static void add_floods(struct world *world, size_t count) {
	while (world->floods_len < count) {
		join(world, &world->floods[world->floods_len], &world->attacker);
		world->floods_len++;
	}
}

static int set_up(void **state) {
	static struct world world;
	world = (struct world){.display = wl_display_create(), .time = 1000000000, .cost = 20000};
	const struct fairness_clocks clocks = {.time = get_time, .processor = get_time, .data = &world};
	world.fairness = fairness_create(world.display, &clocks);
	world.logger = wl_display_add_protocol_logger(world.display, handle_message, &world);
	struct instance *instances[] = {&world.attacker, &world.editor, &world.shell};
	for (size_t i = 0; i < 3; i++) {
		wl_signal_init(&instances[i]->events.destroy);
	}
	strcpy(world.attacker.name, "attacker");
	world.shell.shell = true;
	join(&world, &world.victim, &world.editor);
	join(&world, &world.panel, &world.shell);
	*state = &world;
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	wl_display_destroy_clients(world->display);
	for (size_t i = 0; i < world->floods_len; i++) {
		close(world->floods[i].fd);
	}
	close(world->victim.fd);
	close(world->panel.fd);
	fairness_destroy(world->fairness);
	wl_protocol_logger_destroy(world->logger);
	wl_display_destroy(world->display);
	return 0;
}

/* So many wl_display.sync, as far as the socket takes them. */
static void send_syncs(struct party *party, size_t count) {
	uint32_t words[PIECE * SYNC_WORDS];
	for (size_t i = 0; i < count; i++) {
		words[i * SYNC_WORDS] = 1;
		words[i * SYNC_WORDS + 1] = SYNC_BYTES << 16;
		words[i * SYNC_WORDS + 2] = 2 + party->sent + (uint32_t)i;
	}
	if (write(party->fd, words, count * SYNC_BYTES) == (ssize_t)(count * SYNC_BYTES)) {
		party->sent += (uint32_t)count;
	}
}

static void read_answers(struct party *party) {
	char bytes[65536];
	while (read(party->fd, bytes, sizeof(bytes)) > 0) {
	}
}

/* A turn of the loop that does not wait. */
static void turn(struct world *world) {
	wl_display_flush_clients(world->display);
	fairness_turn(world->fairness);
	wl_event_loop_dispatch(wl_display_get_event_loop(world->display), 0);
	fairness_charge_nobody(world->fairness);
	world->time += TURN_NS;
	for (size_t i = 0; i < world->floods_len; i++) {
		read_answers(&world->floods[i]);
	}
	read_answers(&world->victim);
	read_answers(&world->panel);
}

static void keep_full(struct world *world) {
	for (size_t i = 0; i < world->floods_len; i++) {
		struct party *flood = &world->floods[i];
		if (flood->sent - flood->handled < PIECE) {
			send_syncs(flood, PIECE);
		}
	}
}

static size_t handled(const struct world *world) {
	size_t sum = 0;
	for (size_t i = 0; i < world->floods_len; i++) {
		sum += world->floods[i].handled;
	}
	return sum;
}

/* Until the floods have used up what they had saved, and it is known what their requests cost. */
static void begin(struct world *world) {
	for (int i = 0; i < BEGINNING; i++) {
		keep_full(world);
		send_syncs(&world->victim, 1);
		turn(world);
	}
	turn(world);
	assert_int_equal(world->victim.handled, BEGINNING);
}

/* What the floods took between two of the victim's requests, at most. */
static int64_t longest_wait(struct world *world, int turns) {
	int64_t longest = 0;
	for (int i = 0; i < turns; i++) {
		keep_full(world);
		size_t before = world->victim.handled;
		int64_t spent = world->spent;
		send_syncs(&world->victim, 1);
		turn(world);
		assert_int_equal(world->victim.handled, before + 1); /* it is served in each turn */
		longest = world->spent - spent > longest ? world->spent - spent : longest;
	}
	return longest;
}

static void test_one_flood(void **state) {
	struct world *world = *state;
	add_floods(world, 1);
	begin(world);
	assert_true(longest_wait(world, 2000) <= BITE_NS + world->cost);
	assert_true(handled(world) > 100); /* it is not shut out */
}

static void test_fifty_connections(void **state) {
	struct world *world = *state;
	add_floods(world, CLIENTS);
	begin(world);
	assert_true(longest_wait(world, 2000) <= BITE_NS + world->cost);
	for (size_t i = 0; i < CLIENTS; i++) {
		assert_true(world->floods[i].handled > 0);
	}
}

/* All overdrawn instances have a third of the time, together with how it began and by how far they were in debt. */
static void test_share(void **state) {
	struct world *world = *state;
	add_floods(world, 3);
	begin(world);
	int64_t time = world->time, spent = world->spent;
	longest_wait(world, 20000);
	int64_t percent = (world->spent - spent) * 100 / (world->time - time);
	assert_true(percent >= 20 && percent <= 36);
}

/* Nobody else is there: it has nearly all, and at no time more than a bite in a turn, since a key may be pressed. */
static void test_alone(void **state) {
	struct world *world = *state;
	add_floods(world, 2);
	for (int i = 0; i < 1000; i++) {
		keep_full(world);
		turn(world);
	}
	int64_t time = world->time, before = world->spent;
	for (int i = 0; i < 10000; i++) {
		keep_full(world);
		int64_t spent = world->spent;
		turn(world);
		assert_true(world->spent - spent <= 2 * BITE_NS + world->cost);
	}
	int64_t percent = (world->spent - before) * 100 / (world->time - time);
	assert_true(percent >= 60 && percent <= 90);
	assert_true(world->floods[0].handled * 2 > world->floods[1].handled);
	assert_true(world->floods[1].handled * 2 > world->floods[0].handled);
}

/* Before anything is known of it, and while it has something saved: fifty connections take no more in a turn than one. */
static void test_first_turns(void **state) {
	struct world *world = *state;
	add_floods(world, CLIENTS);
	for (int i = 0; i < 20; i++) {
		keep_full(world);
		int64_t spent = world->spent;
		turn(world);
		assert_true(world->spent - spent <= (BITE_FIRST / SYNC_BYTES + 1) * world->cost);
	}
}

/* None of the connections of one instance is left out, also while it is not held back. */
static void test_turns(void **state) {
	struct world *world = *state;
	add_floods(world, 20);
	world->cost = 500;
	for (int i = 0; i < 200; i++) {
		keep_full(world);
		turn(world);
		world->time += 1000000; /* others have the processor: it never overdraws */
	}
	for (size_t i = 0; i < 20; i++) {
		assert_true(world->floods[i].handled * 100 > handled(world));
	}
}

/* ---- painting ---- */

static void handle_commit(struct wl_client *client, struct wl_resource *resource) {
}

static const struct wl_surface_interface surface_implementation = {.commit = handle_commit};

/* The wire's words of a commit of a surface that the server has made for it. */
static void commit(struct party *party, struct wl_resource *surface) {
	const uint32_t words[2] = {wl_resource_get_id(surface), 8 << 16 | 6};
	assert_int_equal(write(party->fd, words, sizeof(words)), sizeof(words));
}

static void begin_picture(struct world *world) {
	fairness_begin_slice(world->fairness);
	fairness_begin_picture(world->fairness);
	fairness_add_painted(world->fairness, world->floods[0].client, 900);
	fairness_add_painted(world->fairness, world->victim.client, 50);
	fairness_add_painted(world->fairness, world->floods[0].client, 50);
	fairness_end_slice(world->fairness);
}

static void paint_slice(struct world *world, int64_t ns) {
	fairness_begin_slice(world->fairness);
	world->time += ns;
	fairness_end_slice(world->fairness);
}

static void paint(struct world *world, int64_t ns) {
	begin_picture(world);
	paint_slice(world, ns);
}

/* Is what each of them asks handled in the next two turns? */
static void check_served(struct world *world, bool flood, bool victim) {
	size_t before[] = {world->floods[0].handled, world->victim.handled};
	send_syncs(&world->floods[0], 1);
	send_syncs(&world->victim, 1);
	turn(world);
	turn(world);
	assert_int_equal(world->floods[0].handled - before[0], flood);
	assert_int_equal(world->victim.handled - before[1], victim);
}

/* Who has changed the picture pays for it, by how much of it is theirs, and is served again when it is paid. */
static void test_painting(void **state) {
	struct world *world = *state;
	add_floods(world, 1);
	world->cost = SYNC_COST;
	struct party *parties[] = {&world->floods[0], &world->victim};
	struct wl_resource *surfaces[2];
	for (size_t i = 0; i < 2; i++) {
		surfaces[i] = wl_resource_create(parties[i]->client, &wl_surface_interface, 4, 0);
		wl_resource_set_implementation(surfaces[i], &surface_implementation, NULL, NULL);
	}
	paint(world, 50000000); /* neither has changed anything */
	check_served(world, true, true);
	commit(parties[0], surfaces[0]);
	commit(parties[1], surfaces[1]);
	turn(world);
	paint(world, 50000000);
	check_served(world, false, true);
	world->time += 300000000;
	size_t before = world->floods[0].handled;
	turn(world);
	turn(world);
	assert_int_equal(world->floods[0].handled - before, 1);
	world->time += 300000000;
	turn(world);
	paint(world, 50000000); /* that was paid for */
	check_served(world, true, true);
}

/* A picture is paid by the slice, and what is committed between two slices is for the next one. */
static void test_slices(void **state) {
	struct world *world = *state;
	add_floods(world, 1);
	world->cost = SYNC_COST;
	struct wl_resource *surface = wl_resource_create(world->floods[0].client, &wl_surface_interface, 4, 0);
	wl_resource_set_implementation(surface, &surface_implementation, NULL, NULL);
	commit(&world->floods[0], surface);
	turn(world);
	begin_picture(world);
	paint_slice(world, 1000000);
	commit(&world->floods[0], surface);
	turn(world);
	check_served(world, true, true);
	paint_slice(world, 50000000);
	check_served(world, false, true);
	paint_slice(world, 50000000);
	world->time += 600000000;
	turn(world);
	turn(world);
	check_served(world, true, true);
	paint(world, 50000000);
	check_served(world, false, true);
}

/* The shell is trusted: it is not held back. */
static void test_shell(void **state) {
	struct world *world = *state;
	send_syncs(&world->panel, PIECE);
	turn(world);
	assert_int_equal(world->panel.handled, PIECE);
}

/* A few requests are handled at once, also where the instance never asked before. */
static void test_small(void **state) {
	struct world *world = *state;
	add_floods(world, 1);
	send_syncs(&world->floods[0], BITE_FIRST / SYNC_BYTES);
	turn(world);
	assert_int_equal(world->floods[0].handled, BITE_FIRST / SYNC_BYTES);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_flood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fifty_connections, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_share, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_first_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_painting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shell, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_small, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
