#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/config/text.h"

static const char whole[] = "output * {\n"
							"	scale 1.5\n"
							"}\n"
							"output DP-1 {\n"
							"	disable\n"
							"	mode 2560x1440@59.94\n"
							"	position -1920 20\n"
							"	transform flipped-90\n"
							"}\n"
							"input keyboard {\n"
							"	xkb-rules evdev\n"
							"	xkb-model pc105\n"
							"	xkb-layout us,de\n"
							"	xkb-variant ,nodeadkeys\n"
							"	xkb-options ctrl:nocaps\n"
							"	repeat-rate 40\n"
							"	repeat-delay 200\n"
							"}\n"
							"input pointer {\n"
							"	tap on\n"
							"	natural-scroll off\n"
							"	left-handed on\n"
							"	middle-emulation off\n"
							"	disable-while-typing on\n"
							"	accel-profile flat\n"
							"	accel-speed -0.5\n"
							"	cursor-theme Adwaita\n"
							"	cursor-size 32\n"
							"}\n"
							"shell {\n"
							"	exec waybar\n"
							"	exec sh -c 'a b'\n"
							"	menu fuzzel --dmenu\n"
							"}\n"
							"clipboard {\n"
							"	limit 2M\n"
							"	expire 5\n"
							"	timeout 3\n"
							"	type a/a b/b\n"
							"	type c/c\n"
							"	deny vault *\n"
							"	ask work vault\n"
							"	allow vault work\n"
							"}\n"
							"layout {\n"
							"	main-ratio 0.6\n"
							"	main-count 2\n"
							"	gap 0\n"
							"	font Cantarell\n"
							"}\n"
							"bind Super+Return run work terminal\n"
							"instance work {\n"
							"	color #1775fd\n"
							"	backend bubblewrap\n"
							"	network nat\n"
							"	allow gpu pointer-lock\n"
							"	allow xdg-output\n"
							"	fullscreen cover\n"
							"	root /srv/root\n"
							"	files ~/a rw\n"
							"	files /b\n"
							"	persist .config .b/c\n"
							"	persist-file .d\n"
							"	app terminal foot -e sh\n"
							"	app mail thunderbird\n"
							"	env A=1 'B=b b'\n"
							"	env C=\n"
							"	start mail terminal\n"
							"	grace 7\n"
							"	limit clients 16\n"
							"	limit shared-memory 3G\n"
							"	memory 4G\n"
							"	pids 500\n"
							"	cpu-weight 50\n"
							"}\n"
							"instance vault {\n"
							"}\n";

static void check_screen(const struct config *config) {
	assert_int_equal(config->outputs_len, 2);
	const struct config_output *any = &config->outputs[0];
	assert_string_equal(any->name, "*");
	assert_true(any->enabled);
	assert_true(any->scale == 1.5);
	assert_false(any->has_mode);
	assert_false(any->has_position);
	assert_int_equal(any->line, 1);
	const struct config_output *output = &config->outputs[1];
	assert_false(output->enabled);
	assert_true(output->scale == 0);
	assert_int_equal(output->transform, 5);
	assert_true(output->has_mode);
	assert_int_equal(output->mode_width, 2560);
	assert_int_equal(output->mode_height, 1440);
	assert_true(output->mode_refresh > 59.939 && output->mode_refresh < 59.941);
	assert_true(output->has_position);
	assert_int_equal(output->x, -1920);
	assert_int_equal(output->y, 20);

	assert_true(config->main_ratio > 0.599 && config->main_ratio < 0.601);
	assert_int_equal(config->main_count, 2);
	assert_int_equal(config->gap, 0);
	assert_string_equal(config->font, "Cantarell");
}

static void check_input(const struct config *config) {
	const struct config_keyboard *keyboard = &config->keyboard;
	assert_string_equal(keyboard->rules, "evdev");
	assert_string_equal(keyboard->model, "pc105");
	assert_string_equal(keyboard->layout, "us,de");
	assert_string_equal(keyboard->variant, ",nodeadkeys");
	assert_string_equal(keyboard->options, "ctrl:nocaps");
	assert_int_equal(keyboard->repeat_rate, 40);
	assert_int_equal(keyboard->repeat_delay, 200);
	assert_int_equal(keyboard->line, 10);
	const struct config_pointer *pointer = &config->pointer;
	assert_int_equal(pointer->tap, CONFIG_ON);
	assert_int_equal(pointer->natural_scroll, CONFIG_OFF);
	assert_int_equal(pointer->left_handed, CONFIG_ON);
	assert_int_equal(pointer->middle_emulation, CONFIG_OFF);
	assert_int_equal(pointer->disable_while_typing, CONFIG_ON);
	assert_int_equal(pointer->accel_profile, CONFIG_ACCEL_FLAT);
	assert_true(pointer->accel_speed == -0.5);
	assert_string_equal(pointer->cursor_theme, "Adwaita");
	assert_int_equal(pointer->cursor_size, 32);
}

