#!/bin/sh
# What docs/windows.md says was tried under Wine, on Linux: sh tests/windows/wine.sh FOLDER
#
# FOLDER holds two things that are not ours to give, unpacked:
#   FOLDER/python   Python for Windows, the NuGet package `python` (https://www.nuget.org/packages/python), its `tools`
#   FOLDER/git      MinGit (https://github.com/git-for-windows/git/releases, MinGit-*-64-bit.zip)
# and Wine 8 or newer must be installed. Wheels for Windows are fetched once, into FOLDER/wheels.
set -eu

folder=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
python=$folder/python/python.exe
for needed in "$python" "$folder/git/cmd/git.exe"; do
    [ -e "$needed" ] || { echo "missing: $needed" >&2; exit 2; }
done
command -v wine >/dev/null || { echo "missing: wine" >&2; exit 2; }

export WINEDEBUG=-all WINEPREFIX="$folder/prefix" WINEPATH="Z:$folder/git/cmd;Z:$folder/python"
export PYTHONPATH="Z:$folder/site;Z:$root" PYTHONDONTWRITEBYTECODE=1
in_windows() { (cd "$1" && shift && wine "$@"); }

if [ ! -d "$folder/site" ]; then
    python3 -m pip download --quiet --dest "$folder/wheels" --only-binary :all: --platform win_amd64 \
        --python-version 3.11 gitpython jsonschema lxml pyyaml pytest hypothesis colorama
    in_windows "$folder" "$python" -m pip install --quiet --no-index --find-links wheels --target site \
        gitpython jsonschema lxml pyyaml pytest hypothesis colorama
fi

echo "=== Tests of rules, readers, policy and fixes"
in_windows "$root" "$python" -m pytest -q -p no:cacheprovider tests/rules tests/source tests/policy \
    tests/fix/test_edits.py tests/fix/test_transaction.py

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$root" && python3 -m tests.pairs "$scratch/pairs")
for codepage in cp1252 cp437 utf-8; do
    echo "=== A report through a pipe, $codepage"
    PYTHONIOENCODING=$codepage in_windows "$root" "$python" -m crstandards check "$scratch/pairs" --quiet | tail -n 3
done

echo "=== A path with a drive and backslashes, CRLF, a commit that is stopped, a fix"
in_windows "$scratch" "$python" -m crstandards demo
in_windows "$scratch" "$python" -m crstandards check 'pairs\CR101' --statistics || true

echo "=== A path of more than 260 characters"
long="$scratch/$(printf 'a%.0s' $(seq 120))/$(printf 'b%.0s' $(seq 120))"
mkdir -p "$long"
cp -r "$root/crstandards/data/demo/." "$long"
in_windows "$scratch" "$python" -m crstandards check . --quiet
