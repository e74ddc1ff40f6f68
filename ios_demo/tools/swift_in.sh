#!/usr/bin/env bash
# Runs CMD in FOLDER of this checkout, where `swift` is: the system's own, or the one that swift_setup.sh unpacked.
# There the checkout lies under its own path, and nothing else of this machine is seen. Call it from the top.
#
#     swift_in.sh TOOLCHAIN FOLDER CMD…
set -euo pipefail
if command -v swift >/dev/null; then
    cd "$2"
    shift 2
    exec "$@"
fi
root=$(realpath "$1")/root
folder=$(realpath "$2")
shift 2
namespaces=(-m --propagation private)
[ "$(id -u)" = 0 ] || namespaces+=(--map-root-user)
mkdir -p "$root$PWD"
exec unshare "${namespaces[@]}" bash -euc '
    root=$1 top=$2 folder=$3
    shift 3
    mount --rbind "$top" "$root$top"
    mount --rbind /proc "$root/proc" # the compiler finds its libraries through /proc/self/exe
    mount --rbind /dev "$root/dev"
    exec chroot "$root" /usr/bin/env -i HOME=/srv LANG=C.UTF-8 PATH=/usr/libexec/swift/bin:/usr/bin \
        bash -c "cd \"\$0\" && exec \"\$@\"" "$folder" "$@"' - "$root" "$PWD" "$folder" "$@"
