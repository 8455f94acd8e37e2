-- What people ordered, and who they are: every command with what became of it, and the versions of the roster.

CREATE TABLE IF NOT EXISTS commands
(
    command_id        UUID COMMENT 'Identity; the same id again is a duplicate' CODEC(ZSTD(1)),
    group_id          LowCardinality(String) COMMENT 'Liquidity group that took it',
    cycle             UInt64 COMMENT 'Cycle that it came in with' CODEC(Delta, ZSTD(1)),
    input_index       UInt32 COMMENT 'Index of the input in the cycle' CODEC(T64, ZSTD(1)),
    kind              LowCardinality(String) COMMENT 'What is ordered, such as KILL or APPROVE',
    subject           String COMMENT 'What it is about: account:ID, decision:ID, change:ID' CODEC(ZSTD(1)),
    digest            String COMMENT 'SHA-256 of what it is bound to, hex; zeros when bound to nothing' CODEC(ZSTD(1)),
    author            LowCardinality(String) COMMENT 'Person that it names; believed when the disposition is accepted or late',
    roster_id         LowCardinality(String) COMMENT 'Roster that it is signed for',
    reason            String COMMENT 'Why' CODEC(ZSTD(3)),
    detail            String COMMENT 'Canonical JSON that the kind asks for' CODEC(ZSTD(3)),
    signed_in         Bool COMMENT 'Whether the key is that of a sign-in, not one of the roster',
    signature         String COMMENT 'Ed25519, hex' CODEC(ZSTD(1)),
    event_time        DateTime64(6, 'UTC') COMMENT 'When it was made' CODEC(Delta, ZSTD(1)),
    expires_at        DateTime64(6, 'UTC') COMMENT 'From when on it has no effect' CODEC(Delta, ZSTD(1)),
    source_name       LowCardinality(String) COMMENT 'File or topic',
    position          UInt64 COMMENT 'Record number in the source' CODEC(Delta, ZSTD(1)),
    disposition       LowCardinality(String) COMMENT 'accepted or late when it took effect; the reason of a refusal is in dead_letters',
    closed_at         DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence          UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1)),
    journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    INDEX journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, cycle, input_index)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Commands of people as they came in, refused ones included';

CREATE TABLE IF NOT EXISTS rosters
(
    group_id          LowCardinality(String) COMMENT 'Liquidity group that took it',
    roster_id         LowCardinality(String) COMMENT 'Identity of the roster',
    version           Int32 COMMENT 'Version, increasing' CODEC(T64, ZSTD(1)),
    roster_digest     String COMMENT 'SHA-256 of the document, hex' CODEC(ZSTD(1)),
    document          String COMMENT 'The roster as YAML text' CODEC(ZSTD(3)),
    event_time        DateTime64(6, 'UTC') COMMENT 'When it was issued' CODEC(Delta, ZSTD(1)),
    cycle             UInt64 COMMENT 'Cycle that it came in with' CODEC(Delta, ZSTD(1)),
    input_index       UInt32 COMMENT 'Index of the input in the cycle' CODEC(T64, ZSTD(1)),
    source_name       LowCardinality(String) COMMENT 'File or topic',
    position          UInt64 COMMENT 'Record number in the source' CODEC(Delta, ZSTD(1)),
    disposition       LowCardinality(String) COMMENT 'accepted when it is well-formed: the first is in force, later ones wait for approval',
    closed_at         DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    sequence          UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1)),
    journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    INDEX journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (group_id, roster_id, version, cycle, input_index)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Versions of the roster as they came in, refused ones included';

ALTER TABLE approvals
    MODIFY COMMENT 'Voices of people that were taken; whether they were enough is for the agent to say: see alerts and instruction_events',
    COMMENT COLUMN ordinal 'Index of the command in the cycle',
    COMMENT COLUMN subject_kind 'What the voice is about: decision, change, roster or kill',
    COMMENT COLUMN verdict 'approve, reject or lift',
    ADD COLUMN IF NOT EXISTS digest String DEFAULT '' COMMENT 'SHA-256 of what exactly is meant, hex' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS expires_at DateTime64(6, 'UTC') DEFAULT 0 COMMENT 'From when on it does not count' CODEC(Delta, ZSTD(1));
