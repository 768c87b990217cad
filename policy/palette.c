#include <math.h>

#include "policy/palette.h"

const uint32_t palette_default[PALETTE_LEN] = {
	0x1775fd, 0xfa9719, 0xc12408, 0x4abd95, 0x913bb7, 0xe0f42f,
	0x3c6d5a, 0xf6aff1, 0xbf7843, 0x61eb99, 0x8e7fa8, 0xcc8de8,
};

struct rgb {
	double r, g, b; /* linear light, 0 to 1 */
};

/* One 8-bit channel to linear light (IEC 61966-2-1). */
static double linear(uint32_t channel) {
	double value = (channel & 0xff) / 255.0;
	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static struct rgb to_linear(uint32_t color) {
	return (struct rgb){linear(color >> 16), linear(color >> 8), linear(color)};
}

/* ---- contrast (WCAG 2.2, "relative luminance" and "contrast ratio") ---- */

static double luminance(uint32_t color) {
	struct rgb rgb = to_linear(color);
	return 0.2126 * rgb.r + 0.7152 * rgb.g + 0.0722 * rgb.b;
}

double palette_contrast(uint32_t a, uint32_t b) {
	double light = luminance(a), dark = luminance(b);
	if (light < dark) {
		double swap = light;
		light = dark;
		dark = swap;
	}
	return (light + 0.05) / (dark + 0.05);
}

uint32_t palette_text_on(uint32_t color) {
	return palette_contrast(color, 0x000000) >= palette_contrast(color, 0xffffff) ? 0x000000 : 0xffffff;
}

/* ---- distance ---- */

/* Machado, Oliveira, Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
 * severity 1.0, for linear RGB. */
static const double sights[][3][3] = {
	[SIGHT_NORMAL] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	[SIGHT_PROTANOPIA] = {
		{0.152286, 1.052583, -0.204868},
		{0.114503, 0.786281, 0.099216},
		{-0.003882, -0.048116, 1.051998},
	},
	[SIGHT_DEUTERANOPIA] = {
		{0.367322, 0.860646, -0.227968},
		{0.280085, 0.672501, 0.047413},
		{-0.011820, 0.042940, 0.968881},
	},
	[SIGHT_TRITANOPIA] = {
		{1.255528, -0.076749, -0.178779},
		{-0.078411, 0.930809, 0.147602},
		{0.004733, 0.691367, 0.303900},
	},
};

static struct rgb multiply(const double matrix[3][3], struct rgb v) {
	return (struct rgb){
		matrix[0][0] * v.r + matrix[0][1] * v.g + matrix[0][2] * v.b,
		matrix[1][0] * v.r + matrix[1][1] * v.g + matrix[1][2] * v.b,
		matrix[2][0] * v.r + matrix[2][1] * v.g + matrix[2][2] * v.b,
	};
}

/* OKLab (Ottosson 2020): L, a and b in the order of struct rgb's members. */
static struct rgb to_oklab(struct rgb rgb) {
	static const double to_cones[3][3] = {
		{0.4122214708, 0.5363325363, 0.0514459929},
		{0.2119034982, 0.6806995451, 0.1073969566},
		{0.0883024619, 0.2817188376, 0.6299787005},
	};
	static const double to_lab[3][3] = {
		{0.2104542553, 0.7936177850, -0.0040720468},
		{1.9779984951, -2.4285922050, 0.4505937099},
		{0.0259040371, 0.7827717662, -0.8086757660},
	};
	struct rgb cones = multiply(to_cones, rgb);
	return multiply(to_lab, (struct rgb){cbrt(cones.r), cbrt(cones.g), cbrt(cones.b)});
}

/* Not brought back into sRGB: to clip a colour is a screen's limit, and no eye's. */
static struct rgb seen(uint32_t color, enum palette_sight sight) {
	return to_oklab(multiply(sights[sight], to_linear(color)));
}

double palette_distance(uint32_t a, uint32_t b, enum palette_sight sight) {
	struct rgb p = seen(a, sight), q = seen(b, sight);
	double dl = p.r - q.r, da = p.g - q.g, db = p.b - q.b;
	return sqrt(dl * dl + da * da + db * db);
}

/* ---- choice ---- */

static double worst_distance(uint32_t a, uint32_t b) {
	double worst = INFINITY;
	for (int sight = SIGHT_NORMAL; sight <= SIGHT_TRITANOPIA; sight++) {
		worst = fmin(worst, palette_distance(a, b, (enum palette_sight)sight));
	}
	return worst;
}

uint32_t palette_pick(const uint32_t *taken, size_t taken_len) {
	size_t best = 0, best_uses = SIZE_MAX;
	double best_distance = -1;
	for (size_t i = 0; i < PALETTE_LEN; i++) {
		size_t uses = 0;
		double nearest = INFINITY;
		for (size_t k = 0; k < taken_len; k++) {
			uses += (taken[k] & 0xffffff) == palette_default[i];
			nearest = fmin(nearest, worst_distance(palette_default[i], taken[k]));
		}
		if (uses < best_uses || (uses == best_uses && nearest > best_distance)) {
			best = i;
			best_uses = uses;
			best_distance = nearest;
		}
	}
	return palette_default[best];
}
