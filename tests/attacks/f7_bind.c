/*
 * F7. A client binds what it was not offered, by guessing names: virtual devices, capture, window lists, layer
 * shell, lock, output management, another instance's seat. None is in its registry; each guess is a protocol error,
 * and its text is the same as for a name that was never used, so that not even existence is learned.
 */

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ext-data-control-v1-client-protocol.h"
#include "tests/attacks/stage.h"
#include "tests/protocol/lib/capture.h"
#include "tests/protocol/lib/toplevels.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"

#define NEVER_USED 4000000

/* Design, section 5: what every instance gets. */
static const char *const for_everyone[] = {
	"wl_compositor",
	"wl_subcompositor",
	"wl_shm",
	"wl_seat",
	"wl_output",
	"wl_data_device_manager",
	"zwp_primary_selection_device_manager_v1",
	"xdg_wm_base",
	"zxdg_decoration_manager_v1",
	"wp_viewporter",
	"wp_fractional_scale_manager_v1",
	"wp_single_pixel_buffer_manager_v1",
	"wp_presentation",
	"wp_alpha_modifier_v1",
	"wp_content_type_manager_v1",
	"wl_fixes",
	"wp_cursor_shape_manager_v1",
	"zwp_text_input_manager_v3",
	"xdg_activation_v1",
	"xdg_wm_dialog_v1",
	"xdg_toplevel_tag_manager_v1",
	"xdg_system_bell_v1",
	"zwp_pointer_gestures_v1",
};

/* What the shell's registry must hold for the programs that a session needs; an instance sees none of it. */
static const char *const for_the_shell[] = {
	"zwlr_layer_shell_v1",
	"zwlr_foreign_toplevel_manager_v1",
	"ext_foreign_toplevel_list_v1",
	"zwlr_screencopy_manager_v1",
	"ext_image_copy_capture_manager_v1",
	"ext_output_image_capture_source_manager_v1",
	"zwp_virtual_keyboard_manager_v1",
	"zwlr_virtual_pointer_manager_v1",
	"ext_data_control_manager_v1",
};

/* What is nobody's, or somebody's only by a word in the config. */
static const char *const for_nobody[] = {
	"ext_session_lock_manager_v1",
	"zwlr_output_manager_v1",
	"zwlr_output_power_manager_v1",
	"zwlr_gamma_control_manager_v1",
	"ext_idle_notifier_v1",
	"ext_workspace_manager_v1",
	"zwlr_data_control_manager_v1",
	"zwlr_export_dmabuf_manager_v1",
	"wp_drm_lease_device_v1",
	"ext_transient_seat_manager_v1",
	"wp_security_context_manager_v1",
	"zxdg_exporter_v1",
	"zxdg_importer_v1",
	"zxdg_exporter_v2",
	"zxdg_importer_v2",
	"zwp_input_method_manager_v2",
	"zwp_linux_dmabuf_v1",
	"wp_linux_drm_syncobj_manager_v1",
	"zwp_pointer_constraints_v1",
	"zwp_relative_pointer_manager_v1",
	"zwp_keyboard_shortcuts_inhibit_manager_v1",
	"zwp_tablet_manager_v2",
	"zxdg_output_manager_v1",
	"zwp_idle_inhibit_manager_v1",
	"wp_tearing_control_manager_v1",
	"wp_color_manager_v1",
	"xdg_toplevel_icon_manager_v1",
	"org_kde_kwin_server_decoration_manager",
	"wl_drm",
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void registry(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct client *client = stage->attacker.client;
	for (size_t i = 0; i < LEN(for_everyone); i++) {
		CHECK_INT(client_count(client, for_everyone[i]), 1, "an instance's registry, %s", for_everyone[i]);
	}
	const struct client_global *global;
	wl_list_for_each(global, &client->globals, link) {
		bool known = false;
		for (size_t i = 0; i < LEN(for_everyone); i++) {
			known |= strcmp(global->interface, for_everyone[i]) == 0;
		}
		CHECK(known, "an instance's registry has %s in it", global->interface);
	}
	for (size_t i = 0; i < LEN(for_the_shell); i++) {
		CHECK(client_find(session_shell(stage->session), for_the_shell[i]) != NULL, "the shell has no %s",
			for_the_shell[i]);
	}
}

static void own_seat_only(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	uint32_t names[] = {
		client_find(stage->attacker.client, "wl_seat")->name,
		client_find(stage->victim.client, "wl_seat")->name,
		client_find(stage->third.client, "wl_seat")->name,
		client_find(session_shell(stage->session), "wl_seat")->name,
	};
	for (size_t i = 0; i < LEN(names); i++) {
		for (size_t j = 0; j < i; j++) {
			CHECK(names[i] != names[j], "two have one seat in common");
		}
	}
}

/* The error that a new connection of the attacker's gets for this bind, without the numbers in its text. */
static struct client_error try_bind(struct stage *stage, uint32_t name, const char *interface, uint32_t version) {
	struct test *test = stage->test;
	struct client *client = session_connect(stage->session, "attacker");
	client_bind_name(client, name, interface, version);
	CHECK(!client_try_roundtrip(client), "%s can be bound by the name %u", interface, name);
	CHECK_INT(client->error.system, EPROTO, "binding %s by the name %u ends without a protocol error", interface, name);
	struct client_error error = client->error;
	client_destroy(client);
	size_t len = 0;
	for (const char *c = error.message; *c != '\0'; c++) {
		if (!isdigit((unsigned char)*c)) {
			error.message[len++] = *c;
		}
	}
	error.message[len] = '\0';
	return error;
}

/* A hidden name and one that was never used must be told apart by nothing. */
static void check_alike(struct stage *stage, uint32_t hidden, const char *interface, uint32_t version) {
	struct test *test = stage->test;
	struct client_error error = try_bind(stage, hidden, interface, version);
	struct client_error unused = try_bind(stage, NEVER_USED, interface, version);
	CHECK_TEXT(error.interface, unused.interface, "%s by the name %u blames another object", interface, hidden);
	CHECK_INT(error.object, unused.object, "%s by the name %u blames another object", interface, hidden);
	CHECK_INT(error.code, unused.code, "%s by the name %u has another code", interface, hidden);
	CHECK_TEXT(error.message, unused.message, "%s by the name %u has another text", interface, hidden);
}

/* With the true names, which the shell's registry tells this test; the attacker would have to try them all. */
static void hidden_globals(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	const struct client_global *global;
	size_t tried = 0;
	wl_list_for_each(global, &session_shell(stage->session)->globals, link) {
		const struct client_global *own = client_find(stage->attacker.client, global->interface);
		if (own != NULL && own->name == global->name) {
			continue;
		}
		check_alike(stage, global->name, global->interface, 1);
		/* What a wrong interface or version would tell of a global that is known. */
		check_alike(stage, global->name, "no_such_interface", 1);
		check_alike(stage, global->name, global->interface, 99);
		tried++;
	}
	CHECK(tried >= LEN(for_the_shell), "only %zu globals of the shell are hidden", tried);
}

static void other_seats(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	check_alike(stage, client_find(stage->victim.client, "wl_seat")->name, "wl_seat", 1);
	check_alike(stage, client_find(stage->third.client, "wl_seat")->name, "wl_seat", 1);
	check_alike(stage, client_find(session_shell(stage->session), "wl_seat")->name, "wl_seat", 1);
	/* The victim has noticed nothing. */
	client_roundtrip(stage->victim.client);
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	seat_forget(stage->victim.seat);
	virtual_keyboard_type(stage->keyboard, "still here");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "still here", "the victim's seat works");
}

