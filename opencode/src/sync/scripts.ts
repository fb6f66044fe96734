/**
 * Scripts that run inside the sandbox, for any POSIX shell. They get what differs in variables, print lines of words,
 * and end with 0 when what they print is the answer. Nothing that they print is believed: git looks at what arrives.
 */

/** Where our platform keeps its own git, for images that have none. */
const ownGit = '/opt/sandyard/libexec/git-core'

const head = `
set -eu
umask 022
if ! command -v git >/dev/null 2>&1 && [ -x ${ownGit}/git ]; then
  PATH="$PATH:${ownGit}"
  export GIT_EXEC_PATH=${ownGit}
fi
if ! command -v git >/dev/null 2>&1; then echo no-git; exit 0; fi
export PATH LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_EDITOR=: GIT_LFS_SKIP_SMUDGE=1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR GIT_NAMESPACE
g() {
  git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c commit.gpgSign=false -c submodule.recurse=false \\
    -c advice.detachedHead=false -c safe.directory='*' -c filter.lfs.smudge= -c filter.lfs.clean= \\
    -c filter.lfs.process= -c filter.lfs.required=false "$@"
}
`

/**
 * Makes the repository at FOLDER, of FORMAT, if there is none. Prints `ready` when the project was put there before,
 * else `wanted <git folder>`. KIND is `kept` when files that are there are to stay as they are, else `new`.
 */
export const prepareScript = `${head}
mkdir -p -- "$FOLDER"
cd -- "$FOLDER"
if [ ! -e .git ]; then
  if [ "$FORMAT" = sha256 ]; then g init -q --object-format=sha256 .; else g init -q .; fi
  g symbolic-ref HEAD refs/heads/opencode
fi
if g config sandyard.base >/dev/null; then echo ready; exit 0; fi
g config sandyard.files "$KIND"
g config receive.shallowUpdate true
# The agent's own commits need a name, too.
g config user.name >/dev/null || g config user.name OpenCode
g config user.email >/dev/null || g config user.email opencode@localhost
echo "wanted $(g rev-parse --absolute-git-dir)"
`

/** Takes in what was uploaded: BUNDLE with the ref REF, and SHALLOW, `''` or a list of where history is cut off. */
export const unpackScript = `${head}
cd -- "$FOLDER"
gitdir=$(g rev-parse --absolute-git-dir)
[ -z "$SHALLOW" ] || mv -- "$SHALLOW" "$gitdir/shallow"
g fetch -q --no-tags -- "$BUNDLE" "+$REF:refs/sandyard/start"
rm -f -- "$BUNDLE"
`

/** Checks out what has arrived, TIP, as branch opencode; without a TIP the branch begins with nothing. */
export const checkOutScript = `${head}
cd -- "$FOLDER"
if [ -n "$TIP" ]; then
  g cat-file -e "$TIP^{commit}"
  g update-ref refs/heads/opencode "$TIP"
  g symbolic-ref HEAD refs/heads/opencode
  if [ "$(g config sandyard.files)" != new ]; then
    # What is there stays, what is not comes.
    g read-tree "$TIP"
    g checkout-index -q -a 2>/dev/null || true
    g update-index -q --refresh >/dev/null || true
  else
    g reset -q --hard "$TIP"
  fi
  g update-ref -d refs/sandyard/start || true
fi
g config sandyard.base "\${TIP:-none}"
echo done
`

/**
 * Commits all that is in the work tree onto what is checked out, whatever that is, and offers it with all other branches
 * that have more. In the middle of a merge or a rebase the agent's branch is left alone, and a commit beside it is
 * offered. Prints `none` without a repository, `empty` without a commit or a file, else:
 * `tip <commit>`, `side <n> <commit> <branch>`, `nested <path>` of a repository within, `unread <message>`,
 * `more` where there are more branches than are offered.
 */
