# Completion of coffer(1) in fish.

function __coffer_instances
    coffer ps 2>/dev/null | sed -n '2,$s/ .*//p'
end

# The words before the cursor that are no options, without coffer itself.
function __coffer_words
    set -l words (commandline -opc)
    string match -v -- '-*' $words[2..-1]
end

# What the instance of the command line keeps, or has aside (as PATH@DATE), as far as it is one word.
function __coffer_kept
    set -l words (__coffer_words)
    coffer state list $words[3] 2>/dev/null | awk -v action=$words[2] '
        NR > 1 && $2 != "aside" && $3 != "-" && action != "recall" { print $NF }
        $2 == "aside" && action != "aside" { print $NF }'
end

function __coffer_names_kept
    set -l words (__coffer_words)
    test (count $words) -eq 3 -a "$words[1]" = state; and contains -- "$words[2]" aside recall forget
end

# Is the cursor on word number $argv[1] of one of the commands $argv[2..-1]?
function __coffer_at
    set -l words (__coffer_words)
    test (count $words) -eq $argv[1]; and contains -- "$words[1]" $argv[2..-1]
end

function __coffer_command
    set -l words (__coffer_words)
    contains -- "$words[1]" $argv
end

# Options are coffer's own up to the name of the program that it starts.
function __coffer_own_options
    set -l words (__coffer_words)
    not test "$words[1]" = run -a (count $words) -ge 3
end

complete -c coffer -f
complete -c coffer -n __coffer_own_options -s h -l help -d 'Say how it is used'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -s V -l version -d 'Say the version'

complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a run -d 'Start an app or a command in an instance'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a apps -d 'List what can be started in an instance'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a ps -d 'List the instances and what they use'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a limits -d 'Show what instances use of what they may'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a stop -d 'End an instance, and wait until it has ended'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a kill -d 'End an instance at once'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a windows -d 'List the windows and whose they are'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a clipboard -d 'Show or forget what is held to be given'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a reload -d 'Read the config file again'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a quit -d 'End all instances and the session'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a check -d 'Say every error of a config file'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a socket -d "Print the path of an instance's Wayland socket"
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a logs -d 'Print what the programs of an instance wrote'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a state -d 'Look after what instances keep'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a update -d 'Move an instance to the closure that the config names'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a rollback -d 'Move an instance back to the generation before'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a generations -d 'List the generations of an instance'

complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a backup -d 'Save the config and what instances keep'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a restore -d 'Bring back what was saved by backup'
complete -c coffer -n 'test (count (__coffer_words)) -eq 0' -a audit -d 'List all that can run or reach out'
complete -c coffer -n '__coffer_at 1 audit' -a '(__coffer_instances)' -d Instance
complete -c coffer -n '__coffer_command audit' -l json -d 'As JSON'
complete -c coffer -n '__coffer_command audit' -s c -l config -r -F -d 'Go by this config file'
complete -c coffer -n '__coffer_command backup' -l to -d 'Into a directory or a file, without restic'
complete -c coffer -n '__coffer_command backup' -s c -l config -r -F -d 'Save this config file'
complete -c coffer -n '__coffer_at 1 backup restore' -F
complete -c coffer -n '__coffer_at 2 backup' -F
complete -c coffer -n '__coffer_command restore; and not __coffer_at 1 restore' -a '(__coffer_instances)' -d Instance

complete -c coffer -n '__coffer_at 1 state' -a 'list size diff keep forget aside recall clone reset'
complete -c coffer -n '__coffer_at 2 state' -a '(__coffer_instances)' -d Instance
complete -c coffer -n __coffer_names_kept -a '(__coffer_kept)'
complete -c coffer -n '__coffer_command state' -l json -d 'As JSON'
complete -c coffer -n '__coffer_command state' -s a -l all -d 'Each file by itself'
complete -c coffer -n '__coffer_command state' -s y -l yes -d 'Ask nothing'
complete -c coffer -n '__coffer_command state' -s c -l config -r -F -d 'Go by this config file'
complete -c coffer -n '__coffer_at 1 run limits stop kill socket logs' -a '(__coffer_instances)' -d Instance
complete -c coffer -n '__coffer_at 1 clipboard' -a 'status clear'
complete -c coffer -n '__coffer_at 1 check' -F
complete -c coffer -n '__coffer_at 2 run' -a '(__fish_complete_command)'
complete -c coffer -n '__coffer_command run; and not __coffer_own_options' -F
complete -c coffer -n '__coffer_command ps limits windows clipboard' -l json -d 'As JSON'
complete -c coffer -n '__coffer_command logs' -s f -l follow -d 'Go on with what is written from now on'

complete -c coffer -n '__coffer_at 1 apps update rollback generations' -a '(__coffer_instances)' -d Instance
complete -c coffer -n '__coffer_command apps generations' -l json -d 'As JSON'
complete -c coffer -n '__coffer_command apps update rollback generations' -s c -l config -r -F -d 'Go by this config file'
