# A PostgreSQL server in a folder: installing, creating, starting and ending it. Source it after common.sh.
# shellcheck shell=bash

INSTALLED="$RILL_ROOT/.tools/pgserver"
DEFAULT_PLACE="$RILL_ROOT/.tools/postgres"
PLACE="$DEFAULT_PLACE"
STOP_MODE=fast
DURABLE=false
KEPT_PORT=''

# --- installing --------------------------------------------------------------------------------------------------

install_postgres() {
  local wanted stamp="$INSTALLED/.installed" work python
  wanted="$(grep -v '^#' scripts/postgres-requirements.txt)"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  say "Installing PostgreSQL with pgvector into .tools/pgserver" >&2
  mkdir -p "$(dirname "$INSTALLED")"
  work="$(mktemp -d "$(dirname "$INSTALLED")/.pgserver.XXXXXX")"
  python="$(python_with_pip "$work")" || fail "Python 3.10 or newer with pip or venv is missing; PostgreSQL is installed with it." \
    "Install it (Debian and Ubuntu: apt-get install python3 python3-venv), then run this again."
  if ! "$python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
    --retries 5 --root-user-action ignore --target "$work/new" -r scripts/postgres-requirements.txt >&2; then
    rm -rf "$work"
    fail "PostgreSQL could not be installed: the Python package index has none for this system, or cannot be reached." \
      "Name a server of your own in RILL_TEST_POSTGRES_URL, then run this again."
  fi
  printf '%s\n' "$wanted" >"$work/new/.installed"
  rm -rf "$INSTALLED"
  mv "$work/new" "$INSTALLED"
  rm -rf "$work"
}

# Prints a Python that has pip: the tools' own, the system's, or a new environment in the folder $1.
python_with_pip() {
  local candidate
  for candidate in "$RILL_VENV/bin/python" python3 /usr/bin/python3; do
    if "$candidate" -m pip --version >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -m venv "$1/venv" >/dev/null 2>&1; then
      printf '%s\n' "$1/venv/bin/python"
      return
    fi
  done
  return 1
}

# --- where it is, and who runs it --------------------------------------------------------------------------------

# Sets SERVER_USER (empty: the caller), SERVER_HOME, DATA and BIN. With the argument `existing`, fails where there is none.
find_home() {
  SERVER_USER='' SERVER_HOME="$PLACE"
  if [ -f "$PLACE/home" ]; then SERVER_HOME="$(cat "$PLACE/home")"; fi
  if [ "${1:-}" = existing ] && [ ! -d "$SERVER_HOME/data" ]; then return 1; fi
  # PostgreSQL refuses to run as root: then it runs as whoever the data belongs to, or as nobody.
  if [ "$(id -u)" -eq 0 ]; then
    SERVER_USER=nobody
    if [ -d "$SERVER_HOME/data" ]; then SERVER_USER="$(stat -c %U "$SERVER_HOME/data")"; fi
  fi
  make_home
  DATA="$SERVER_HOME/data"
  BIN="$(echo "$SERVER_HOME"/pgserver/*/pginstall/bin)"
  if [ ! -x "$BIN/postgres" ]; then BIN="$(echo "$INSTALLED"/*/pginstall/bin)"; fi
}

# That user has to get to the data and to the programs. Where the clone is below a folder that is closed to others, both go
# into a temporary folder, whose name is kept.
make_home() {
  mkdir -p "$PLACE" "$SERVER_HOME"
  # Without links, as the system tells the folder of a process.
  SERVER_HOME="$(cd "$SERVER_HOME" && pwd -P)"
  [ -n "$SERVER_USER" ] || return 0
  if ! can_reach "$SERVER_HOME" || ! can_reach "$(echo "$INSTALLED"/*/pginstall/bin/postgres)"; then
    if [ ! -f "$PLACE/home" ]; then
      SERVER_HOME="$(mktemp -d "${TMPDIR:-/tmp}/rill-postgres.XXXXXX")"
      printf '%s\n' "$SERVER_HOME" >"$PLACE/home"
    fi
    chmod 755 "$SERVER_HOME"
    can_reach "$SERVER_HOME" || fail "The user $SERVER_USER, as whom PostgreSQL runs, cannot get to $SERVER_HOME."
    if ! cmp -s "$INSTALLED/.installed" "$SERVER_HOME/pgserver/.installed"; then
      rm -rf "$SERVER_HOME/pgserver"
      cp -R "$INSTALLED" "$SERVER_HOME/pgserver.new"
      mv "$SERVER_HOME/pgserver.new" "$SERVER_HOME/pgserver"
    fi
  fi
  chown "$SERVER_USER" "$SERVER_HOME"
}

