#!/usr/bin/env bash
# Every test, from a clean checkout: `./test.sh fast` is lint, types and unit tests; `./test.sh` is what CI runs.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

usage() {
  cat <<'TEXT'
Usage: ./test.sh [fast | molecule [SCENARIO] | e2e | full | tools]

  fast                 lint, types and unit tests, back and front (a little over 2 minutes on two idle cores once the tools are there)
  molecule [SCENARIO]  real machines; without a name every scenario of CI
  e2e                  the browser test against GROUNDWORK_E2E_URL
  full                 everything, the long forms too
  tools                install the tools only
  (nothing)            fast, the slow unit tests, most scenarios, deploys under load: what CI runs

Installs what it needs: Debian packages (as root or with sudo), .venv and web/node_modules.
TEXT
}

# Scenarios of CI, two at a time from one line: most of the time of each is one process that waits for another. While
# default's browser holds the lab's networks still no machine can be made, so the longest one stands beside it.
SCENARIOS=(debian13 default release supervisor setup)
SCENARIOS_FULL=(sites remote model restore) # in `full` only
# Both Debians: the newcomer comes on 13, where what default sees on 12 is seen too.
declare -A DEBIAN=([setup]=trixie [debian13]=trixie)
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
bundle=/etc/ssl/certs/ca-certificates.crt
if [ -r "$bundle" ]; then
  export PIP_CERT=${PIP_CERT:-$bundle} SSL_CERT_FILE=${SSL_CERT_FILE:-$bundle} NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$bundle}
fi
export PATH=$PWD/.venv/bin:$PATH
# Where it is set, each of some hundred processes compiles all it imports again: half of the time of most.
unset PYTHONDONTWRITEBYTECODE

section() { printf '\n\033[1m== %s  (%s s)\033[0m\n' "$1" "$SECONDS"; }

