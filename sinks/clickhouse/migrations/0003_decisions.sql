-- What was decided: the narrow fact, its edges to the inputs, its explanation and the optimizer's proof.

CREATE TABLE IF NOT EXISTS decisions
(
    decision_id     UUID COMMENT 'Hash of group, cycle and ordinal' CODEC(ZSTD(1)),
    group_id        LowCardinality(String) COMMENT 'Liquidity group',
    cycle           UInt64 COMMENT 'Cycle that the decision closed with' CODEC(Delta, ZSTD(1)),
    previous_cycle  Int64 COMMENT 'Cycle of the group''s decision before, -1 for the first; the inputs in between are new to this one' CODEC(Delta, ZSTD(1)),
    decided_at      DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    policy_id       LowCardinality(String) COMMENT 'Policy in force',
    policy_version  Int32 COMMENT 'Its version' CODEC(T64, ZSTD(1)),
    policy_digest   LowCardinality(String) COMMENT 'SHA-256 of the policy''s text, hex',
    outcome         LowCardinality(String) COMMENT 'ACTED, NOTHING_TO_DO or REFUSED',
    reason          LowCardinality(String) COMMENT 'Stable code, such as inside-bands or floor-cannot-be-held',
    trigger         LowCardinality(String) COMMENT 'Why the deliberation ran: changed, aged, policy or first',
    solver_status   LowCardinality(String) COMMENT 'optimal, infeasible, unbounded, numerical-failure or not-run',
    objective       Float64 COMMENT 'LP optimum, cost over the horizon in base currency' CODEC(ZSTD(1)),
    executed_cost   Float64 COMMENT 'Objective of the rounded plan, same units' CODEC(ZSTD(1)),
    do_nothing_cost Float64 COMMENT 'Objective of moving nothing, same units' CODEC(ZSTD(1)),
    instructions    UInt32 COMMENT 'Instructions that came of it' CODEC(T64, ZSTD(1)),
    unlisted_inputs UInt32 COMMENT 'New inputs beyond the first 100,000, which decision_inputs does not list; they are the others in cycles after previous_cycle up to cycle' CODEC(T64, ZSTD(1)),
    sequence        UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1)),
    INDEX decision_id_filter decision_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(decided_at)
ORDER BY (group_id, cycle, decision_id)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'One row a decision; doing nothing and refusing are decisions too';

