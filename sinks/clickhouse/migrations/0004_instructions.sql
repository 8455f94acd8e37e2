-- What was done: instructions, the steps of their lives, what was held for them and what venues reported.

CREATE TABLE IF NOT EXISTS instructions
(
    instruction_id         UUID COMMENT 'Hash of group, cycle, decision and leg; never changes on a retry' CODEC(ZSTD(1)),
    decision_id            UUID COMMENT 'Decision it comes from' CODEC(ZSTD(1)),
    group_id               LowCardinality(String) COMMENT 'Liquidity group',
    cycle                  UInt64 COMMENT 'Cycle of the decision' CODEC(Delta, ZSTD(1)),
    leg                    UInt32 COMMENT 'Leg of the plan, from 0' CODEC(T64, ZSTD(1)),
    kind                   LowCardinality(String) COMMENT 'TRANSFER, FX, DRAW or REPAY',
    channel_id             LowCardinality(String) COMMENT 'Rail or facility',
    venue_id               LowCardinality(String) COMMENT 'Venue it goes to',
    source_account_id      LowCardinality(String) COMMENT 'Account debited; empty for a draw',
    destination_account_id LowCardinality(String) COMMENT 'Account credited; empty for a repayment',
    currency               LowCardinality(String) COMMENT 'Currency of the amount',
    amount_minor           Int64 COMMENT 'Amount debited (credited for a draw), minor units' CODEC(ZSTD(1)),
    counter_currency       LowCardinality(String) COMMENT 'Currency credited; the same except for FX',
    counter_amount_minor   Int64 COMMENT 'Amount expected to be credited, minor units' CODEC(ZSTD(1)),
    created_at             DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    expires_at             DateTime64(6, 'UTC') COMMENT 'When silence is no longer waited for and the venue is asked' CODEC(Delta, ZSTD(1)),
    sequence               UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1)),
    INDEX instruction_id_filter instruction_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(created_at)
ORDER BY (group_id, cycle, leg)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Orders to venues';

CREATE TABLE IF NOT EXISTS instruction_events
(
    instruction_id UUID COMMENT 'Instruction' CODEC(ZSTD(1)),
    group_id       LowCardinality(String) COMMENT 'Liquidity group',
    cycle          UInt64 COMMENT 'Cycle in which the step was taken' CODEC(Delta, ZSTD(1)),
    ordinal        UInt32 COMMENT 'Order of the step within the cycle' CODEC(T64, ZSTD(1)),
    event_time     DateTime64(6, 'UTC') COMMENT 'When it happened: the report''s time, else the cycle''s closing time' CODEC(Delta, ZSTD(1)),
    state          LowCardinality(String) COMMENT 'State reached',
    reason_code    LowCardinality(String) COMMENT 'Venue''s or gate''s reason; empty when there is none',
    execution_id   Nullable(UUID) COMMENT 'Report that caused it; NULL when there is none' CODEC(ZSTD(1)),
    closed_at      DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence       UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1)),
    INDEX instruction_id_filter instruction_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle, ordinal)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Steps in the lives of instructions; the current state is in the view instruction_states';

CREATE TABLE IF NOT EXISTS reservations
(
    instruction_id UUID COMMENT 'Instruction it is held for' CODEC(ZSTD(1)),
    group_id       LowCardinality(String) COMMENT 'Liquidity group',
    cycle          UInt64 COMMENT 'Cycle of the step' CODEC(Delta, ZSTD(1)),
    ordinal        UInt32 COMMENT 'Order of the step within the cycle' CODEC(T64, ZSTD(1)),
    subject_kind   LowCardinality(String) COMMENT 'ACCOUNT or FACILITY',
    subject_id     LowCardinality(String) COMMENT 'Account or facility',
    state          LowCardinality(String) COMMENT 'PENDING counts against the balance; POSTED, VOIDED and EXPIRED are final',
    amount_minor   Int64 COMMENT 'Amount held or posted, minor units' CODEC(ZSTD(1)),
    closed_at      DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence       UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle, ordinal)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Steps in the lives of reservations of cash and facility headroom';

CREATE TABLE IF NOT EXISTS executions
(
    execution_id          UUID COMMENT 'Identity of the report' CODEC(ZSTD(1)),
    instruction_id        UUID COMMENT 'Instruction reported on' CODEC(ZSTD(1)),
    group_id              LowCardinality(String) COMMENT 'Liquidity group',
    cycle                 UInt64 COMMENT 'Cycle that it came in with' CODEC(Delta, ZSTD(1)),
    input_index           UInt32 COMMENT 'Index of the input in the cycle' CODEC(T64, ZSTD(1)),
    source_name           LowCardinality(String) COMMENT 'Venue or file',
    position              UInt64 COMMENT 'Record number in the source' CODEC(Delta, ZSTD(1)),
    event_time            DateTime64(6, 'UTC') COMMENT 'Time by the venue' CODEC(Delta, ZSTD(1)),
    status                LowCardinality(String) COMMENT 'ACCEPTED, PENDING, SETTLED, REJECTED or CANCELLED',
    reason_code           LowCardinality(String) COMMENT 'ISO 20022 status reason; empty when settled',
    settled_minor         Int64 COMMENT 'Debited from the source account, minor units; 0 unless settled' CODEC(ZSTD(1)),
    counter_settled_minor Int64 COMMENT 'Credited to the destination account, minor units of its currency; 0 unless settled' CODEC(ZSTD(1)),
    disposition           LowCardinality(String) COMMENT 'What became of the input, see inputs',
    closed_at             DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence              UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1)),
    INDEX execution_id_filter execution_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX instruction_id_filter instruction_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle, input_index)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Reports of venues, duplicates included';
