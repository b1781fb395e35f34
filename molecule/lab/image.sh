#!/bin/sh
# Builds the image of the test machines if there is none of today's recipe, and prints its name as the last line.
#
#   image.sh RELEASE [INIT]
#
# INIT is systemd, or `none` for a machine without any service manager, as a container usually is.
# A bare Debian as a provider would hand it over: systemd, sshd, Python and git, and package lists, because check mode on a
# fresh machine asks apt what it would install. With no GROUNDWORK_LAB_BASE_IMAGE it is built from Debian's packages, so that
# no container registry is needed.
set -eu

release=${1:?usage: image.sh RELEASE [INIT]}
init=${2:-systemd}
base=${GROUNDWORK_LAB_BASE_IMAGE:-}
mirror=${GROUNDWORK_LAB_MIRROR:-}
days=${GROUNDWORK_LAB_IMAGE_DAYS:-7}
packages="ca-certificates git iproute2 openssh-server procps python3 python3-apt sudo"
case $init in
systemd) packages="$packages dbus libpam-systemd systemd systemd-sysv" ;;
none) ;;
*) echo "image.sh: INIT is systemd or none, not $init" >&2; exit 2 ;;
esac
PATH=$PATH:/usr/sbin:/sbin

if [ -n "${GROUNDWORK_LAB_IMAGE:-}" ] && [ "$init" = systemd ]; then
    echo "$GROUNDWORK_LAB_IMAGE"
    exit 0
fi

recipe=$( (cat "$0"; echo "$release $init $base $mirror") | sha256sum | cut -c1-12)
image=localhost/groundwork-lab:$release-$recipe

# One build at a time: two scenarios may start together.
lock=${TMPDIR:-/tmp}/groundwork-lab-image.lock
exec 9>"$lock"
flock 9

if podman image exists "$image"; then
    built=$(podman image inspect --format '{{ index .Labels "groundwork.lab.built" }}' "$image")
    if [ $(($(date +%s) - built)) -lt $((days * 86400)) ]; then
        echo "$image"
        exit 0
    fi
    echo "image.sh: $image is older than $days days, building it again" >&2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
label="groundwork.lab.built=$(date +%s)"

if [ -n "$base" ]; then
    cat >"$work/Containerfile" <<EOF
FROM $base
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages \\
 && apt-get clean
LABEL $label
CMD ["/sbin/init"]
EOF
    podman build --pull=missing --tag "$image" --file "$work/Containerfile" "$work" >&2
else
    for tool in mmdebstrap podman; do
        command -v "$tool" >/dev/null || {
            echo "image.sh: $tool is missing. On Debian: apt-get install --no-install-recommends $tool" >&2
            exit 1
        }
    done
    include=$(echo "$packages" | tr ' ' ',')
    # shellcheck disable=SC2086  # an empty mirror must be no argument: mmdebstrap then writes Debian's usual sources
    mmdebstrap --variant=minbase --include="$include" --skip=cleanup/apt/lists "$release" "$work/image.tar" $mirror >&2
    podman import --change "LABEL $label" --change 'CMD ["/sbin/init"]' "$work/image.tar" "$image" >&2
fi
echo "$image"