CREATE TABLE IF NOT EXISTS decision_inputs
(
    decision_id UUID COMMENT 'Decision' CODEC(ZSTD(1)),
    group_id    LowCardinality(String) COMMENT 'Liquidity group',
    cycle       UInt64 COMMENT 'Cycle of the decision' CODEC(Delta, ZSTD(1)),
    decided_at  DateTime64(6, 'UTC') COMMENT 'Closing time of that cycle' CODEC(Delta, ZSTD(1)),
    role        LowCardinality(String) COMMENT 'new: applied since the decision before. standing: latest earlier input on what the decision rested on; for decisions that acted or refused',
    input_cycle UInt64 COMMENT 'Cycle of the input' CODEC(Delta, ZSTD(1)),
    input_index UInt32 COMMENT 'Index of the input in its cycle' CODEC(T64, ZSTD(1)),
    source      UInt32 COMMENT 'Source of the input' CODEC(T64, ZSTD(1)),
    position    UInt64 COMMENT 'Record number in the source' CODEC(Delta, ZSTD(1)),
    touched     LowCardinality(String) COMMENT 'What the input changed',
    sequence    UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(decided_at)
ORDER BY (group_id, cycle, decision_id, role, input_cycle, input_index)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Edges from decisions to the inputs they rest on';

CREATE TABLE IF NOT EXISTS decision_explanations
(
    decision_id UUID COMMENT 'Decision' CODEC(ZSTD(1)),
    group_id    LowCardinality(String) COMMENT 'Liquidity group',
    cycle       UInt64 COMMENT 'Cycle of the decision' CODEC(Delta, ZSTD(1)),
    decided_at  DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    text        String COMMENT 'One paragraph for people' CODEC(ZSTD(3)),
    `bindings.row`          Array(String) COMMENT 'Binding limits, dearest first: name such as target:ACC-1' CODEC(ZSTD(3)),
    `bindings.shadow_price` Array(Float64) COMMENT 'What one unit more of the limit changes in the cost of a day, base currency major units; a unit is 10^8 minor units' CODEC(ZSTD(3)),
    `bindings.activity`     Array(Float64) COMMENT 'Value at the optimum, units of 10^8 minor units' CODEC(ZSTD(3)),
    `bindings.limit`        Array(Float64) COMMENT 'The limit it meets, units of 10^8 minor units' CODEC(ZSTD(3)),
    `accounts.account_id`      Array(LowCardinality(String)) COMMENT 'Accounts of the group' CODEC(ZSTD(3)),
    `accounts.currency`        Array(LowCardinality(String)) COMMENT 'ISO 4217 code' CODEC(ZSTD(3)),
    `accounts.balance_minor`   Array(Int64) COMMENT 'Settled balance, minor units' CODEC(ZSTD(3)),
    `accounts.available_minor` Array(Int64) COMMENT 'Balance less pending reservations, minor units' CODEC(ZSTD(3)),
    `accounts.projected_minor` Array(Int64) COMMENT 'Available plus expected flows within the horizon, minor units' CODEC(ZSTD(3)),
    `accounts.planned_minor`   Array(Int64) COMMENT 'Projected plus the plan, minor units' CODEC(ZSTD(3)),
    `accounts.floor_minor`     Array(Int64) COMMENT 'Hard floor, safety margin included, minor units' CODEC(ZSTD(3)),
    `accounts.target_minor`    Array(Int64) COMMENT 'Target, safety margin included, minor units' CODEC(ZSTD(3)),
    `accounts.ceiling_minor`   Array(Int64) COMMENT 'Ceiling, minor units' CODEC(ZSTD(3)),
    `accounts.frozen`          Array(LowCardinality(String)) COMMENT 'Why nothing may move it; empty when it may' CODEC(ZSTD(3)),
    sequence    UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(decided_at)
ORDER BY (group_id, cycle, decision_id)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Why a decision came out as it did; wide';

CREATE TABLE IF NOT EXISTS solver_runs
(
    decision_id     UUID COMMENT 'Decision' CODEC(ZSTD(1)),
    group_id        LowCardinality(String) COMMENT 'Liquidity group',
    cycle           UInt64 COMMENT 'Cycle of the decision' CODEC(Delta, ZSTD(1)),
    decided_at      DateTime64(6, 'UTC') COMMENT 'Closing time of the cycle' CODEC(Delta, ZSTD(1)),
    solver_status   LowCardinality(String) COMMENT 'optimal, infeasible, unbounded or numerical-failure',
    model_digest    String COMMENT 'SHA-256 of the LP''s numbers, hex' CODEC(ZSTD(1)),
    wasm_digest     LowCardinality(String) COMMENT 'SHA-256 of the optimizer module, hex',
    rows            UInt32 COMMENT 'Rows of the model' CODEC(T64, ZSTD(1)),
    columns         UInt32 COMMENT 'Columns of the model' CODEC(T64, ZSTD(1)),
    iterations      UInt32 COMMENT 'Simplex iterations, all passes' CODEC(T64, ZSTD(1)),
    solves          UInt32 COMMENT 'Solves, repair passes included' CODEC(T64, ZSTD(1)),
    objective       Float64 COMMENT 'LP optimum, cost over the horizon in base currency' CODEC(ZSTD(1)),
    primal_residual Float64 COMMENT 'Largest violation of a row or bound, units of the model' CODEC(ZSTD(1)),
    dual_residual   Float64 COMMENT 'Largest dual infeasibility' CODEC(ZSTD(1)),
    start_basis     String COMMENT 'Basis that the last solve started from, one byte a column, then a row; read it with hex()' CODEC(ZSTD(3)),
    basis           String COMMENT 'Final basis: 0 basic, 1 at lower, 2 at upper, 3 free at zero; read it with hex()' CODEC(ZSTD(3)),
    primal          Array(Float64) COMMENT 'Column values, units of 10^8 minor units' CODEC(ZSTD(3)),
    dual            Array(Float64) COMMENT 'Row prices of the model, 10^8 base minor units a day for one unit of the row' CODEC(ZSTD(3)),
    apply_micros    Float64 COMMENT 'Time spent applying the cycle, microseconds; measured' CODEC(ZSTD(1)),
    solve_micros    Float64 COMMENT 'Time of it spent in the optimizer, microseconds; measured' CODEC(ZSTD(1)),
    worker          UInt32 COMMENT 'Stage worker, from 0' CODEC(T64, ZSTD(1)),
    sequence        UInt64 COMMENT 'Journal entry that the row was made from' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(decided_at)
ORDER BY (group_id, cycle, decision_id)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'The optimizer''s runs with what is needed to check an answer without solving again';