static void denied_interfaces(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	const struct client_global *output = client_find(stage->attacker.client, "wl_output");
	for (size_t i = 0; i < LEN(for_nobody); i++) {
		CHECK(client_find(stage->attacker.client, for_nobody[i]) == NULL, "%s is offered", for_nobody[i]);
		/* By a name of its own that means something else, and by one that means nothing. */
		try_bind(stage, output->name, for_nobody[i], 1);
		try_bind(stage, NEVER_USED, for_nobody[i], 1);
	}
}

static void every_small_number(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	for (uint32_t name = 0; name < 160; name++) {
		bool is_own = false;
		const struct client_global *global;
		wl_list_for_each(global, &stage->attacker.client->globals, link) {
			is_own |= global->name == name;
		}
		if (!is_own) {
			check_alike(stage, name, "wl_seat", 1);
		}
	}
}

/*
 * ---- what an ordinary client does with such an interface where it has it: on an instance's socket there is none, and
 * each of these ends there ----
 */

/* Victim at the left, with the focus, attacker at the right; NULL where the attacker has no such interface. */
static struct stage *set_up_with(struct test *test, const char *interface) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
	if (client_find(stage->attacker.client, interface) != NULL) {
		return stage;
	}
	if (!stage_is_ours(stage)) {
		test_absent(test, "no %s", interface);
	}
	return NULL;
}

static void takes_a_picture(struct test *test) {
	struct stage *stage = set_up_with(test, "zwlr_screencopy_manager_v1");
	if (stage == NULL) {
		return;
	}
	struct picture *picture = capture(stage->attacker.client);
	const struct box all = { 0, 0, picture->width, picture->height };
	CHECK_INT(picture_count(picture, &all, VICTIM_CONTENT), 0, "it takes a picture, with the victim's window in it");
}

static void types_into_the_victim(struct test *test) {
	struct stage *stage = set_up_with(test, "zwp_virtual_keyboard_manager_v1");
	if (stage == NULL) {
		return;
	}
	seat_forget(stage->victim.seat);
	virtual_keyboard_type(virtual_keyboard_create(stage->attacker.client), "rm");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->victim.seat), "", "it types into the victim");
}

static void reads_titles(struct test *test) {
	struct stage *stage = set_up_with(test, "ext_foreign_toplevel_list_v1");
	if (stage == NULL) {
		return;
	}
	xdg_toplevel_set_title(stage->victim.window->toplevel, "letter to the doctor");
	test_settle(test);
	struct toplevels *toplevels = toplevels_create(stage->attacker.client);
	for (size_t i = 0; i < toplevels->len; i++) {
		CHECK(toplevels->all[i]->title == NULL || strcmp(toplevels->all[i]->title, "letter to the doctor") != 0,
			"it reads the titles of the victim's windows");
	}
}

