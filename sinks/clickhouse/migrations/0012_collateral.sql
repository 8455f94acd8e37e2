-- Collateral is pledged to secured facilities and released: instructions of two more kinds, and reservations of assets.

ALTER TABLE instructions
    ADD COLUMN IF NOT EXISTS asset_id LowCardinality(String) DEFAULT '' COMMENT 'Collateral asset of a pledge or release; empty for the others',
    ADD COLUMN IF NOT EXISTS asset_parts UInt32 DEFAULT 0 COMMENT 'Millionths of the holding that are pledged or released; 0 for the others' CODEC(T64, ZSTD(1)),
    COMMENT COLUMN kind 'TRANSFER, FX, DRAW, REPAY, PLEDGE or RELEASE',
    COMMENT COLUMN channel_id 'Rail or facility',
    COMMENT COLUMN source_account_id 'Account debited; empty for a draw and for collateral',
    COMMENT COLUMN destination_account_id 'Account credited; empty for a repayment and for collateral',
    COMMENT COLUMN amount_minor 'Amount debited (credited for a draw), minor units; of collateral its market value when it was decided, in the currency of the facility';

ALTER TABLE reservations
    COMMENT COLUMN subject_kind 'ACCOUNT, FACILITY or ASSET',
    COMMENT COLUMN subject_id 'Account, facility or asset';
