#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "answers.h"

/* ---- what the supervisor answers ---- */

#define MESSAGE(...) (&(struct control_message){ __VA_ARGS__ })
#define INSTANCE(...) MESSAGE(.instance = { __VA_ARGS__ })

void say_end(struct fake *fake) {
	fake_answer(fake, CONTROL_END, NULL);
}

void say_line(struct fake *fake) {
	fake_answer(fake, CONTROL_LINE, MESSAGE(.line = { "work: started" }));
	say_end(fake);
}

void say_path(struct fake *fake) {
	fake_answer(fake, CONTROL_LINE, MESSAGE(.line = { "/run/u/cofferdam/instances/work/wayland-0" }));
	say_end(fake);
}

void say_relative_path(struct fake *fake) {
	fake_answer(fake, CONTROL_LINE, MESSAGE(.line = { "wayland-0" }));
	say_end(fake);
}

void say_two_paths(struct fake *fake) {
	fake_answer(fake, CONTROL_LINE, MESSAGE(.line = { "/a" }));
	fake_answer(fake, CONTROL_LINE, MESSAGE(.line = { "/b" }));
	say_end(fake);
}

void say_unknown(struct fake *fake) {
	fake_answer(fake, CONTROL_ERROR,
		MESSAGE(.error = { EXIT_CODE_UNKNOWN, "there is no instance bank: coffer ps lists them" }));
}

void say_config_errors(struct fake *fake) {
	fake_answer(fake, CONTROL_LINE, MESSAGE(.line = { "/home/me/config:3: expected a number, not '\u202e'" }));
	fake_answer(fake, CONTROL_LINE, MESSAGE(.line = { "/home/me/config:9: expected a name" }));
	fake_answer(fake, CONTROL_ERROR,
		MESSAGE(.error = { EXIT_CODE_CONFIG, "the config has 2 errors: coffer check lists them" }));
}

/* control_decode() lets it pass, a terminal would not. */
void say_error_with_override(struct fake *fake) {
	fake_answer(fake, CONTROL_ERROR, MESSAGE(.error = { EXIT_CODE_FAILED, "a\u202eb" }));
}

void say_instances(struct fake *fake) {
	fake_answer(fake, CONTROL_INSTANCE,
		INSTANCE(.name = "work", .state = "running", .backend = "bubblewrap", .network = "nat", .color = 0x1775fd,
			.pids = 12, .memory = 214000000, .windows = 3, .clients = 4, .met = "surfaces, memory"));
	fake_answer(fake, CONTROL_INSTANCE,
		INSTANCE(.name = "bank", .state = "failed", .backend = "bubblewrap", .network = "none", .color = 0x00000a,
			.reason = "bwrap: \"no\" such \\ file"));
	fake_answer(fake, CONTROL_INSTANCE,
		INSTANCE(.name = "a-long-name", .state = "running", .frozen = 1, .backend = "vm", .network = "none", .pids = 1,
			.memory = 999));
	say_end(fake);
}

#define LIMITS(...) MESSAGE(.limits = { __VA_ARGS__ })

void say_limits(struct fake *fake) {
	fake_answer(fake, CONTROL_LIMITS_OF,
		LIMITS(.name = "work", .used = { 3, 3277, 0, 0, 0, 0, 0, 512000000, 4000, 0, 0, 0, 0, 0, 12 },
			.most = { 4, 4096, 0, 0, 0, 0, 0, 1000000000, 4000, 0, 0, 0, 32, 0, 100 },
			.limit = { 64, 4096, 512, 256, 64, 16, 1024, 2147483648, 4096, 16384, 4096, 256, 32, 4096, 65536 },
			.met = { 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }));
	fake_answer(fake, CONTROL_SANDBOX,
		MESSAGE(.sandbox = { .name = "work",
					.how = "systemd",
					.used = { 500000000, 20 },
					.most = { 900000000, 21 },
					.limit = { 1000000000, UINT64_MAX },
					.met = { 1, 0 },
					.cpu_weight = 100 }));
	say_end(fake);
}

