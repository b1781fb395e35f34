#!/bin/sh
# PID 1 of a machine without a service manager: sshd for the tests, and supervisor where it is installed, as the start command
# of such a container would. It ends when it is asked to, and buries every orphan.
mkdir -p /run/sshd
/usr/sbin/sshd
[ ! -x /usr/bin/supervisord ] || exec /usr/bin/supervisord -n -c /etc/supervisor/supervisord.conf
trap 'exit 0' TERM
while :; do sleep 1 & wait $!; done