static void check_argv(const struct config_argv *argv, const char *first, const char *last, size_t len) {
	assert_int_equal(argv->len, len);
	assert_string_equal(argv->words[0], first);
	assert_string_equal(argv->words[len - 1], last);
	assert_null(argv->words[len]);
}

static void check_trusted(const struct config *config) {
	assert_int_equal(config->shell_exec_len, 2);
	check_argv(&config->shell_exec[0], "waybar", "waybar", 1);
	check_argv(&config->shell_exec[1], "sh", "a b", 3);
	check_argv(&config->shell_menu, "fuzzel", "--dmenu", 2);

	const struct config_clipboard *clipboard = &config->clipboard;
	assert_int_equal(clipboard->limit, 2 * 1024 * 1024);
	assert_int_equal(clipboard->expire, 5);
	assert_int_equal(clipboard->timeout, 3);
	assert_int_equal(clipboard->types_len, 3);
	assert_string_equal(clipboard->types[0], "a/a");
	assert_string_equal(clipboard->types[2], "c/c");
	static const struct config_pair pairs[] = {
		{ .action = CONFIG_PAIR_DENY, .source = (char *)"vault", .destination = (char *)"*", .line = 41 },
		{ .action = CONFIG_PAIR_ASK, .source = (char *)"work", .destination = (char *)"vault", .line = 42 },
		{ .action = CONFIG_PAIR_ALLOW, .source = (char *)"vault", .destination = (char *)"work", .line = 43 },
	};
	assert_int_equal(clipboard->pairs_len, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(clipboard->pairs[i].action, pairs[i].action);
		assert_string_equal(clipboard->pairs[i].source, pairs[i].source);
		assert_string_equal(clipboard->pairs[i].destination, pairs[i].destination);
		assert_int_equal(clipboard->pairs[i].line, pairs[i].line);
	}
}

static void check_instance(const struct config_instance *instance) {
	assert_string_equal(instance->name, "work");
	assert_int_equal(instance->line, 52);
	assert_int_equal(instance->color, 0x1775fd);
	assert_int_equal(instance->backend, BACKEND_BUBBLEWRAP);
	assert_int_equal(instance->network, NETWORK_NAT);
	assert_int_equal(instance->grants, GRANT_GPU | GRANT_POINTER_LOCK | GRANT_XDG_OUTPUT);
	assert_true(instance->fullscreen_cover);
	assert_string_equal(instance->root, "/srv/root");
	assert_int_equal(instance->grace, 7);
	assert_int_equal(instance->limits[LIMIT_CLIENTS], 16);
	assert_int_equal(instance->limits[LIMIT_OBJECTS], 65536);
	assert_int_equal(instance->limits[LIMIT_SHARED_MEMORY], UINT64_C(3) << 30);
	assert_int_equal(instance->memory, UINT64_C(4) << 30);
	assert_int_equal(instance->pids, 500);
	assert_int_equal(instance->cpu_weight, 50);

	assert_int_equal(instance->files_len, 2);
	assert_string_equal(instance->files[0].path, HOME "/a");
	assert_true(instance->files[0].writable);
	assert_string_equal(instance->files[1].path, "/b");
	assert_false(instance->files[1].writable);
	assert_int_equal(instance->persist_len, 3);
	assert_string_equal(instance->persist[1].path, ".b/c");
	assert_false(instance->persist[1].is_file);
	assert_string_equal(instance->persist[2].path, ".d");
	assert_true(instance->persist[2].is_file);

	assert_int_equal(instance->apps_len, 2);
	assert_string_equal(instance->apps[0].name, "terminal");
	assert_int_equal(instance->apps[0].line, 64);
	check_argv(&instance->apps[0].argv, "foot", "sh", 3);
	check_argv(instance->environment, "A=1", "C=", 3);
	assert_string_equal(instance->environment->words[1], "B=b b");
	assert_true(instance->autostart);
	assert_int_equal(instance->start_len, 2);
	assert_string_equal(instance->start[0], "mail");
	assert_string_equal(instance->start[1], "terminal");
}

static void test_whole(void **state) {
	struct config *config = text_parse(whole);
	check_screen(config);
	check_input(config);
	check_trusted(config);
	assert_int_equal(config->binds_len, 1);
	assert_int_equal(config->instances_len, 2);
	check_instance(&config->instances[0]);
	config_destroy(config);
}

