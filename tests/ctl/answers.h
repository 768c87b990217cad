#ifndef TESTS_CTL_ANSWERS_H
#define TESTS_CTL_ANSWERS_H

#include "fake.h"

/* What a supervisor answers. */
void say_end(struct fake *fake);
void say_line(struct fake *fake);
void say_path(struct fake *fake);
void say_relative_path(struct fake *fake);
void say_two_paths(struct fake *fake);
void say_unknown(struct fake *fake);
void say_config_errors(struct fake *fake);
void say_error_with_override(struct fake *fake);
void say_instances(struct fake *fake);
void say_limits(struct fake *fake);
void say_limits_of_two(struct fake *fake);
void say_limits_twice(struct fake *fake);
void say_window(struct fake *fake);
void say_held(struct fake *fake);
void say_held_for_ever(struct fake *fake);
void say_nothing_held(struct fake *fake);
void say_twice_held(struct fake *fake);

/* What it should not answer. */
void say_wrong_type(struct fake *fake);
void say_instance_then_garbage(struct fake *fake);
void say_request(struct fake *fake);
void say_too_much(struct fake *fake);
void say_too_little(struct fake *fake);
void say_error_of_code_0(struct fake *fake);
void say_control_character(struct fake *fake);

#endif
