#!/bin/bash
# What bash completes on the command lines below, by the completion that is installed. Usage: completion.bash FILE
set -u
fail=0

# The real one asks a session; the names are all that is looked at.
coffer() {
	case $1 in
	ps) printf 'NAME      STATE\nwork      running\npersonal  stopped\n' ;;
	state)
		printf 'INSTANCE  STATE     SIZE  FILES  CHANGED           PATH\n'
		printf 'work      declared   5 B      1  2026-01-01 10:00  .config/app\n'
		printf 'work      declared     -      -  -                 never\n'
		printf 'work      aside      5 B      1  2026-01-01 10:00  Mail@2026-01-02_030405\n'
		;;
	esac
}

# shellcheck source=/dev/null
. "$1"

# check EXPECTED WORD…: the last word is completed. EXPECTED has the answers, sorted, in one line.
check() {
	local expected=$1 actual
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_coffer
	actual=$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' ')
	if [ "$actual" != "$expected" ]; then
		printf 'coffer%s: expected "%s", not "%s"\n' "${*:+ $*}" "$expected" "$actual" >&2
		fail=1
	fi
}

directory=$(mktemp -d)
trap 'rm -r "$directory"' EXIT
cd "$directory" && touch 'a file' a.conf aaa-program && chmod +x aaa-program || exit 1
PATH=$directory:/usr/bin:/bin

check '--help --version' coffer --
check 'reload restore rollback run' coffer r
check 'check clipboard' coffer c
check 'personal work' coffer run ''
check 'work' coffer stop w
check 'personal' coffer kill p
check 'personal work' coffer socket ''
check 'personal work' coffer logs -f ''
check 'personal work' coffer limits ''
check '' coffer stop work ''
check '' coffer reload ''
check 'recall reset' coffer state r
check 'aside' coffer state a
check 'personal work' coffer state recall ''
check 'Mail@2026-01-02_030405' coffer state recall work ''
check '.config/app' coffer state aside work ''
check '.config/app Mail@2026-01-02_030405' coffer state forget work ''
check '' coffer state keep work ''
check 'clear status' coffer clipboard ''
check 'clear' coffer clipboard --json c
check '--help --json' coffer ps -
check '--help --json' coffer windows -
check '--help --json' coffer limits -
check '--follow --help' coffer logs work -
check '--help' coffer stop -
check 'aaa-program' coffer run work aaa-
check 'a file a.conf aaa-program' coffer run work aaa-program a
check '' coffer run work aaa-program --
check 'a.conf' coffer check a.
exit "$fail"
