#include <stdbool.h>
#include <string.h>
#include "clipboard/types.h"

#define MIME_TEXT "text/plain;charset=utf-8"
#define MIME_PNG "image/png"

/* The first is canonical. The order is that of trust in its being UTF-8: TEXT and STRING may be anything by ICCCM. */
static const char *const text_names[] = { MIME_TEXT, "UTF8_STRING", "text/plain", "TEXT", "STRING", NULL };
static const char *const png_names[] = { MIME_PNG, NULL };
static const char *const no_names[] = { NULL };

const char *const *types_aliases(enum clip_kind kind) {
	switch (kind) {
	case CLIP_TEXT:
		return text_names;
	case CLIP_PNG:
		return png_names;
	case CLIP_OTHER:
		break;
	}
	return no_names;
}

const char *types_label(const struct clip_type *type) {
	switch (type->kind) {
	case CLIP_TEXT:
		return "text";
	case CLIP_PNG:
		return "image";
	case CLIP_OTHER:
		break;
	}
	return type->mime;
}

/* The characters of a restricted name: RFC 6838, section 4.2. */
static size_t name_length(const char *untrusted_text) {
	return strspn(untrusted_text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+");
}

/* type/subtype, then nothing, or a semicolon and printable ASCII. */
static bool is_mime(const char *untrusted_name) {
	size_t type = name_length(untrusted_name);
	if (type == 0 || untrusted_name[type] != '/') {
		return false;
	}
	const char *untrusted_rest = untrusted_name + type + 1;
	size_t subtype = name_length(untrusted_rest);
	untrusted_rest += subtype;
	if (subtype == 0 || (*untrusted_rest != '\0' && *untrusted_rest != ';')) {
		return false;
	}
	for (; *untrusted_rest != '\0'; untrusted_rest++) {
		if (*untrusted_rest < ' ' || *untrusted_rest > '~') {
			return false;
		}
	}
	return true;
}

static bool is_short(const char *untrusted_name) {
	return untrusted_name != NULL && strnlen(untrusted_name, MIME_LENGTH_MAX + 1) <= MIME_LENGTH_MAX;
}

static char lower(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* RFC 2045: type and subtype are case-insensitive, so is the value of charset; programs differ in "; charset". */
static bool mime_equal(const char *untrusted_a, const char *untrusted_b) {
	for (;;) {
		if (lower(*untrusted_a) != lower(*untrusted_b)) {
			return false;
		}
		if (*untrusted_a == '\0') {
			return true;
		}
		bool parameter = *untrusted_a == ';';
		untrusted_a++;
		untrusted_b++;
		if (parameter) {
			untrusted_a += strspn(untrusted_a, " ");
			untrusted_b += strspn(untrusted_b, " ");
		}
	}
}

/* A known name is one of the X11 atoms, which have no slash and count as they are, or a MIME type. */
static bool name_fits(const char *known, const char *untrusted_name) {
	if (strchr(known, '/') == NULL) {
		return strcmp(known, untrusted_name) == 0;
	}
	return is_mime(untrusted_name) && mime_equal(known, untrusted_name);
}

static const char *find_offered(const char *const *untrusted_offer, size_t offer_len, const char *known) {
	for (size_t i = 0; i < offer_len; i++) {
		if (is_short(untrusted_offer[i]) && name_fits(known, untrusted_offer[i])) {
			return untrusted_offer[i];
		}
	}
	return NULL;
}

static const char *find_offered_of(const char *const *untrusted_offer, size_t offer_len, enum clip_kind kind) {
	for (const char *const *name = types_aliases(kind); *name != NULL; name++) {
		const char *found = find_offered(untrusted_offer, offer_len, *name);
		if (found != NULL) {
			return found;
		}
	}
	return NULL;
}

/* Is it one of the checked kinds by any of their names, or picked already? */
static bool is_taken(const char *extra, const struct clip_type *picked, size_t len) {
	static const enum clip_kind checked[] = { CLIP_TEXT, CLIP_PNG };
	for (size_t i = 0; i < sizeof(checked) / sizeof(checked[0]); i++) {
		for (const char *const *name = types_aliases(checked[i]); *name != NULL; name++) {
			if (name_fits(*name, extra)) {
				return true;
			}
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (mime_equal(picked[i].mime, extra)) {
			return true;
		}
	}
	return false;
}

size_t types_pick(const char *const *untrusted_offer, size_t offer_len, char *const *extra, size_t extra_len,
		struct clip_type *picked, size_t max) {
	if (offer_len > MIME_OFFER_MAX) {
		offer_len = MIME_OFFER_MAX;
	}
	size_t len = 0;
	const char *ask = find_offered_of(untrusted_offer, offer_len, CLIP_TEXT);
	if (ask != NULL && len < max) {
		picked[len++] = (struct clip_type){ .kind = CLIP_TEXT, .ask = ask, .mime = MIME_TEXT };
	}
	ask = find_offered_of(untrusted_offer, offer_len, CLIP_PNG);
	if (ask != NULL && len < max) {
		picked[len++] = (struct clip_type){ .kind = CLIP_PNG, .ask = ask, .mime = MIME_PNG };
	}
	for (size_t i = 0; i < extra_len && len < max; i++) {
		if (!is_short(extra[i]) || !is_mime(extra[i]) || is_taken(extra[i], picked, len)) {
			continue;
		}
		ask = find_offered(untrusted_offer, offer_len, extra[i]);
		if (ask != NULL) {
			picked[len++] = (struct clip_type){ .kind = CLIP_OTHER, .ask = ask, .mime = extra[i] };
		}
	}
	return len;
}
