#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, once; existing ones are kept.
set -eu
folder="${1:-$(dirname "$0")/../secrets}"
mkdir -p "$folder"
chmod 0700 "$folder"  # the files must be readable by the container's own user, so the folder keeps others out

random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
keep_or_make() { [ -s "$folder/$1" ] || printf '%s\n' "$2" > "$folder/$1"; chmod 0644 "$folder/$1"; }

keep_or_make postgres_password "$(random)"
keep_or_make database_url "postgresql://portal_app:$(random)@db:5432/portal"
keep_or_make migrate_database_url "postgresql://portal_owner:$(random)@db:5432/portal"
keep_or_make secret_key "$(random)$(random)"
keep_or_make field_keys "first:$(head -c 32 /dev/urandom | base64 | tr -d '\n')"
