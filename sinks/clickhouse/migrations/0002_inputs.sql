-- What was perceived: every input of every cycle with its coordinates, and the cycles.

CREATE TABLE IF NOT EXISTS inputs
(
    group_id           LowCardinality(String) COMMENT 'Liquidity group',
    cycle              UInt64 COMMENT 'Cycle of the group that the input is in' CODEC(Delta, ZSTD(1)),
    input_index        UInt32 COMMENT 'Index of the input in the cycle, from 0' CODEC(T64, ZSTD(1)),
    source             UInt32 COMMENT 'Number of the source, see sources' CODEC(T64, ZSTD(1)),
    stream             LowCardinality(String) COMMENT 'Stream, such as cash-movement',
    source_name        LowCardinality(String) COMMENT 'File below the input folder, topic and partition, or venue:ID',
    position           UInt64 COMMENT 'Record number in the source, from 0' CODEC(Delta, ZSTD(1)),
    arrived_at         DateTime64(6, 'UTC') COMMENT 'Arrival, virtual or real' CODEC(Delta, ZSTD(1)),
    event_time         Nullable(DateTime64(6, 'UTC')) COMMENT 'When the fact became true; NULL when the record could not be decoded' CODEC(Delta, ZSTD(1)),
    disposition        LowCardinality(String) COMMENT 'accepted, duplicate, superseded, late (applied all the same) or dead-letter',
    touched            LowCardinality(String) COMMENT 'What it changed, such as account:ACC-1; empty when nothing',
    record_id          Nullable(UUID) COMMENT 'movementId, reportId, expectedFlowId, executionId or commandId; NULL for records without an id' CODEC(ZSTD(1)),
    account_id         LowCardinality(String) COMMENT 'Account the record speaks of; empty when none',
    amount_minor       Nullable(Int64) COMMENT 'Amount, balance, limit or value the record states, minor units; NULL when none' CODEC(ZSTD(1)),
    currency           LowCardinality(String) COMMENT 'ISO 4217 code of amount_minor; empty when none',
    kind               LowCardinality(String) COMMENT 'Kind within the stream: of movement, balance, quote or command, or the status of an execution; empty when none',
    schema_fingerprint LowCardinality(String) COMMENT 'SHA-256 of the writer schema''s parsing canonical form, hex',
    closed_at          DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence           UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1)),
    INDEX record_id_filter record_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX coordinates_filter cityHash64(source, position) TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle, input_index)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'One row an input of a cycle: where it came from, what it said and what became of it';

CREATE TABLE IF NOT EXISTS cycles
(
    group_id        LowCardinality(String) COMMENT 'Liquidity group',
    cycle           UInt64 COMMENT 'Number of the cycle in its group, from 0' CODEC(Delta, ZSTD(1)),
    closed_at       DateTime64(6, 'UTC') COMMENT 'Closing time; the only clock that the decision saw' CODEC(Delta, ZSTD(1)),
    inputs          UInt32 COMMENT 'Inputs of the cycle' CODEC(T64, ZSTD(1)),
    accepted        UInt32 COMMENT 'Inputs accepted in time' CODEC(T64, ZSTD(1)),
    duplicates      UInt32 COMMENT 'Inputs without effect because their id was known' CODEC(T64, ZSTD(1)),
    superseded      UInt32 COMMENT 'Quotes older than the one held, expected flows whose movement had come' CODEC(T64, ZSTD(1)),
    late            UInt32 COMMENT 'Inputs that came late and were applied' CODEC(T64, ZSTD(1)),
    dead_letters    UInt32 COMMENT 'Inputs that could not be used' CODEC(T64, ZSTD(1)),
    gaps            UInt32 COMMENT 'Sequence numbers found missing' CODEC(T64, ZSTD(1)),
    decisions       UInt32 COMMENT 'Decisions made, 0 or 1' CODEC(T64, ZSTD(1)),
    instructions    UInt32 COMMENT 'Instructions proposed' CODEC(T64, ZSTD(1)),
    decision_digest String COMMENT 'SHA-256 chain over the group''s decisions, instructions and their events up to here, hex' CODEC(ZSTD(1)),
    apply_micros    Float64 COMMENT 'Time spent applying the cycle, microseconds; measured, not part of any digest' CODEC(ZSTD(1)),
    solve_micros    Float64 COMMENT 'Time of it spent in the optimizer, microseconds' CODEC(ZSTD(1)),
    worker          UInt32 COMMENT 'Stage worker, from 0' CODEC(T64, ZSTD(1)),
    cycle_sequence  UInt64 COMMENT 'Journal entry of the cycle; sequence is that of its result' CODEC(Delta, ZSTD(1)),
    sequence        UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'One row a cycle: an ordered batch of inputs of one group and what became of it';

CREATE TABLE IF NOT EXISTS dead_letters
(
    group_id    LowCardinality(String) COMMENT 'Group it was addressed to; ~unrouted when that cannot be told',
    cycle       UInt64 COMMENT 'Cycle that refused it' CODEC(Delta, ZSTD(1)),
    input_index UInt32 COMMENT 'Index of the input in the cycle' CODEC(T64, ZSTD(1)),
    stream      LowCardinality(String) COMMENT 'Stream it came on',
    source_name LowCardinality(String) COMMENT 'File, topic or venue',
    position    UInt64 COMMENT 'Record number in the source, from 0' CODEC(Delta, ZSTD(1)),
    reason      LowCardinality(String) COMMENT 'Stable code, such as out-of-range',
    detail      String COMMENT 'One sentence with the offending value' CODEC(ZSTD(3)),
    payload     String COMMENT 'The record as it came, at most 64 KiB of it; read it with hex(payload)' CODEC(ZSTD(3)),
    closed_at   DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence    UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle, input_index)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Inputs that could not be used, with the reason; nothing is dropped silently';
