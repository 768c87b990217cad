#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/find.h"
#include "ctl/check.h"
#include "ctl/client.h"
#include "ctl/lines.h"
#include "ctl/places.h"
#include "ctl/text.h"

static bool take_place(void *data, const struct control_message *answer) {
	struct control_place *place = data;
	if (answer->type != CONTROL_PLACE || answer->place.config[0] == '\0' || answer->place.store[0] != '/') {
		return false;
	}
	*place = answer->place;
	return true;
}

static int ask(const char *name, struct control_place *place) {
	struct control_message message = { .type = CONTROL_PLACES };
	*place = (struct control_place){ 0 };
	if (name[0] != '\0' && !lines_set_name(&message, name)) {
		return EXIT_CODE_UNKNOWN;
	}
	return client_ask(&(struct client_request){
		.message = &message,
		.optional = true,
		.answer = take_place,
		.data = place,
	});
}

int places_find_store(const struct arguments *arguments, struct places *places) {
	struct control_place place;
	*places = (struct places){ .home = check_find_home() };
	if (places->home == NULL) {
		text_complain("HOME is not set: it must name your home directory");
		return EXIT_CODE_FAILED;
	}
	int code = ask("", &place);
	if (code != EXIT_CODE_OK && code != EXIT_CODE_NO_SESSION) {
		return code;
	}
	places->has_session = code == EXIT_CODE_OK;
	const char *given = arguments->config != NULL ? arguments->config : places->has_session ? place.config : NULL;
	places->config_path = given != NULL ? xstrdup(given) : config_find(places->home);
	char *path = places->has_session ? xstrdup(place.store) : store_find(places->home);
	places->store = store_create(path);
	free(path);
	return EXIT_CODE_OK;
}

int places_find(const struct arguments *arguments, struct places *places) {
	int code = places_find_store(arguments, places);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	struct config_errors errors = { 0 };
	bool loaded = config_load(places->config_path, places->home, &places->loaded, &errors);
	if (!loaded) {
		check_print_errors(places->config_path, &errors);
	}
	config_errors_finish(&errors);
	return loaded ? EXIT_CODE_OK : EXIT_CODE_CONFIG;
}

void places_finish(struct places *places) {
	config_loaded_finish(&places->loaded);
	store_destroy(places->store);
	free(places->config_path);
	*places = (struct places){ 0 };
}

int places_find_pid(const char *name, int *pid) {
	struct control_place place;
	int code = ask(name, &place);
	*pid = code == EXIT_CODE_OK ? (int)place.pid : 0;
	return code == EXIT_CODE_NO_SESSION ? EXIT_CODE_OK : code;
}
