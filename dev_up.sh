#!/usr/bin/env bash
# Development in one terminal: the API, the worker and the pages, all reloaded at each change, over a database of their own.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

usage() {
  cat <<'TEXT'
Usage: ./dev_up.sh [--api-port N] [--web-port N]

Runs the API (uvicorn, port 8000), the worker that does the jobs, and the pages (Vite, port 5173, which passes /api on) until Ctrl-C,
which stops them all.
The database is .cache/development.db: made, brought to its schema and filled with demo data; delete the file to begin anew.
TEXT
}

api_port=8000 web_port=5173
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --api-port | --web-port)
      [[ ${2-} =~ ^[1-9][0-9]{0,4}$ ]] && [ "$2" -le 65535 ] || { echo "dev_up.sh: $1 wants a port number" >&2; exit 2; }
      if [ "$1" = --api-port ]; then api_port=$2; else web_port=$2; fi
      shift 2 ;;
    *) usage >&2; exit 2 ;;
  esac
done

if [ ! -x .venv/bin/uvicorn ] || [ ! -x web/node_modules/.bin/vite ]; then ./test.sh tools-here; fi
export PATH=$PWD/.venv/bin:$PATH

# Who holds the ports, if anybody: said before anything is started.
python - "$api_port --api-port" "$web_port --web-port" <<'PYTHON'
import sys
from pathlib import Path

sys.path.insert(0, str(Path("plugins/module_utils")))
from link_check.sockets import holders, listeners

taken = False
for port, option in (word.split() for word in sys.argv[1:]):
    here = [listener for listener in listeners() if listener.port == int(port)]
    who = [holder for found in holders({listener.inode for listener in here}).values() for holder in found]
    if here:
        taken = True
        names = f"{who[0].name} (pid {who[0].pid})" if who else "a program of another user"
        print(f"dev_up.sh: port {port} is held by {names}: stop it, or choose another with {option}", file=sys.stderr)
sys.exit(taken)
PYTHON

mkdir -p .cache
export APP_ENVIRONMENT=development APP_DEMO_DATA=true APP_DATABASE_URL="${APP_DATABASE_URL:-sqlite+aiosqlite:///$PWD/.cache/development.db}"
export DEV_API_TARGET="http://127.0.0.1:$api_port"
python -m app db upgrade
python -m app seed --demo-data

names=() pids=()
# run NAME COLOUR COMMAND...: in a session of its own, so that all of it can be ended; it also ends should this script be killed.
run() {
  local name=$1 colour=$2
  shift 2
  if [ -t 1 ]; then printf -v name '\033[%sm%s\033[0m' "$colour" "$name"; fi
  setsid setpriv --pdeathsig TERM "$@" > >(trap '' INT; exec sed -u "s/^/$name | /") 2>&1 </dev/null &
  names+=("$name") pids+=($!)
}

stop() {
  trap '' INT TERM
  local pid alive
  for pid in "${pids[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  for _ in {1..100}; do
    alive=0
    for pid in "${pids[@]}"; do if kill -0 -- "-$pid" 2>/dev/null; then alive=1; fi; done
    [ "$alive" -eq 1 ] || break
    sleep 0.1
  done
  for pid in "${pids[@]}"; do kill -KILL -- "-$pid" 2>/dev/null || true; done
  { wait; } 2>/dev/null
}
trap 'stop; exit 130' INT TERM HUP

run 'api' 36 python -m uvicorn app.main:app --reload --reload-dir app --host 127.0.0.1 --port "$api_port" \
  --timeout-graceful-shutdown 2 # a page that listens for events would hold it
run 'worker' 33 env APP_SLOT=worker APP_WORKER_GRACE_SECONDS=1 watchfiles --filter python 'python -m app worker run' app
run 'web' 35 node web/node_modules/vite/bin/vite.js web --host 127.0.0.1 --port "$web_port" --strictPort
echo "dev_up.sh: http://127.0.0.1:$web_port (the accounts are on the log-in page); Ctrl-C stops everything"

status=0
wait -n "${pids[@]}" || status=$?
for index in "${!pids[@]}"; do
  kill -0 "${pids[$index]}" 2>/dev/null || echo "dev_up.sh: ${names[$index]} ended (exit $status), so everything stops" >&2
done
stop
exit 1
