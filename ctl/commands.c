#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/act.h"
#include "ctl/audit.h"
#include "ctl/backup.h"
#include "ctl/apps.h"
#include "ctl/check.h"
#include "ctl/commands.h"
#include "ctl/generations.h"
#include "ctl/logs.h"
#include "ctl/show.h"
#include "ctl/state.h"
#include "ctl/text.h"
#include "wire/control.h"

static const struct command commands[] = {
	{
		.name = "run",
		.synopsis = "NAME APP|COMMAND...",
		.summary = "start an app or a command in an instance",
		.help = "Starts the app that the config or a .desktop file calls APP (coffer apps), or a command\n"
				"with its arguments, in the instance NAME, which is started first if it is not\n"
				"running. Does not wait for it to end. What stands after APP or COMMAND is passed on exactly as it is.\n",
		.words_min = 2,
		.words_max = CONTROL_WORDS_MAX + 1,
		.passes_on = true,
		.run = act_run,
	},
	{
		.name = "apps",
		.synopsis = "[NAME] [--json]",
		.summary = "list what can be started in an instance",
		.help = "Lists the apps of the config, and the .desktop files of the root, of the instance NAME,\n"
				"or without a NAME of every instance. coffer run NAME APP starts one.\n"
				"  -c, --config FILE  go by this config file, not by the session's\n",
		.options = OPTION_JSON | OPTION_CONFIG,
		.words_max = 1,
		.run = apps_show,
	},
	{
		.name = "ps",
		.synopsis = "[--json]",
		.summary = "list the instances and what they use",
		.help = "Lists each instance of the config with its state, backend, number of processes,\n"
				"memory and number of windows, the limits that something of it ended at, and why\n"
				"it failed if it did.\n",
		.options = OPTION_JSON,
		.run = show_ps,
	},
	{
		.name = "limits",
		.synopsis = "[NAME] [--json]",
		.summary = "show what instances use of what they may",
		.help = "Shows for the instance NAME how much it has of each thing that is limited: now, at\n"
				"most since it was started, and at most by its limit, and how often something of it\n"
				"ended there. Without a NAME, for each instance, and only what is in use.\n",
		.options = OPTION_JSON,
		.words_max = 1,
		.run = show_limits,
	},
	{
		.name = "stop",
		.synopsis = "NAME",
		.summary = "end an instance, and wait until it has ended",
		.help = "Asks the programs in the instance NAME to end, kills those that have not after its\n"
				"grace time, and waits until none is left.\n",
		.words_min = 1,
		.words_max = 1,
		.run = act_stop,
	},
	{
		.name = "kill",
		.synopsis = "NAME",
		.summary = "end an instance at once",
		.help = "Kills every program in the instance NAME at once. What they have not saved is lost.\n",
		.words_min = 1,
		.words_max = 1,
		.run = act_kill,
	},
	{
		.name = "windows",
		.synopsis = "[--json]",
		.summary = "list the windows and whose they are",
		.help = "Lists each window with its instance, workspace, monitor, size, state, app id and\n"
				"title. The last two are the programs' own words; the instance is not.\n",
		.options = OPTION_JSON,
		.run = show_windows,
	},
	{
		.name = "clipboard",
		.synopsis = "status|clear [--json]",
		.summary = "show or forget what is held to be given",
		.help = "status  says whose content is held, of which types and size, and for how long\n"
				"clear   forgets it\n"
				"Taking and giving stay with the keys of a real keyboard.\n",
		.options = OPTION_JSON,
		.words_min = 1,
		.words_max = 1,
		.run = show_clipboard,
	},
	{
		.name = "reload",
		.synopsis = "",
		.summary = "read the config file again",
		.help = "Reads the config file again and puts it into effect. A file with an error changes\n"
				"nothing: coffer check says what is wrong with it.\n",
		.run = act_reload,
	},
	{
		.name = "quit",
		.synopsis = "",
		.summary = "end all instances and the session",
		.help = "Ends all instances, then the session. What programs have not saved is lost if they\n"
				"do not save it when asked to end.\n",
		.run = act_quit,
	},
	{
		.name = "check",
		.synopsis = "[FILE]",
		.summary = "say every error of a config file",
		.help = "Checks FILE, by default the config file that cofferdam would use, and says every\n"
				"error with its line. Needs no session.\n",
		.words_max = 1,
		.run = check_file,
	},
	{
		.name = "socket",
		.synopsis = "[NAME]",
		.summary = "print the path of an instance's Wayland socket",
		.help = "Prints the path of the Wayland socket of the instance NAME, or without a NAME that of\n"
				"the trusted shell. A client that connects to it is that instance's, or trusted.\n",
		.words_max = 1,
		.run = act_socket,
	},
	{
		.name = "logs",
		.synopsis = "NAME [-f]",
		.summary = "print what the programs of an instance wrote",
		.help = "Prints the log of the instance NAME: what its programs wrote to their output.\n"
				"Control characters are shown as \\xNN.\n"
				"  -f, --follow  go on with what they write from now on\n",
		.options = OPTION_FOLLOW,
		.words_min = 1,
		.words_max = 1,
		.run = logs_show,
	},
	{
		.name = "state",
		.synopsis = "ACTION [NAME] [PATH]",
		.summary = "look after what instances keep",
		.help = "list [NAME]     what is declared persistent, what is there, and what is kept aside\n"
				"size [NAME]     how much that is\n"
				"diff NAME       what the running instance has written that will be gone when it stops\n"
				"  -a, --all          each file by itself\n"
				"keep NAME PATH  keep that path: save it now, and add it to the config\n"
				"forget NAME PATH[@DATE]  delete what is kept there, or was moved aside\n"
				"aside NAME PATH  put out of the instance's way what it keeps there, and delete nothing\n"
				"recall NAME PATH@DATE  bring back what was moved aside, where nothing else is by now\n"
				"clone NAME NEW  let the instance NEW begin with all that NAME keeps\n"
				"reset NAME      delete all that the stopped instance keeps\n"
				"  -y, --yes          delete without a question\n"
				"  -c, --config FILE  go by this config file, not by the session's\n",
		.options = OPTION_JSON | OPTION_CONFIG | OPTION_YES | OPTION_ALL,
		.words_min = 1,
		.words_max = 3,
		.run = state_run,
	},
	{
		.name = "update",
		.synopsis = "NAME",
		.summary = "move an instance to the closure that the config names",
		.help = "Makes what the config calls the closure of the instance NAME its new generation, from\n"
				"its next start on. What runs goes on as it is.\n"
				"  -c, --config FILE  go by this config file, not by the session's\n",
		.options = OPTION_CONFIG,
		.words_min = 1,
		.words_max = 1,
		.run = generations_update,
	},
	{
		.name = "rollback",
		.synopsis = "NAME",
		.summary = "move an instance back to the generation before",
		.help = "Takes the instance NAME back to the generation before, from its next start on, until\n"
				"it is updated again.\n"
				"  -c, --config FILE  go by this config file, not by the session's\n",
		.options = OPTION_CONFIG,
		.words_min = 1,
		.words_max = 1,
		.run = generations_rollback,
	},
	{
		.name = "generations",
		.synopsis = "NAME [--json]",
		.summary = "list the generations of an instance",
		.help = "Lists the closures that the instance NAME has had, when each was made, and which one\n"
				"it starts from.\n"
				"  -c, --config FILE  go by this config file, not by the session's\n",
		.options = OPTION_JSON | OPTION_CONFIG,
		.words_min = 1,
		.words_max = 1,
		.run = generations_list,
	},
	{
		.name = "backup",
		.synopsis = "[verify] [--to] TARGET",
		.summary = "save the config and what instances keep",
		.help = "Saves the config and the state store in TARGET, a repository of restic, which is made\n"
				"if it is not there. What runs stands still for the moment of a copy.\n"
				"  --to          no repository, but a directory, or a file that ends in .tar.zst\n"
				"verify TARGET   read all of a backup, and say what is missing or changed\n"
				"  -c, --config FILE  save this config file\n",
		.options = OPTION_TO | OPTION_CONFIG,
		.words_min = 1,
		.words_max = 2,
		.run = backup_run,
	},
	{
		.name = "restore",
		.synopsis = "SOURCE [NAME...]",
		.summary = "bring back what was saved by backup",
		.help = "Brings back the config and what the instances keep from a backup, or only the instances\n"
				"NAME, which must not run. What was there before is kept aside.\n",
		.words_min = 1,
		.words_max = 65,
		.run = restore_run,
	},
	{
		.name = "audit",
		.synopsis = "[NAME] [--json]",
		.summary = "list all that can run or reach out",
		.help = "Lists, for reading, everything in the config and in the state store, or of the instance\n"
				"NAME, that can run or reach out: commands, network, shared files; persisted programs,\n"
				"scripts, start-up files, keys, setuid bits, devices and links that lead out.\n"
				"  -c, --config FILE  go by this config file\n",
		.options = OPTION_JSON | OPTION_CONFIG,
		.words_max = 1,
		.run = audit_run,
	},
};

