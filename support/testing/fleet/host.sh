#!/bin/sh
# The first process of a host, in namespaces of its own. Everything it mounts is gone with it.
# host.sh <folder for its root> <folder that it shares with the machine> <repository> <command …>
set -e
home=$1 shared=$2 repository=$3
shift 3
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$home"
mkdir "$home/upper" "$home/work" "$home/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$home/upper,workdir=$home/work" "$home/root"
root=$home/root
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root$shared"
mount --bind "$shared" "$root$shared"
# What is on another file system of the machine is not in the overlay.
for folder in "$PROGRAM" "$NODE"; do
  [ -n "$(ls -A "$root$folder" 2>/dev/null)" ] && continue
  mkdir -p "$root$folder"
  mount --bind -o ro "$folder" "$root$folder"
done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# It knows of no packages but those of its own repository.
rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d" "$root/var/lib/apt/lists"
mkdir -p "$root/etc/apt/sources.list.d" "$root/var/lib/apt/lists/partial"
echo "deb [trusted=yes] file:$repository ./" >"$root/etc/apt/sources.list"
ip link set lo up
export DEBIAN_FRONTEND=noninteractive
# Whoever is installed here starts its service by its own script.
chroot "$root" sh -c 'apt-get -q update && apt-get -q -y --no-install-recommends install "$0"' "mywebapp=$OLD"
# This shell stays the first process: it buries what daemons leave behind, and starts the daemon again as a service manager would.
while :; do
  chroot "$root" "$@" || true
  sleep 1
done
