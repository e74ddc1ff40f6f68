#!/usr/bin/env bash
# Unpacks Debian's Swift toolchain into FOLDER/root, for systems that have no Swift of their own; nothing is
# installed. Debian stable's packages need a newer C library than Debian 12 has, so what is unpacked is a small
# system that swift_in.sh enters with chroot. 553 MB are downloaded, 1.3 GB stay. Several checkouts share FOLDER.
#
#     swift_setup.sh FOLDER
set -euo pipefail
VERSION=6.0.3-2
RELEASE=trixie

command -v swift >/dev/null && exit 0
if ! command -v apt-get >/dev/null || ! command -v unshare >/dev/null; then
    echo "error: no 'swift' in PATH, and this is no Debian to unpack one: install Swift 6.0 or newer" >&2
    exit 2
fi
mkdir -p "$1"
top=$(realpath "$1")
root=$top/root
ready=$root/.ready-$VERSION
exec 9>"$top/lock"
flock 9
[ -e "$ready" ] && exit 0

sources=/etc/apt/sources.list.d/debian.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
mirror=$(awk '/^URIs:/ { print $2; exit } /^deb / { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }' "$sources")
if [[ $mirror != *debian* ]]; then
    echo "error: $sources names no Debian mirror ('$mirror'): install Swift 6.0 or newer yourself" >&2
    exit 2
fi
echo "Swift $VERSION: downloading 553 MB, once; it stays in $1" >&2
apt=$top/apt
mkdir -p "$apt"/{state/lists,cache/archives}/partial
: >"$apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $RELEASE main" >"$apt/list"
options=(-qqy
    -o Dir::Etc::SourceList="$apt/list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State="$apt/state" -o Dir::State::Status="$apt/status" -o Dir::Cache="$apt/cache"
    -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Acquire::Retries=3
    -o Dpkg::Use-Pty=0)
apt-get "${options[@]}" update
apt-get "${options[@]}" install --download-only "swiftlang=$VERSION" libc6-dev libstdc++-14-dev \
    base-files bash coreutils findutils grep sed >/dev/null

# Left out: debugger, editor servers, documentation, and what only embedded or static builds need.
leave=(--exclude=./usr/share/{doc,man,locale})
for part in bin/lldb bin/clangd bin/sourcekit-lsp bin/docc bin/repl_swift lib/liblldb lib/libLTO \
    lib/libsourcekitd lib/swift/embedded lib/swift_static; do
    leave+=(--exclude="*/libexec/swift/$part*")
done
rm -rf "$root"
mkdir -p "$root"
for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -xC "$root" --no-same-owner "${leave[@]}"
done
rm -rf "$apt"
touch "$ready"