const struct command *commands_list(size_t *len) {
	*len = sizeof(commands) / sizeof(commands[0]);
	return commands;
}

const struct command *commands_find(const char *name) {
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0) {
			return &commands[i];
		}
	}
	return NULL;
}

static void print_usage(void) {
	printf("Usage: coffer COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char call[64];
		snprintf(call, sizeof(call), "%s %s", commands[i].name, commands[i].synopsis);
		printf("  %-33s%s\n", call, commands[i].summary);
	}
	printf("\n"
		   "  -h, --help     this; coffer COMMAND --help says more of one command\n"
		   "  -V, --version  the version\n\n"
		   "coffer(1) says more of all of them.\n");
}

static void print_help(const struct command *command) {
	printf("Usage: coffer %s%s%s\n\n%s", command->name, command->synopsis[0] != '\0' ? " " : "", command->synopsis,
		command->help);
	if (command->options & OPTION_JSON) {
		printf("  --json  the same for programs: JSON, described in coffer(1)\n");
	}
}

/* Output that nobody got is a failure too, said once it is known. */
static int finish(int code) {
	if (fflush(stdout) != 0 || ferror(stdout)) {
		text_complain("cannot write the output: %s", strerror(errno));
		return code == EXIT_CODE_OK ? EXIT_CODE_FAILED : code;
	}
	return code;
}

static int run_command(const struct command *command, int argc, char **argv) {
	struct arguments arguments;
	if (!arguments_parse(command, argc, argv, &arguments)) {
		return EXIT_CODE_USAGE;
	}
	if (arguments.help) {
		print_help(command);
		return EXIT_CODE_OK;
	}
	return command->run(&arguments);
}

int commands_main(int argc, char **argv) {
	if (argc < 2) {
		text_complain("say what to do: coffer --help lists the commands");
		return EXIT_CODE_USAGE;
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		print_usage();
		return finish(EXIT_CODE_OK);
	}
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0) {
		printf("coffer %s\n", COFFER_VERSION);
		return finish(EXIT_CODE_OK);
	}
	const struct command *command = commands_find(argv[1]);
	if (command == NULL) {
		text_complain("there is no command '%s': coffer --help lists them", argv[1]);
		return EXIT_CODE_USAGE;
	}
	return finish(run_command(command, argc - 2, argv + 2));
}