can_reach() { as_server test -x "$1"; }

# Runs a command as the user of the server, in a folder that every user can be in.
as_server() (
  cd /
  if [ -n "$SERVER_USER" ]; then exec runuser -u "$SERVER_USER" -- "$@"; else exec "$@"; fi
)

# --- the server --------------------------------------------------------------------------------------------------

# The fourth line of PostgreSQL's own file; nothing where there is none.
recorded_port() { sed -n 4p "$DATA/postmaster.pid" 2>/dev/null || true; }

server_url() { printf 'postgres://rill@127.0.0.1:%s/postgres\n' "$(recorded_port)"; }

ask() { "$BIN/psql" "$(server_url)" -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# A server answers at the recorded port, and it is this one: ports are used again by others.
answers() {
  [ -n "$(recorded_port)" ] && [ "$(PGCONNECT_TIMEOUT=5 ask 'SHOW data_directory' 2>/dev/null)" = "$DATA" ]
}

# A server that was killed leaves its file, whose process number another program may have by now, and perhaps processes that
# have not noticed yet.
end_what_is_left() {
  local pid tries
  pid="$(sed -n 1p "$DATA/postmaster.pid" 2>/dev/null || true)"
  [ -n "$pid" ] || return 0
  for tries in {1..100}; do
    is_ours "$pid" || break
    # Starting, or hanging: it has not answered.
    if [ "$tries" -eq 1 ]; then as_server "$BIN/pg_ctl" -D "$DATA" -m immediate -t 30 stop >/dev/null 2>&1 || kill -KILL "$pid"; fi
    sleep 0.1
  done
  rm -f "$DATA/postmaster.pid"
}

# Whether a process is a server on this data.
is_ours() {
  if [ -d /proc/self ]; then
    [ "$(readlink "/proc/$1/cwd" 2>/dev/null)" = "$DATA" ]
  else
    case "$(ps -o command= -p "$1" 2>/dev/null)" in *postgres*"$DATA"*) ;; *) return 1 ;; esac
  fi
}

create_cluster() {
  [ ! -f "$DATA/PG_VERSION" ] || return 0
  local locale=C.UTF-8
  if [ "$(uname -s)" = Darwin ]; then locale=en_US.UTF-8; fi
  # Renamed when it is complete, so that an interrupted start leaves nothing that looks like a cluster.
  rm -rf "$DATA" "$DATA.new"
  as_server "$BIN/initdb" -D "$DATA.new" -U rill --auth=trust -E UTF8 --locale="$locale" --no-sync >"$PLACE/initdb.log" 2>&1 ||
    fail "PostgreSQL could not be set up; its last lines:" "$(tail -n 5 "$PLACE/initdb.log")"
  mv "$DATA.new" "$DATA"
}

write_settings() {
  local sync=off
  if [ "$DURABLE" = true ]; then sync=on; fi
  # No Unix sockets: their paths may be too long for the system.
  cat >"$DATA/postgresql.auto.conf" <<EOF
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = 300
fsync = $sync
synchronous_commit = $sync
full_page_writes = $sync
EOF
}

# Another program may take the port between the choice and the start, and the memory of a server that was killed is in use
# until its last process has gone: a few tries.
start_server() {
  local tries port
  for tries in {1..20}; do
    port="${KEPT_PORT:-$(free_port)}"
    write_settings "$port"
    if as_server "$BIN/pg_ctl" -D "$DATA" -w -t 60 -l "$SERVER_HOME/log" start >/dev/null 2>&1; then
      # In a schema that no test drops.
      ask 'CREATE EXTENSION IF NOT EXISTS vector SCHEMA public' 2>/dev/null
      return
    fi
    sleep 0.5
  done
  fail "PostgreSQL did not start; the end of its log:" "$(tail -n 10 "$SERVER_HOME/log")"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

stop_server() {
  [ -f "$DATA/postmaster.pid" ] || return 0
  is_ours "$(sed -n 1p "$DATA/postmaster.pid")" || return 0
  as_server "$BIN/pg_ctl" -D "$DATA" -w -t 60 -m "$STOP_MODE" stop >/dev/null ||
    fail "PostgreSQL did not end; the end of its log:" "$(tail -n 10 "$SERVER_HOME/log")"
}
