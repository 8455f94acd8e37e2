-- What the projector itself needs: how far it is, and the names that entries of the journal refer to.

CREATE TABLE IF NOT EXISTS projection_ranges
(
    journal_id      UUID COMMENT 'Journal that is projected into this database; one database holds one journal',
    epoch           UInt64 COMMENT 'Number of the projector''s start; of two intended ranges with one beginning the later epoch holds',
    first_sequence  UInt64 COMMENT 'First journal entry of the range' CODEC(Delta, ZSTD(1)),
    last_sequence   UInt64 COMMENT 'Last journal entry of the range' CODEC(Delta, ZSTD(1)),
    state           LowCardinality(String) COMMENT 'intended before the first insert of the range, done after the last',
    resume_sequence UInt64 COMMENT 'done: oldest journal entry that later ranges still need, at most last_sequence + 1' CODEC(Delta, ZSTD(1)),
    recorded_at     DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'Wall-clock time of the row' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (journal_id, first_sequence, epoch, state)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Ranges of the journal that were projected; makes the projection exactly-once';

CREATE TABLE IF NOT EXISTS sources
(
    source             UInt32 COMMENT 'Number that inputs refer to',
    stream             LowCardinality(String) COMMENT 'Stream, such as cash-movement',
    name               String COMMENT 'File below the input folder, topic and partition, or venue:ID',
    schema_fingerprint String COMMENT 'SHA-256 of the writer schema''s parsing canonical form, hex',
    writer_schema      String COMMENT 'Writer schema as JSON text' CODEC(ZSTD(3)),
    sequence           UInt64 COMMENT 'Journal entry of the declaration' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY source
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Files, topics and venues that inputs came from';

CREATE TABLE IF NOT EXISTS process_starts
(
    started_at   DateTime64(6, 'UTC') COMMENT 'Wall-clock time' CODEC(Delta, ZSTD(1)),
    version      LowCardinality(String) COMMENT 'Version of Weir',
    wasm_digest  LowCardinality(String) COMMENT 'SHA-256 of the optimizer module, hex',
    node_version LowCardinality(String) COMMENT 'Version of Node',
    resumed      Bool COMMENT 'False for the first start of the journal',
    sequence     UInt64 COMMENT 'Journal entry' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY sequence
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Each opening of the journal for appending';
