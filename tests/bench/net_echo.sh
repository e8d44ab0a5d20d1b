#!/bin/sh
# What a keep-alive POST of 102 bytes costs in CPU time on the server's side, beside nginx's `return 200`.
# tests/bench/net_echo.sh [BUILD_DIR] [SECONDS] [ROUNDS]; needs nginx, wrk and two processors.
set -eu
nginx_port=${NGINX_PORT:-18090}
build=${1:-build/release}
seconds=${2:-3}
rounds=${3:-5}
dir=$(mktemp -d)
servers=
trap 'kill $servers 2>/dev/null || true; rm -rf "$dir"' EXIT

cat >"$dir/nginx.conf" <<END
daemon off; worker_processes 1; pid $dir/pid; error_log $dir/error.log;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path $dir/body; proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/fastcgi; uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;
  server { listen 127.0.0.1:$nginx_port; location / { default_type application/json;
    return 200 '{"id":"0123456789","name":"Ada Lovelace","items":[1,2,3,4,5,6,7,8],"note":"a payload of 102 bytes, ok"}'; } } }
END
cat >"$dir/post.lua" <<'END'
wrk.method = "POST"
wrk.body = '{"id":"0123456789","name":"Ada Lovelace","items":[1,2,3,4,5,6,7,8],"note":"a payload of 102 bytes, ok"}'
wrk.headers["Content-Type"] = "application/json"
END
taskset -c 0 nginx -c "$dir/nginx.conf" 2>/dev/null &
nginx=$!
servers=$nginx
taskset -c 0 "$build/tests/bench/net_echo" >"$dir/port" &
echo=$!
servers="$servers $echo"
sleep 1
worker=$(pgrep -P "$nginx")

cpu_ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

# NAME PID PORT: prints requests/s and CPU microseconds per request.
measure() {
  before=$(cpu_ticks "$2")
  taskset -c 1 wrk -t1 -c64 -d"${seconds}s" -s "$dir/post.lua" "http://127.0.0.1:$3/" >"$dir/out"
  after=$(cpu_ticks "$2")
  awk -v ticks=$((after - before)) -v name="$1" '/requests in/ {n = $1} /Requests\/sec/ {rate = $2}
    /Non-2xx|Socket errors/ {print "  " $0}
    END {printf "%s %d %.3f\n", name, rate, ticks * 10000 / n}' "$dir/out"
}

round=0
while [ "$round" -lt "$rounds" ]; do
  measure nginx "$worker" $nginx_port
  measure weft "$echo" "$(cat "$dir/port")"
  round=$((round + 1))
done | tee "$dir/figures"
awk '!($1 in best) || $3 < best[$1] {best[$1] = $3}
  END {printf "least CPU us/request: nginx %.2f, weft %.2f, ratio %.2f\n", best["nginx"], best["weft"], best["weft"] / best["nginx"]}' "$dir/figures"
