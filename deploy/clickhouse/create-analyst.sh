#!/bin/bash
# Run once by the ClickHouse image on an empty volume: the read-only login of docs/lineage.md.
# The server gets a hash; the password itself stays in the secret.
set -eu
hash=$(tr -d '\r\n' </run/secrets/clickhouse-analyst | sha256sum | cut -d ' ' -f 1)
CLICKHOUSE_PASSWORD=$(cat /run/secrets/clickhouse-writer)
export CLICKHOUSE_USER CLICKHOUSE_PASSWORD
clickhouse-client --multiquery <<SQL
CREATE SETTINGS PROFILE IF NOT EXISTS analyst SETTINGS readonly = 2, max_execution_time = 60 MAX 60, max_memory_usage = 2000000000 MAX 2000000000;
CREATE USER IF NOT EXISTS analyst IDENTIFIED WITH sha256_hash BY '$hash' SETTINGS PROFILE analyst;
GRANT SELECT, SHOW ON weir.* TO analyst;
SQL
