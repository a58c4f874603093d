#!/bin/sh
# Are the checkers' tests worth anything? Each mutant of list.txt breaks one rule; the tests must fail. Takes about a minute for each: run it
# after a change of the checkers or of their tests. Works on a copy of the last commit; an argument picks the mutants whose rule holds it.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'git -C "$here" worktree remove --force "$copy/tree"; rm -rf "$copy"' EXIT
git -C "$here" worktree add --quiet --detach "$copy/tree" HEAD
cd "$copy/tree"
export CARGO_TARGET_DIR="$copy/target" CONLAB_CHECK_CASES="${CONLAB_CHECK_CASES:-20000}"
tests() {
    timeout 900 cargo test --quiet --test check >"$copy/log" 2>&1 &&
        timeout 900 cargo test --quiet --lib check::sound >"$copy/log" 2>&1
}
tests || { cat "$copy/log"; echo "the tests fail as they are"; exit 70; }

survivors=0
perl -ne 'BEGIN { $/ = "" } print "$_\0" unless /^#/' "$here/tests/mutants/list.txt" >"$copy/mutants"
number=0
while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in *"${1:-}"*) ;; *) continue ;; esac
    perl -0ne "BEGIN { \$wanted = $number } print if \$. == \$wanted" "$copy/mutants" >"$copy/mutant"
    file=$(sed -n 2p "$copy/mutant")
    perl -e '
        open my $m, "<", $ARGV[0]; my @m = map { chomp; s/\0//gr } <$m>;
        my @old = map { quotemeta(substr $_, 2) } grep { /^- / } @m; my @new = map { substr $_, 2 } grep { /^\+ / } @m;
        local $/; open my $f, "<", $ARGV[1]; my $text = <$f>; my $old = join "\\n\\s*", @old; my $new = join "\n", @new;
        $text =~ s/$old/$new/ or die "$ARGV[1] does not hold it\n"; open $f, ">", $ARGV[1]; print $f $text;
    ' "$copy/mutant" "$file"
    if tests; then
        survivors=$((survivors + 1))
        echo "SURVIVED  $line"
    else
        grep -q '^test result\|^failures' "$copy/log" || { cat "$copy/log"; echo "it does not compile: $line"; exit 70; }
        echo "caught    $line  by $(sed -n 's/^    \([a-z_]*::[a-z_]*\)$/\1/p' "$copy/log" | sort -u | tr '\n' ' ')"
    fi
    git checkout --quiet -- src
done <<EOF
$(perl -0ne 's/\n.*//s; s/\0//; print "$_\n"' "$copy/mutants")
EOF
[ "$survivors" -eq 0 ]
