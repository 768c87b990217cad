#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/palette.h"
#include "tests/config/text.h"

static void test_references(void **state) {
	static const struct text_case rows[] = {
		/* Names may stand before what they name. */
		{ "bind F1 run a t\nclipboard {\n\tdeny a b\n}\ninstance b\ninstance a {\n\tstart t\n\tapp t x\n}\n", 0, NULL },
		{ "bind F1 run a t\ninstance b\n", 1, "bind: expected the name of an instance of this file, not 'a'" },
		{ "bind F1 run a t\ninstance a\n", 1, "bind: expected the name of an app of instance a, not 't'" },
		{ "clipboard {\n\n\tdeny a b\n}\ninstance a\n", 3,
			"deny: expected the name of an instance of this file, not 'b'" },
		{ "bind F1 menu\nshell {\n\tmenu x\n}\n", 0, NULL },
		{ "shell {\n}\nbind F1 menu\n", 3,
			"bind: menu needs a chooser: expected `menu COMMAND...` in the shell block" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

/* Programs of one instance that another may replace would be that other's. */
static void test_roots(void **state) {
	static const struct text_case rows[] = {
		{ "instance a {\n\troot /srv/a\n}\ninstance b {\n\tfiles /srv/a\n\tfiles /srv/ab rw\n}\n", 0, NULL },
		{ "instance a {\n\troot /srv/a\n\tfiles /srv/a rw\n}\n", 0, NULL },
		{ "instance a {\n\troot /srv/a\n}\ninstance b {\n\tfiles /srv rw\n}\n", 4,
			"instance: b may write to '/srv', where the programs of a come from: expected ro, or another place" },
		{ "instance b {\n\tfiles ~/r/usr rw\n}\ninstance a {\n\troot closure ~/r\n}\n", 1,
			"instance: b may write to '/home/u/r/usr', where the programs of a come from: expected ro, or another place" },
		{ "instance a {\n\tkernel ~/k/vmlinuz /srv/m\n\tfiles ~/k\n}\ninstance b {\n\tfiles ~/k\n}\n", 0, NULL },
		{ "instance a {\n\tkernel ~/k/vmlinuz ~/m\n\tfiles ~/m rw\n}\n", 1,
			"instance: a may write to '/home/u/m', where the kernel and modules of a come from: expected ro, or another place" },
		{ "instance a {\n\tkernel ~/k/vmlinuz\n\tfiles ~/k/kernel/fs rw\n}\n", 1,
			"instance: a may write to '/home/u/k/kernel/fs', where the kernel and modules of a come from: expected ro, or "
			"another place" },
		{ "instance a {\n\tkernel ~/k/vmlinuz /srv/m\n\tfiles ~/k/kernel rw\n\tfiles ~/k/notes rw\n}\n", 0, NULL },
		{ "instance a {\n\tkernel ~/vmlinuz\n\tfiles ~/notes rw\n}\n", 0, NULL },
		{ "instance a {\n\tkernel ~/k/vmlinuz\n}\ninstance b {\n\tfiles ~/k rw\n}\n", 4,
			"instance: b may write to '/home/u/k', where the kernel and modules of a come from: expected ro, or another place" },
		{ "instance a {\n\tkernel /boot/k ~/m/6.1\n}\ninstance b {\n\tfiles ~/m/6.1/x rw\n}\n", 4,
			"instance: b may write to '/home/u/m/6.1/x', where the kernel and modules of a come from: expected ro, or "
			"another place" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

/* What a backend does not have, with the line that asks for it. */
static void test_backends(void **state) {
	static const struct text_case rows[] = {
		{ "instance a {\n\tbackend bubblewrap\n\tallow gpu\n\tmemory 64M\n}\n", 0, NULL },
		{ "instance a {\n\tbackend vm\n\tmemory 512M\n}\ninstance b {\n\tmemory none\n\tbackend vm\n}\n", 0, NULL },
		{ "instance a {\n\tallow pointer-lock\n\tallow xdg-output gpu\n\tbackend vm\n}\n", 3,
			"allow: the guest of backend vm has no GPU: expected no gpu, or another backend" },
		{ "\ninstance a {\n\tbackend vm\n\tmemory 511M\n}\n", 2,
			"instance: a has backend vm, and less memory than a guest needs: expected memory 512M, or more" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

static void test_colors(void **state) {
	static const struct text_case rows[] = {
		{ "instance a {\n\tcolor #112233\n}\ninstance b {\n\tcolor #112234\n}\n", 0, NULL },
		{ "instance a {\n\tcolor #112233\n}\ninstance b {\n\tcolor #112233\n}\n", 4,
			"instance: b has the colour of a: expected one of its own" },
		{ "instance a {\n\tcolor #aabbcc\n}\ninstance b {\n\tcolor #AABBCC\n}\n", 4,
			"instance: b has the colour of a: expected one of its own" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

static void test_palette(void **state) {
	struct config *config = text_parse(
		"instance a\ninstance b {\n\tcolor #000000\n}\ninstance c\ninstance d {\n\tcolor #1775fd\n}\n");
	/* Those of the file are out of reach first, then each takes what differs most. */
	uint32_t taken[4] = { 0x000000, 0x1775fd };
	taken[2] = palette_pick(taken, 2);
	taken[3] = palette_pick(taken, 3);
	assert_int_equal(config->instances[0].color, taken[2]);
	assert_int_equal(config->instances[1].color, 0x000000);
	assert_int_equal(config->instances[2].color, taken[3]);
	assert_int_equal(config->instances[3].color, 0x1775fd);
	config_destroy(config);

	/* An instance more at the end changes no colour before it; the palette's twelve are all used first. */
	char text[512] = "";
	uint32_t before[PALETTE_LEN + 1];
	for (size_t len = 1; len <= PALETTE_LEN + 1; len++) {
		strcat(text, "instance ");
		strncat(text, &"abcdefghijklmnop"[len], 1);
		strcat(text, "\n");
		config = text_parse(text);
		assert_int_equal(config->instances_len, len);
		for (size_t i = 0; i < len; i++) {
			if (i < len - 1) {
				assert_int_equal(config->instances[i].color, before[i]);
			}
			for (size_t k = 0; k < i && i < PALETTE_LEN; k++) {
				assert_int_not_equal(config->instances[i].color, config->instances[k].color);
			}
			before[i] = config->instances[i].color;
		}
		config_destroy(config);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_colors),
		cmocka_unit_test(test_palette),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