static void handle_data_offer(
	void *data, struct ext_data_control_device_v1 *device, struct ext_data_control_offer_v1 *offer) {
}

static void handle_selection(
	void *data, struct ext_data_control_device_v1 *device, struct ext_data_control_offer_v1 *offer) {
	struct ext_data_control_offer_v1 **selection = data;
	*selection = offer;
}

static void handle_finished(void *data, struct ext_data_control_device_v1 *device) {
}

static void handle_primary(
	void *data, struct ext_data_control_device_v1 *device, struct ext_data_control_offer_v1 *offer) {
}

static const struct ext_data_control_device_v1_listener data_control_listener = {
	.data_offer = handle_data_offer,
	.selection = handle_selection,
	.finished = handle_finished,
	.primary_selection = handle_primary,
};

static void reads_the_clipboard(struct test *test) {
	struct stage *stage = set_up_with(test, "ext_data_control_manager_v1");
	if (stage == NULL) {
		return;
	}
	struct ext_data_control_offer_v1 *selection = NULL;
	struct ext_data_control_manager_v1 *manager =
		client_bind(stage->attacker.client, &ext_data_control_manager_v1_interface, 1);
	ext_data_control_device_v1_add_listener(
		ext_data_control_manager_v1_get_data_device(manager, stage->attacker.seat->wl_seat), &data_control_listener,
		&selection);
	struct source *source = party_copy(&stage->victim, "the victim's secret");
	test_settle(test);
	if (selection != NULL) {
		int fds[2];
		NEED(pipe(fds) == 0, "no pipe");
		ext_data_control_offer_v1_receive(selection, "text/plain;charset=utf-8", fds[1]);
		close(fds[1]);
		test_settle(test);
	}
	CHECK_INT(source->asked, 0, "without the focus it reads what the victim copies");
}

static void handle_layer_configure(
	void *data, struct zwlr_layer_surface_v1 *layer, uint32_t serial, uint32_t width, uint32_t height) {
	bool *is_configured = data;
	zwlr_layer_surface_v1_ack_configure(layer, serial);
	*is_configured = true;
}

static void handle_layer_closed(void *data, struct zwlr_layer_surface_v1 *layer) {
}

static const struct zwlr_layer_surface_v1_listener layer_listener = {
	.configure = handle_layer_configure,
	.closed = handle_layer_closed,
};

/* As a lock screen or a launcher does: above all, and with the keyboard. */
static void covers_the_screen(struct test *test) {
	struct stage *stage = set_up_with(test, "zwlr_layer_shell_v1");
	if (stage == NULL) {
		return;
	}
	struct client *client = stage->attacker.client;
	struct zwlr_layer_shell_v1 *shell = client_bind(client, &zwlr_layer_shell_v1_interface, 1);
	struct wl_surface *surface = wl_compositor_create_surface(client_compositor(client));
	struct zwlr_layer_surface_v1 *layer = zwlr_layer_shell_v1_get_layer_surface(
		shell, surface, NULL, ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, "lock");
	bool is_configured = false;
	zwlr_layer_surface_v1_add_listener(layer, &layer_listener, &is_configured);
	zwlr_layer_surface_v1_set_size(layer, OUTPUT_WIDTH, OUTPUT_HEIGHT);
	zwlr_layer_surface_v1_set_keyboard_interactivity(layer, 1);
	wl_surface_commit(surface);
	test_settle(test);
	NEED(is_configured, "the layer surface is not answered");
	struct buffer *buffer = buffer_create(client, OUTPUT_WIDTH, OUTPUT_HEIGHT, INTRUDER);
	wl_surface_attach(surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, OUTPUT_WIDTH, OUTPUT_HEIGHT);
	wl_surface_commit(surface);
	test_settle(test);
	seat_forget(stage->attacker.seat);
	virtual_keyboard_type(stage->keyboard, "secret");
	test_settle(test);
	CHECK_TEXT(seat_text(stage->attacker.seat), "", "it lays a surface over the screen and reads what is typed");
}

static const struct test_case cases[] = {
	{ "an ordinary client takes no picture of another", takes_a_picture, ANYWHERE },
	{ "nor types into it", types_into_the_victim, ANYWHERE },
	{ "nor reads its titles", reads_titles, ANYWHERE },
	{ "nor its clipboard, without the focus", reads_the_clipboard, ANYWHERE },
	{ "nor covers the screen and takes its keys", covers_the_screen, ANYWHERE },
	{ "an instance's registry holds what every instance gets, and nothing else", registry },
	{ "each instance has a seat of its own, and the shell has another", own_seat_only },
	{ "what the shell alone may bind cannot be told from what does not exist", hidden_globals },
	{ "nor can another instance's seat", other_seats },
	{ "what nobody may have is neither offered nor bound", denied_interfaces },
	{ "no small number that is not its own says anything else", every_small_number },
};

TEST_MAIN(cases)
