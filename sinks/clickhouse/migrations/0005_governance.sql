-- What people set and should look at: policy versions, approvals, alerts.

CREATE TABLE IF NOT EXISTS policies
(
    group_id      LowCardinality(String) COMMENT 'Liquidity group it takes effect for',
    policy_id     LowCardinality(String) COMMENT 'Identity of the policy',
    version       Int32 COMMENT 'Version, increasing' CODEC(T64, ZSTD(1)),
    policy_digest String COMMENT 'SHA-256 of the document, hex' CODEC(ZSTD(1)),
    document      String COMMENT 'The policy as YAML text' CODEC(ZSTD(3)),
    event_time    DateTime64(6, 'UTC') COMMENT 'When it was issued' CODEC(Delta, ZSTD(1)),
    cycle         UInt64 COMMENT 'Cycle that it came in with' CODEC(Delta, ZSTD(1)),
    input_index   UInt32 COMMENT 'Index of the input in the cycle' CODEC(T64, ZSTD(1)),
    source_name   LowCardinality(String) COMMENT 'File or topic',
    position      UInt64 COMMENT 'Record number in the source' CODEC(Delta, ZSTD(1)),
    disposition   LowCardinality(String) COMMENT 'accepted when it took effect; see inputs',
    closed_at     DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence      UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, policy_id, version, cycle, input_index)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Policy versions as they came in, refused ones included';

CREATE TABLE IF NOT EXISTS approvals
(
    group_id     LowCardinality(String) COMMENT 'Liquidity group',
    cycle        UInt64 COMMENT 'Cycle that the approval came in with' CODEC(Delta, ZSTD(1)),
    ordinal      UInt32 COMMENT 'Order within the cycle' CODEC(T64, ZSTD(1)),
    subject_kind LowCardinality(String) COMMENT 'What is approved: instruction or policy',
    subject_id   String COMMENT 'Its id' CODEC(ZSTD(1)),
    verdict      LowCardinality(String) COMMENT 'approved, rejected or expired',
    author       LowCardinality(String) COMMENT 'Who decided',
    reason       String COMMENT 'Why' CODEC(ZSTD(3)),
    event_time   DateTime64(6, 'UTC') COMMENT 'When it was decided' CODEC(Delta, ZSTD(1)),
    closed_at    DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence     UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle, ordinal)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Verdicts of people; empty as long as no policy asks for approvals';

CREATE TABLE IF NOT EXISTS alerts
(
    group_id  LowCardinality(String) COMMENT 'Liquidity group',
    cycle     UInt64 COMMENT 'Cycle that raised it' CODEC(Delta, ZSTD(1)),
    ordinal   UInt32 COMMENT 'Order within the cycle' CODEC(T64, ZSTD(1)),
    raised_at DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    severity  LowCardinality(String) COMMENT 'INFO, WARNING or CRITICAL',
    code      LowCardinality(String) COMMENT 'Stable code, such as floor-cannot-be-held',
    subject   LowCardinality(String) COMMENT 'What it is about: account:ID, feed:ID',
    message   String COMMENT 'One sentence for people' CODEC(ZSTD(3)),
    sequence  UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(raised_at)
ORDER BY (group_id, cycle, ordinal)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Things a person should look at';