export const commitScript = `${head}
[ -d "$FOLDER" ] || { echo none; exit 0; }
cd -- "$FOLDER"
if [ ! -e .git ] || ! gitdir=$(g rev-parse --absolute-git-dir) || ! g config sandyard.base >/dev/null; then
  echo none
  exit 0
fi
if ! [ -w "$gitdir/objects" ] || [ -n "$(find "$gitdir" -maxdepth 2 ! -user "$(id -u)" 2>/dev/null | head -n 1)" ]; then
  # The agent has used git with more rights than it has by itself.
  sudo -n chown -R "$(id -u):$(id -g)" "$gitdir" 2>/dev/null || true
fi
index="$gitdir/sandyard-index.$$"
trap 'rm -f "$index" "$index.lock" "$index.err" "$index.paths"' EXIT
[ ! -f "$gitdir/index" ] || cp "$gitdir/index" "$index"
# An index of our own: neither is a lock in the way that a killed command has left, nor is one in anybody's way.
export GIT_INDEX_FILE="$index"
if ! g add -A --ignore-errors -- . 2>"$index.err"; then
  # Repositories within that have no commit cannot be added.
  echo . >"$index.paths"
  find . -mindepth 2 -name .git -prune -print | sed 's|/\\.git$||; s|^\\./||' | while IFS= read -r path; do
    git -C "$path" rev-parse -q --verify HEAD >/dev/null 2>&1 && continue
    printf ':(top,exclude,literal)%s\\n' "$path" >>"$index.paths"
    printf 'nested %s\\n' "$path"
  done | head -n 20
  if ! g add -A --ignore-errors --pathspec-from-file="$index.paths" 2>"$index.err"; then
    head -n 5 "$index.err" | sed 's/^/unread /'
  fi
fi
tree=$(g write-tree)
tip=$(g rev-parse -q --verify 'HEAD^{commit}' || true)
busy=
for name in MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD rebase-merge rebase-apply; do
  [ ! -e "$gitdir/$name" ] || busy=1
done
if [ -z "$tip" ] && [ -z "$(g ls-files | head -n 1)" ]; then echo empty; exit 0; fi
if [ -z "$tip" ] || [ "$tree" != "$(g rev-parse "$tip^{tree}")" ]; then
  g ls-files -s | sed -n 's/^160000 [0-9a-f]* [0-9]	/nested /p' >"$index.err"
  if [ -n "$tip" ]; then
    g ls-tree -r "$tip" | sed -n 's/^160000 commit [0-9a-f]*	/nested /p' >"$index.paths"
  else
    : >"$index.paths"
  fi
  grep -vxFf "$index.paths" "$index.err" | head -n 20 || true
  export GIT_AUTHOR_NAME="$(g config user.name || echo OpenCode)"
  export GIT_AUTHOR_EMAIL="$(g config user.email || echo opencode@localhost)"
  export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
  if [ -n "$busy" ] && [ -n "$tip" ]; then
    # The same state gives the same commit, so that nothing new is seen in it.
    export GIT_COMMITTER_DATE="$(g log -1 --format=%cI "$tip")"
    export GIT_AUTHOR_DATE="$GIT_COMMITTER_DATE"
  fi
  commit=$(printf '%s\\n' "$MESSAGE" | g commit-tree "$tree" \${tip:+-p "$tip"})
  if [ -z "$busy" ]; then
    g update-ref -m 'commit: by the plugin' HEAD "$commit" "$tip"
    if ln "$index" "$gitdir/index.lock" 2>/dev/null; then mv "$gitdir/index.lock" "$gitdir/index"; fi
  fi
  tip=$commit
fi
g for-each-ref --format='delete %(refname)' refs/sandyard/out | g update-ref --stdin
g update-ref refs/sandyard/out/head "$tip"
echo "tip $tip"
number=0
g for-each-ref --count=21 --sort=-committerdate --no-merged="$tip" --format='%(objectname) %(refname)' refs/heads |
  while read -r commit name; do
    if [ "$number" = 20 ]; then echo more; break; fi
    g update-ref "refs/sandyard/out/side$number" "$commit"
    echo "side $number $commit \${name#refs/heads/}"
    number=$((number + 1))
  done
`

/** Packs what is offered and is not in one of the commits HAVE, into a file; prints `bundle <bytes> <path>` or `nothing`. */
export const packScript = `${head}
cd -- "$FOLDER"
gitdir=$(g rev-parse --absolute-git-dir)
refs=$(g for-each-ref --format='%(refname)' refs/sandyard/out)
not=
for commit in $HAVE; do
  if g cat-file -e "$commit^{commit}" 2>/dev/null; then not="$not ^$commit"; fi
done
if [ -z "$(g rev-list -n 1 $refs $not)" ]; then echo nothing; exit 0; fi
rm -f "$gitdir"/sandyard-out.*
bundle="$gitdir/sandyard-out.$$"
g bundle create "$bundle" $refs $not 2>"$bundle.err" || { tail -n 3 "$bundle.err"; exit 1; }
rm -f "$bundle.err"
echo "bundle $(($(wc -c <"$bundle"))) $bundle"
`
