#!/usr/bin/env bash
# A bare Debian machine to a running, proven product: installs the toolchain into .venv, then runs site.yml on this machine,
# or over SSH on another.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

usage() {
  cat <<'TEXT'
Usage: ./setup.sh [USER@HOST] [--port N] [--domain NAME] [--check] [ANSIBLE OPTIONS]

Takes this machine (Debian 12 or 13, as root or with sudo) to a running site, and proves it.

  USER@HOST       do it on that machine instead, over SSH with your key; its choices are kept in inventory/remote/HOST

  --port N        port on which the site answers (default 80); remembered for later runs
  --domain NAME   name of the site; without one it answers under every name and address; remembered
  --check         say what would change, and change nothing but the toolchain in .venv
  --help          this text

Any other option goes to ansible-playbook: --diff, -v, --tags release, -e service_workers=2 ...
Running it again changes nothing unless something is different.
TEXT
}

say() { if [ -t 1 ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }
stop() {
  printf '\nsetup.sh stopped while it %s.\n  Why:  %s\n  Do:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}

target='' port='' domain='' domain_given='' check='' passed=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --port) [ $# -ge 2 ] || stop 'read its options' '--port wants a number' './setup.sh --help'; port=$2; shift 2 ;;
    --port=*) port=${1#*=}; shift ;;
    --domain) [ $# -ge 2 ] || stop 'read its options' '--domain wants a name' './setup.sh --help'; domain=$2 domain_given=1; shift 2 ;;
    --domain=*) domain=${1#*=} domain_given=1; shift ;;
    --check) check=1; passed+=(--check); shift ;;
    [a-zA-Z_]*@[a-zA-Z0-9]*) target=$1; shift ;;
    *) passed+=("$1"); shift ;;
  esac
done
if [ -n "$port" ] && ! { [[ $port =~ ^[0-9]{1,5}$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ]; }; then
  stop 'read its options' "--port is '$port', which is not a port number" './setup.sh --port 8080'
fi
if [ -n "$domain" ] && ! [[ $domain =~ ^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$ ]]; then
  stop 'read its options' "--domain is '$domain', which is not a host name" './setup.sh --domain www.example.com'
fi

# --- another machine ---------------------------------------------------------------------------------------------------
reach() { # what SSH says when it fails, in words that help
  local host=${target#*@} said became='' word
  said=$(ssh -o BatchMode=yes -o ConnectTimeout=10 "$target" \
    'echo "there:uid=$(id -u);"; command -v python3 >/dev/null && echo there:python; sudo -n true 2>/dev/null && echo there:sudo; true' 2>&1) || true
  case $said in
    *there:uid=*) ;;
    *'REMOTE HOST IDENTIFICATION HAS CHANGED'*)
      stop "connected to $host" 'its host key is not the one it had: it was installed anew, or somebody stands between you and it' \
        "make sure which, then: ssh-keygen -R $host && ssh $target" ;;
    *'Host key verification failed'*)
      stop "connected to $host" 'its host key is not known here' "ssh $target   (compare the fingerprint it shows, then say yes)" ;;
    *'Permission denied'*)
      stop "connected to $host" "it does not let ${target%@*} in with a key of yours" "ssh-copy-id $target" ;;
    *) stop "connected to $host" "ssh said: ${said:-nothing}" "ssh -v $target" ;;
  esac
  case $said in *there:python*) ;; *)
    stop "looked at $host" 'it has no Python, which Ansible needs there' "ssh -t $target 'sudo apt-get update && sudo apt-get install -y python3'" ;;
  esac
  for word in "${passed[@]}"; do case $word in -K | --ask-become-pass) became=1 ;; esac; done
  case $said in *'there:uid=0;'* | *there:sudo*) ;; *)
    [ -n "$became" ] || stop "asked for the rights of root on $host" "${target%@*} may not use sudo there without a password" \
      "./setup.sh $target --ask-become-pass   (if there is a password; otherwise, as root there: adduser ${target%@*} sudo)" ;;
  esac
}
inventory=inventory/local host=localhost
if [ -n "$target" ]; then
  reach
  host=${target#*@} inventory=inventory/remote/${target#*@}
  mkdir -p "$inventory"
  cat >"$inventory/hosts.yml" <<YAML
---
# Written by setup.sh $target; what you choose is in host_vars/.
app:
  hosts:
    $host:
      ansible_user: ${target%@*}
      ansible_python_interpreter: /usr/bin/python3
YAML
fi

# --- the machine -------------------------------------------------------------------------------------------------------
[ -r /etc/debian_version ] || stop 'looked at the machine' 'this is not Debian' 'run it on Debian 12 or 13'
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || stop 'looked at the machine' 'you are not root and there is no sudo' 'run it as root: su -c ./setup.sh'
  sudo -v || stop 'asked for the rights of root' 'sudo refused' 'run it as root, or as a user who may use sudo'
  as_root=(sudo)
fi
# The system's CA bundle, so that a company's own CA holds for pip, uv and npm too.
bundle=/etc/ssl/certs/ca-certificates.crt
if [ -r "$bundle" ]; then
  export PIP_CERT=${PIP_CERT:-$bundle} SSL_CERT_FILE=${SSL_CERT_FILE:-$bundle} NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$bundle}
