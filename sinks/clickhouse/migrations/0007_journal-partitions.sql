-- A journal may have several partitions: each counts its entries and its sources from 0, so both need the partition beside them.
-- A journal in files is partition 0, and so is everything that was projected before this migration.
--
-- Keys of tables stay as they are: they order rows and make none unique. Entries of one partition are found by the index
-- journal_place, because rows of a group lie together and a group lives in one partition.
--
-- The deduplication window is that of all partitions together: it must outlast what one of them may be held up for.

ALTER TABLE sources
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE process_starts
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE inputs
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE executions
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE policies
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE dead_letters
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE cycles
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE decision_inputs
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE decision_explanations
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE solver_runs
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE instructions
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE instruction_events
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE reservations
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE approvals
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal that sequence counts in; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD INDEX IF NOT EXISTS journal_place (journal_partition, sequence) TYPE minmax GRANULARITY 1,
    MODIFY SETTING non_replicated_deduplication_window = 10000;

ALTER TABLE projection_ranges
    ADD COLUMN IF NOT EXISTS journal_partition UInt32 DEFAULT 0 COMMENT 'Partition of the journal; 0 for a journal in files' CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS owner UUID DEFAULT toUUID('00000000-0000-0000-0000-000000000000') COMMENT 'Claim that wrote the row, see projection_claims' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS resume_offset Int64 DEFAULT -1 COMMENT 'done: offset in the journal topic at which reading for later ranges begins; -1 for a journal in files' CODEC(Delta, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS resume_checksum Int32 DEFAULT 0 COMMENT 'done: checksum of the journal entry before resume_sequence; an entry that does not follow it is one of another journal' CODEC(ZSTD(1)),
    MODIFY SETTING non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS projection_claims
(
    journal_partition UInt32 COMMENT 'Partition of the journal that is claimed',
    epoch             UInt64 COMMENT 'Number of the claim; the highest pair of epoch and owner holds, every other projector is fenced',
    owner             UUID COMMENT 'Drawn anew for each claim',
    journal_id        UUID COMMENT 'Journal of the partition; another one is refused',
    journal           String COMMENT 'Journal that all partitions belong to; one database holds one',
    projector         String COMMENT 'Process that claimed, for people',
    claimed_at        DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'Wall-clock time of the row'
)
ENGINE = MergeTree
ORDER BY (journal_partition, epoch, owner)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Who projects which partition: every insert asks whether its claim still holds';

INSERT INTO projection_claims (journal_partition, epoch, owner, journal_id, journal, projector)
SELECT 0, max(epoch), toUUID('00000000-0000-0000-0000-000000000000'), journal_id, 'files', 'before migration 7'
FROM projection_ranges
WHERE owner = toUUID('00000000-0000-0000-0000-000000000000') AND journal_id NOT IN (SELECT journal_id FROM projection_claims)
GROUP BY journal_id;

CREATE OR REPLACE VIEW input_effects AS
SELECT
    i.group_id AS group_id,
    i.cycle AS input_cycle,
    i.input_index AS input_index,
    i.stream AS stream,
    i.source_name AS source_name,
    i.source AS source,
    i.position AS position,
    i.record_id AS record_id,
    i.event_time AS event_time,
    i.account_id AS account_id,
    i.amount_minor AS amount_minor,
    i.currency AS currency,
    i.disposition AS disposition,
    i.touched AS touched,
    e.role AS role,
    d.decision_id AS decision_id,
    d.cycle AS decision_cycle,
    d.outcome AS outcome,
    d.reason AS reason,
    s.instruction_id AS instruction_id,
    s.kind AS instruction_kind,
    s.amount_minor AS instruction_amount_minor,
    s.currency AS instruction_currency,
    s.state AS instruction_state,
    i.journal_partition AS journal_partition
FROM inputs AS i
INNER JOIN decision_inputs AS e ON e.group_id = i.group_id AND e.input_cycle = i.cycle AND e.input_index = i.input_index
    AND e.journal_partition = i.journal_partition
INNER JOIN decisions AS d ON d.decision_id = e.decision_id
LEFT JOIN instruction_states AS s ON s.decision_id = e.decision_id
COMMENT 'What did that payment change: each input with the decisions that saw it and their instructions; role new is the decision it led to';

CREATE OR REPLACE VIEW projection_progress AS
SELECT
    journal_partition,
    journal_id,
    maxIf(last_sequence, state = 'done') AS last_sequence,
    uniqExactIf(first_sequence, state = 'done') AS ranges,
    maxIf(recorded_at, state = 'done') AS projected_at
FROM projection_ranges
GROUP BY journal_partition, journal_id
COMMENT 'How far each partition of the journal is projected';