debian() { # debian PACKAGE...: installs those that are missing
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  section "Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

tools() {
  debian ca-certificates git python3-venv nginx-light restic
  local digest
  digest=$(sha256sum requirements/dev.txt | cut -d' ' -f1)
  if [ "$(cat .venv/.tools 2>/dev/null)" != "$digest" ]; then
    section 'Python tools into .venv'
    [ -x .venv/bin/python ] || /usr/bin/python3 -m venv .venv
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --require-hashes -r roles/uv/files/requirements.txt
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/dev.txt
    echo "$digest" >.venv/.tools
  fi
  digest=$(sha256sum web/package-lock.json | cut -d' ' -f1)
  if [ "$(cat web/node_modules/.tools 2>/dev/null)" != "$digest" ]; then
    section 'Node packages into web/node_modules'
    (cd web && npm ci --silent --no-audit --no-fund)
    echo "$digest" >web/node_modules/.tools
  fi
}

# Two commands at a time from one line, in the order given: the longest first, so that both cores are busy to the end.
# What one prints is kept until it ends, so that two side by side stay readable.
side_by_side() {
  local job failed=0 running=0
  declare -A logs=()
  for job in "$@"; do
    [ "$running" -lt 2 ] || one_ended
    local log words
    log=$(mktemp)
    read -ra words <<<"$job"
    "${words[@]}" >"$log" 2>&1 &
    logs[$!]=$log
    running=$((running + 1))
  done
  while [ "$running" -gt 0 ]; do one_ended; done
  return "$failed"
}
one_ended() { # of side_by_side, whose variables these are
  local pid
  wait -n -p pid "${!logs[@]}" || failed=1
  cat "${logs[$pid]}"
  rm -f "${logs[$pid]}"
  unset "logs[$pid]"
  running=$((running - 1))
}

# With its temporary files in memory, where there is room: databases that live for a second wait for no disk. They stay
# for whoever looks for the reason of a failure.
in_memory() {
  local folder='' room=0
  [ ! -w /dev/shm ] || room=$(df --output=avail /dev/shm | tail -1)
  [ "$room" -lt 4000000 ] || folder=$(mktemp -d /dev/shm/groundwork-XXXXXX)
  TMPDIR=${folder:-${TMPDIR:-/tmp}} "$@"
  [ -z "$folder" ] || rm -rf "$folder"
}

lint_python() (
  set -e
  section 'ruff, mypy'
  ruff check .
  ruff format --check .
  mypy
)
lint_provisioning() (
  set -e
  section 'shellcheck, yamllint, ansible-lint'
  git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck
  yamllint --strict .
  python tests/ansible_lint.py -q
)
lint_web() (
  set -e
  section 'openapi, eslint'
  python -m app openapi | diff - web/openapi.json || { echo 'web/openapi.json is stale: python -m app openapi --output web/openapi.json && (cd web && npm run gen:api)'; exit 1; }
  cd web
  npm run --silent check:api
  npm run --silent lint -- --cache --cache-strategy content --cache-location node_modules/.cache/eslint/
)
types_web() (
  set -e
  section 'vue-tsc'
  cd web
  npm run --silent typecheck
)
unit_web() (
  set -e
  section 'vitest'
  cd web
  npm test --silent
)
unit_app() (
  set -e
  section 'pytest: the back end'
  in_memory python -m pytest -q -m 'not slow' tests/app
)
unit_provision() (
  set -e
  section 'pytest: modules, templates, output'
  python -m pytest -q -m 'not slow' tests/provision tests/bench
)

slow_app() (
  set -e
  section 'pytest, slow: the back end'
  APP_FUZZ_CASES=${GROUNDWORK_FULL:+25} python -m pytest -q -m slow tests/app
)
slow_provision() (
  set -e
  section 'pytest, slow: real playbooks, development'
  python -m pytest -q -m slow tests/provision
  if [ -n "${GROUNDWORK_FULL:-}" ]; then
    section 'bench: lists'
    python bench/lists.py
  fi
)

fast() {
  tools
  section 'fast: two at a time'
  side_by_side unit_app lint_provisioning unit_provision unit_web lint_python types_web lint_web
  section 'fast is green'
}

lab_tools() {
  debian podman runc netavark aardvark-dns iptables mmdebstrap openssh-client wrk # wrk: bench/stack.py
  browser
}

browser() { # a public runner brings Chrome, and Ubuntu's chromium is not a Debian package
  command -v google-chrome >/dev/null || debian chromium
  debian fonts-noto-cjk
}

molecule_scenario() {
  local debian=${GROUNDWORK_LAB_RELEASE:-${DEBIAN[$1]:-bookworm}}
  section "molecule $1 on $debian"
  GROUNDWORK_LAB_RELEASE=$debian molecule test --scenario-name "$1"
}

# Once, before two scenarios would do it at the same time.
web_built() {
  section 'the front end'
  ANSIBLE_STDOUT_CALLBACK=default ansible localhost --connection local --module-name include_role --args name=web_build >/dev/null
}

under_load() {
  section 'deploys under load, the short form'
  python bench/deploy_under_load.py --short --rate 100
}

molecule_all() {
  lab_tools
  if [ $# -gt 0 ]; then
    local scenario
    for scenario in "$@"; do molecule_scenario "$scenario"; done
    return
  fi
  web_built
  side_by_side "${SCENARIOS[@]/#/molecule_scenario }" under_load
  [ -z "${GROUNDWORK_FULL:-}" ] || side_by_side "${SCENARIOS_FULL[@]/#/molecule_scenario }"
}

e2e() {
  browser
  python -m pytest -q tests/e2e
}

case ${1:-all} in
  fast) fast ;;
  molecule) shift; tools; molecule_all "$@" ;;
  e2e) tools; e2e ;;
  tools) tools; lab_tools ;;
  tools-here) tools ;; # without those for machines and browsers
  all | full)
    [ "${1:-all}" = all ] || export GROUNDWORK_FULL=1 # the long forms
    fast
    debian postgresql # its own service does not matter: the tests start one themselves
    # Where systemd rules it would start a server for everybody; the tests of SFTP say so when it is missing.
    [ -d /run/systemd/system ] || debian openssh-server
    section 'slow: two at a time'
    side_by_side slow_app slow_provision
    molecule_all
    section 'everything is green'
    ;;
  --help | -h | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
