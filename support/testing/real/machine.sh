#!/bin/sh
# The first process of a machine, in namespaces of its own. Everything it mounts is gone with it.
# machine.sh <folder for its root> <its name> <its hosts file> <folder of stand-ins>
set -e
home=$1 name=$2 hosts=$3 stand_ins=$4
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$home"
mkdir "$home/upper" "$home/work" "$home/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$home/upper,workdir=$home/work" "$home/root"
root=$home/root
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -m 1777 "$root/run/lock"
# What is on another file system of the machine is not in the overlay.
for folder in "$PROGRAM" "$NODE"; do
  [ -n "$(ls -A "$root$folder" 2>/dev/null)" ] && continue
  mkdir -p "$root$folder"
  mount --bind -o ro "$folder" "$root$folder"
done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
rm -rf "$root/etc/mcollective" "$root/etc/lockstep" "$root/var/lib/rabbitmq/mnesia"
mount -t tmpfs -o mode=700 tmpfs "$root/root"
mkdir -p "$root/shared"
cp "$hosts" "$root/etc/hosts"
cp "$stand_ins"/* "$root/usr/local/sbin/"
mount --bind "$SHARED" "$root/shared"
hostname "$name"
ip link set lo up
echo ready
# This shell stays the first process: it buries what daemons leave behind.
while :; do sleep 1; done
