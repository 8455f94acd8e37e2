-- Plans that wait for people, legs that wait for another leg, reservations that are partly posted.

ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS plan_digest String DEFAULT repeat('0', 64) COMMENT 'SHA-256 of the legs of the plan and of the policy, hex: what people approve; zeros for a decision that proposes no plan, and before migration 8';

ALTER TABLE instructions
    ADD COLUMN IF NOT EXISTS depends_on Int32 DEFAULT -1 COMMENT 'Leg of the same plan that must be settled before this one is sent; -1 for none' CODEC(T64, ZSTD(1)),
    COMMENT COLUMN expires_at 'When silence is no longer waited for and the venue is asked; at the latest, for one that waits for people or for another leg';

ALTER TABLE reservations
    COMMENT COLUMN state 'PENDING counts against the balance; POSTED, PARTLY_POSTED, VOIDED and EXPIRED are final. PARTLY_POSTED comes with a second row, VOIDED, for the rest';
