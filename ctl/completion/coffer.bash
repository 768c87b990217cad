# Completion of coffer(1) in bash.

_coffer_instances() {
	coffer ps 2>/dev/null | sed -n '2,$s/ .*//p'
}

_coffer_apps() {
	coffer apps "$1" 2>/dev/null | awk 'NR > 1 { print $2 }'
}

# What the instance keeps, or has aside (as PATH@DATE), as far as it is one word.
_coffer_kept() {
	coffer state list "$1" 2>/dev/null | awk -v state="$2" 'NR > 1 && ($2 == "aside") == (state == "aside") && $3 != "-" { print $NF }'
}

_coffer() {
	local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} word
	local -i words=0 i
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'run apps ps limits stop kill windows clipboard reload quit check
			socket logs state backup restore audit update rollback generations --help --version' -- "$current")
		return
	fi

	# How many words that are no options stand between the command and the cursor.
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ $word == -* ]] || words+=1
	done

	local choices='--help'
	case $command in
	ps | limits | windows | clipboard) choices+=' --json' ;;
	logs) choices+=' --follow' ;;
	apps | generations) choices+=' --json --config' ;;
	audit) choices+=' --json --config' ;;
	backup) choices+=' --to --config' ;;
	state) choices+=' --json --config --all --yes' ;;
	update | rollback) choices+=' --config' ;;
	esac
	# What stands after a program's name is that program's.
	if [[ $current == -* ]] && ! [[ $command == run && $words -ge 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
		return
	fi

	case $command:$words in
	run:0 | limits:0 | stop:0 | kill:0 | socket:0 | logs:0 | update:0 | rollback:0 | generations:0 | apps:0)
		mapfile -t COMPREPLY < <(compgen -W "$(_coffer_instances)" -- "$current")
		;;
	run:1)
		mapfile -t COMPREPLY < <({
			compgen -c -- "$current"
			compgen -W "$(_coffer_apps "${COMP_WORDS[2]}")" -- "$current"
		} | sort -u)
		;;
	run:*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	clipboard:0)
		mapfile -t COMPREPLY < <(compgen -W 'status clear' -- "$current")
		;;
	backup:* | restore:0)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	restore:*)
		mapfile -t COMPREPLY < <(compgen -W "$(_coffer_instances)" -- "$current")
		;;
	state:0)
		mapfile -t COMPREPLY < <(compgen -W 'list size diff keep forget aside recall clone reset' -- "$current")
		;;
	state:1 | audit:0)
		mapfile -t COMPREPLY < <(compgen -W "$(_coffer_instances)" -- "$current")
		;;
	state:2)
		local action=${COMP_WORDS[2]} kept=
		[[ $action == aside || $action == forget ]] && kept+=$(_coffer_kept "${COMP_WORDS[3]}" home)
		[[ $action == recall || $action == forget ]] && kept+=" $(_coffer_kept "${COMP_WORDS[3]}" aside)"
		mapfile -t COMPREPLY < <(compgen -W "$kept" -- "$current")
		;;
	check:0)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	esac
}

complete -F _coffer coffer
