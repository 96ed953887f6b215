#!/bin/sh
# Runs once in the database container: the owner of the tables, and the application, which cannot rewrite history.
set -eu
password_in() { sed -E 's|^[a-z]+://[^:]+:([^@]+)@.*|\1|' "$1"; }

psql --set ON_ERROR_STOP=1 --username postgres \
  --set owner="$(password_in /run/secrets/migrate_database_url)" \
  --set application="$(password_in /run/secrets/database_url)" <<'SQL'
CREATE ROLE portal_owner LOGIN PASSWORD :'owner';
CREATE ROLE portal_app LOGIN PASSWORD :'application';
CREATE DATABASE portal OWNER portal_owner;
SQL