fi

# --- the toolchain -----------------------------------------------------------------------------------------------------
log=.cache/setup.log
mkdir -p .cache
: >"$log"
run() { # run WHAT COMMAND...: quiet, with the log's end shown when it fails
  local what=$1
  shift
  if ! "$@" >>"$log" 2>&1; then
    tail -n 15 "$log" >&2
    stop "$what" "the command failed: $*" "mend what the lines above say, then run it again (whole log: $log)"
  fi
}

# sudo forgets the proxy that this machine's downloads go through.
proxied=()
for name in http_proxy https_proxy no_proxy; do [ -z "${!name:-}" ] || proxied+=("$name=${!name}"); done
missing=()
for package in ca-certificates python3-apt python3-venv; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "Installing ${missing[*]}"
  run 'read the package lists' "${as_root[@]}" env "${proxied[@]}" apt-get update
  run 'installed Debian packages' "${as_root[@]}" env "${proxied[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
fi

digest=$(sha256sum requirements/ops.txt roles/uv/files/requirements.txt | sha256sum | cut -d' ' -f1)
if [ "$(cat .venv/.toolchain 2>/dev/null)" != "$digest" ]; then
  say 'Installing the toolchain into .venv (uv, Ansible, Node)'
  [ -x .venv/bin/python ] || run 'made the virtual environment' /usr/bin/python3 -m venv .venv
  run 'installed uv' .venv/bin/python -m pip install --quiet --require-hashes -r roles/uv/files/requirements.txt
  run 'installed Ansible and Node' .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/ops.txt
  echo "$digest" >.venv/.toolchain
fi
PATH=$PWD/.venv/bin:$PATH

# --- the product -------------------------------------------------------------------------------------------------------
choices=$inventory/host_vars/$host.yml
if [ -n "$port$domain_given" ]; then
  mkdir -p "$(dirname "$choices")"
  [ -e "$choices" ] || printf '%s\n' '---' '# Options given to setup.sh; a later run without them keeps these.' >"$choices"
  remember() { sed -i "/^$1:/d" "$choices" && printf '%s: %s\n' "$1" "$2" >>"$choices"; }
  [ -z "$port" ] || remember groundwork_http_port "$port"
  [ -z "$domain_given" ] || remember groundwork_domain "\"$domain\""
fi

[ ${#as_root[@]} -eq 0 ] || export ANSIBLE_BECOME_ASK_PASS=${ANSIBLE_BECOME_ASK_PASS:-False}
status=0
ansible-playbook -i "$inventory" site.yml "${passed[@]}" || status=$?
if [ "$status" -ne 0 ]; then
  printf '\nsetup.sh stopped while it ran site.yml (exit %s): the failed step, why, and what to do are above.\n' "$status" >&2
  printf 'Run it again when that is mended: ./setup.sh%s%s  (with -v for every task)\n' "${target:+ $target}" "${passed[*]:+ ${passed[*]}}" >&2
  exit "$status"
fi
[ -z "$check" ] || exit 0

# The first administrator's password: read once from a file that only root can read, then gone.
root=$(ansible-inventory -i "$inventory" --host "$host" | python3 -c '
import json, sys
known = json.load(sys.stdin)
print(known.get("groundwork_root") or "/srv/" + known.get("groundwork_name", "groundwork"))')
password_file=$root/shared/private/first-password
there() { if [ -n "$target" ]; then ssh -o BatchMode=yes "$target" "sudo -n $* 2>/dev/null || $*" 2>/dev/null; else "${as_root[@]}" "$@"; fi; }
if there test -s "$password_file"; then
  printf '\n  Log in as  admin\n  Password   %s\n\n  It is shown this once: the file it came from is deleted now.\n' "$(there cat "$password_file")"
  there rm -f "$password_file"
fi