/* What cofferdam-config(5) says of each directive that is left out. */
static void test_defaults(void **state) {
	struct config *config = text_parse("instance a\noutput *\n");
	assert_int_equal(config->outputs_len, 1);
	assert_true(config->outputs[0].enabled);
	assert_true(config->outputs[0].scale == 0);
	assert_int_equal(config->outputs[0].transform, 0);
	assert_string_equal(config->keyboard.rules, "");
	assert_string_equal(config->keyboard.model, "");
	assert_string_equal(config->keyboard.layout, "");
	assert_string_equal(config->keyboard.variant, "");
	assert_string_equal(config->keyboard.options, "");
	assert_int_equal(config->keyboard.repeat_rate, 25);
	assert_int_equal(config->keyboard.repeat_delay, 600);
	assert_int_equal(config->keyboard.line, 0);
	assert_int_equal(config->pointer.tap, CONFIG_DEFAULT);
	assert_int_equal(config->pointer.natural_scroll, CONFIG_DEFAULT);
	assert_int_equal(config->pointer.left_handed, CONFIG_DEFAULT);
	assert_int_equal(config->pointer.middle_emulation, CONFIG_DEFAULT);
	assert_int_equal(config->pointer.disable_while_typing, CONFIG_DEFAULT);
	assert_int_equal(config->pointer.accel_profile, CONFIG_ACCEL_DEFAULT);
	assert_true(config->pointer.accel_speed == 0);
	assert_string_equal(config->pointer.cursor_theme, "");
	assert_int_equal(config->pointer.cursor_size, 24);
	assert_int_equal(config->shell_exec_len, 0);
	assert_int_equal(config->shell_menu.len, 0);
	assert_int_equal(config->clipboard.limit, 16 * 1024 * 1024);
	assert_int_equal(config->clipboard.expire, 60);
	assert_int_equal(config->clipboard.timeout, 2);
	assert_int_equal(config->clipboard.types_len, 0);
	assert_int_equal(config->clipboard.pairs_len, 0);
	assert_true(config->main_ratio > 0.549 && config->main_ratio < 0.551);
	assert_int_equal(config->main_count, 1);
	assert_int_equal(config->gap, 8);
	assert_string_equal(config->font, "system-ui, Cantarell, sans-serif");
	assert_int_equal(config->binds_len, 0);
	const struct config_instance *instance = &config->instances[0];
	assert_int_equal(instance->backend, BACKEND_BUBBLEWRAP);
	assert_int_equal(instance->network, NETWORK_NONE);
	assert_int_equal(instance->grants, 0);
	assert_false(instance->fullscreen_cover);
	assert_string_equal(instance->root, "host");
	assert_int_equal(instance->environment->len, 0);
	assert_false(instance->autostart);
	assert_int_equal(instance->grace, 3);
	assert_int_equal(instance->limits[LIMIT_CLIENTS], 64);
	assert_int_equal(instance->limits[LIMIT_SURFACES], 4096);
	assert_int_equal(instance->limits[LIMIT_SUBSURFACES], 512);
	assert_int_equal(instance->limits[LIMIT_POOLS], 1024);
	assert_int_equal(instance->limits[LIMIT_BUFFERS], 4096);
	assert_int_equal(instance->limits[LIMIT_CALLBACKS], 16384);
	assert_int_equal(instance->limits[LIMIT_TYPES], 4096);
	assert_int_equal(instance->limits[LIMIT_WINDOWS], 256);
	assert_int_equal(instance->limits[LIMIT_POPUPS], 64);
	assert_int_equal(instance->limits[LIMIT_POPUP_DEPTH], 16);
	assert_int_equal(instance->limits[LIMIT_SHARED_MEMORY], UINT64_C(2) << 30);
	assert_int_equal(instance->limits[LIMIT_FEEDBACKS], 4096);
	assert_int_equal(instance->limits[LIMIT_DESCRIPTORS], 256);
	assert_int_equal(instance->limits[LIMIT_TOKENS], 32);
	assert_int_equal(instance->memory, CONFIG_MEMORY_AUTO);
	assert_int_equal(instance->pids, 4096);
	assert_int_equal(instance->cpu_weight, 100);
	assert_int_equal(instance->limits[LIMIT_OBJECTS], 65536);
	config_destroy(config);
}

static void test_find(void **state) {
	struct config *config = text_parse(whole);
	const struct config_instance *work = config_find_instance(config, "work");
	assert_ptr_equal(work, &config->instances[0]);
	assert_null(config_find_instance(config, "wor"));
	assert_null(config_find_instance(config, ""));
	assert_ptr_equal(config_find_app(work, "mail"), &work->apps[1]);
	assert_null(config_find_app(config_find_instance(config, "vault"), "mail"));
	assert_ptr_equal(config_find_output(config, "DP-1"), &config->outputs[1]);
	assert_ptr_equal(config_find_output(config, "DP-2"), &config->outputs[0]);
	config_destroy(config);

	config = text_parse("output DP-1\n");
	assert_null(config_find_output(config, "DP-2"));
	config_destroy(config);
	config_destroy(NULL);
}

static void test_names(void **state) {
	assert_string_equal(config_backend_name(BACKEND_BUBBLEWRAP), "bubblewrap");
	assert_string_equal(config_backend_name(BACKEND_PODMAN), "podman");
	assert_string_equal(config_backend_name(BACKEND_VM), "vm");
	assert_string_equal(config_network_name(NETWORK_NONE), "none");
	assert_string_equal(config_network_name(NETWORK_NAT), "nat");
	assert_string_equal(config_action_name(ACTION_MAIN_RATIO), "main-ratio");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
