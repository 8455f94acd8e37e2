-- Under which configuration a cycle was closed: policies may list those that may decide.

ALTER TABLE cycles
    ADD COLUMN IF NOT EXISTS configuration LowCardinality(String) DEFAULT repeat('0', 64) COMMENT 'SHA-256 of the configuration that the cycle was closed under, hex, as weir doctor --config tells it; zeros in journals of before, and before migration 11';