void say_limits_of_two(struct fake *fake) {
	fake_answer(fake, CONTROL_LIMITS_OF, LIMITS(.name = "work", .used = { 3 }, .most = { 4 }, .limit = { 64, 9 }));
	fake_answer(fake, CONTROL_LIMITS_OF, LIMITS(.name = "bank", .met = { 0, 1 }, .limit = { 64, 9 }));
	fake_answer(fake, CONTROL_SANDBOX,
		MESSAGE(.sandbox = { .name = "work",
					.why = "there is no cgroup v2 on this machine",
					.used = { 5000, 2 },
					.limit = { UINT64_MAX, UINT64_MAX } }));
	fake_answer(fake, CONTROL_SANDBOX,
		MESSAGE(.sandbox = { .name = "bank", .how = "cgroup", .limit = { 1000, 100 }, .cpu_weight = 100 }));
	say_end(fake);
}

void say_limits_twice(struct fake *fake) {
	fake_answer(fake, CONTROL_LIMITS_OF, LIMITS(.name = "work"));
	fake_answer(fake, CONTROL_LIMITS_OF, LIMITS(.name = "work"));
	say_end(fake);
}

void say_window(struct fake *fake) {
	fake_answer(fake, CONTROL_WINDOW,
		MESSAGE(.window = {
					.id = 7,
					.name = "work",
					.title = "Größe \"x\" \u202e",
					.app_id = "foot",
					.output = "HEADLESS-1",
					.workspace = 2,
					.x = (uint32_t)-5,
					.y = 28,
					.width = 640,
					.height = 480,
					.content_x = (uint32_t)-2,
					.content_y = 55,
					.content_width = 634,
					.content_height = 450,
					.flags = WINDOW_FOCUSED | WINDOW_FLOATING | WINDOW_VISIBLE,
				}));
	fake_answer(fake, CONTROL_WINDOW, MESSAGE(.window = { .id = 8, .workspace = 1 }));
	say_end(fake);
}

void say_held(struct fake *fake) {
	fake_answer(fake, CONTROL_CLIPBOARD,
		MESSAGE(.clipboard = { .held = 1,
					.name = "work",
					.types = "text/plain;charset=utf-8 image/png",
					.size = 2140,
					.seconds = 42 }));
	say_end(fake);
}

void say_held_for_ever(struct fake *fake) {
	fake_answer(
		fake, CONTROL_CLIPBOARD, MESSAGE(.clipboard = { .held = 1, .name = "work", .types = "image/png", .size = 1 }));
	say_end(fake);
}

void say_nothing_held(struct fake *fake) {
	fake_answer(fake, CONTROL_CLIPBOARD, NULL);
	say_end(fake);
}

void say_twice_held(struct fake *fake) {
	fake_answer(fake, CONTROL_CLIPBOARD, NULL);
	say_held(fake);
}

/* ---- what it should not answer ---- */

void say_wrong_type(struct fake *fake) {
	fake_answer(fake, CONTROL_CLIPBOARD, NULL);
	say_end(fake);
}

/* What came before is not shown either: half a list is no list. */
void say_instance_then_garbage(struct fake *fake) {
	fake_answer(fake, CONTROL_INSTANCE, INSTANCE(.name = "work", .state = "running", .backend = "bubblewrap"));
	fake_answer_raw(fake, "\xff\xff\xff\xff", 4);
}

void say_request(struct fake *fake) {
	static const uint32_t type = CONTROL_PS;
	fake_answer_raw(fake, &type, sizeof(type));
}

void say_too_much(struct fake *fake) {
	static const uint32_t packet[] = { CONTROL_END, 0 };
	fake_answer_raw(fake, packet, sizeof(packet));
}

void say_too_little(struct fake *fake) {
	fake_answer_raw(fake, "\x01", 1);
}

/* An error whose code means success: 0 is out of range. */
void say_error_of_code_0(struct fake *fake) {
	static const struct {
		uint32_t type, code, length;
		char text[4];
	} packet = { CONTROL_ERROR, 0, 4, { 'o', 'k', 'a', 'y' } };
	fake_answer_raw(fake, &packet, sizeof(packet));
}

void say_control_character(struct fake *fake) {
	static const struct {
		uint32_t type, length;
		char text[4];
	} packet = { CONTROL_LINE, 4, { '/', 0x1b, '[', 'A' } };
	fake_answer_raw(fake, &packet, sizeof(packet));
	say_end(fake);
}
