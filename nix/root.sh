# The builder of root.nix. Each graph-N is a list of records: a path, its deriver or nothing, the number of its
# references, and these, a line each.
set -eu
mkdir "$out"
ln -s "$environment" "$out/sw"
[ -z "$graphics" ] || ln -s "$graphics" "$out/opengl-driver"

set -- $etcPaths
[ -z "$etcNames" ] || mkdir "$out/etc"
for name in $etcNames; do
	ln -s "$1" "$out/etc/$name"
	shift
done

graph=0
while [ "$graph" -lt "$graphs" ]; do
	while read -r path; do
		read -r deriver
		read -r references
		while [ "$references" -gt 0 ]; do
			read -r reference
			references=$((references - 1))
		done
		printf '%s\n' "$path"
	done <"graph-$graph"
	graph=$((graph + 1))
done | sort -u >"$out/store-paths"
