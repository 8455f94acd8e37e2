-- Questions that analysts ask, in their words. Every view is right without FINAL and without settings.

CREATE OR REPLACE VIEW instruction_states AS
SELECT
    i.instruction_id AS instruction_id,
    i.decision_id AS decision_id,
    i.group_id AS group_id,
    i.cycle AS cycle,
    i.kind AS kind,
    i.channel_id AS channel_id,
    i.venue_id AS venue_id,
    i.source_account_id AS source_account_id,
    i.destination_account_id AS destination_account_id,
    i.currency AS currency,
    i.amount_minor AS amount_minor,
    i.created_at AS created_at,
    e.state AS state,
    e.reason_code AS reason_code,
    e.state_since AS state_since,
    e.steps AS steps
FROM instructions AS i
LEFT JOIN
(
    SELECT
        instruction_id,
        argMax(instruction_events.state, (cycle, ordinal)) AS state,
        argMax(instruction_events.reason_code, (cycle, ordinal)) AS reason_code,
        argMax(event_time, (cycle, ordinal)) AS state_since,
        count() AS steps
    FROM instruction_events
    GROUP BY instruction_id
) AS e ON e.instruction_id = i.instruction_id
COMMENT 'Each instruction with the state it is in now';

CREATE OR REPLACE VIEW why_sent AS
SELECT
    s.instruction_id AS instruction_id,
    s.group_id AS group_id,
    s.cycle AS cycle,
    s.created_at AS created_at,
    s.kind AS kind,
    s.channel_id AS channel_id,
    s.source_account_id AS source_account_id,
    s.destination_account_id AS destination_account_id,
    s.currency AS currency,
    s.amount_minor AS amount_minor,
    s.state AS state,
    d.decision_id AS decision_id,
    d.reason AS reason,
    d.trigger AS trigger,
    d.policy_id AS policy_id,
    d.policy_version AS policy_version,
    d.do_nothing_cost - d.executed_cost AS saving,
    x.text AS text,
    x.`bindings.row` AS binding_limits,
    x.`bindings.shadow_price` AS shadow_prices
FROM instruction_states AS s
INNER JOIN decisions AS d ON d.decision_id = s.decision_id
LEFT JOIN decision_explanations AS x ON x.decision_id = s.decision_id
COMMENT 'Why was this sent: each instruction with its decision, the policy version and the explanation';

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
    s.state AS instruction_state
FROM inputs AS i
INNER JOIN decision_inputs AS e ON e.group_id = i.group_id AND e.input_cycle = i.cycle AND e.input_index = i.input_index
INNER JOIN decisions AS d ON d.decision_id = e.decision_id
LEFT JOIN instruction_states AS s ON s.decision_id = e.decision_id
COMMENT 'What did that payment change: each input with the decisions that saw it and their instructions; role new is the decision it led to';

CREATE OR REPLACE VIEW intraday_usage AS
SELECT
    group_id,
    account_id,
    currency,
    business_day,
    countIf(amount_minor < 0) AS payments,
    -sumIf(amount_minor, amount_minor < 0) AS gross_payments_minor,
    sumIf(amount_minor, amount_minor > 0) AS gross_receipts_minor,
    greatest(0, -min(net_minor)) AS maximum_usage_minor,
    greatest(0, max(net_minor)) AS maximum_surplus_minor,
    argMin(event_time, net_minor) AS lowest_at,
    sum(amount_minor) AS closing_net_minor
FROM
(
    SELECT
        group_id,
        account_id,
        currency,
        toDate(assumeNotNull(event_time)) AS business_day,
        assumeNotNull(inputs.event_time) AS event_time,
        assumeNotNull(inputs.amount_minor) AS amount_minor,
        sum(assumeNotNull(inputs.amount_minor)) OVER (
            PARTITION BY group_id, account_id, currency, toDate(assumeNotNull(inputs.event_time))
            ORDER BY assumeNotNull(inputs.event_time)
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS net_minor
    FROM inputs
    WHERE stream = 'cash-movement' AND disposition IN ('accepted', 'late')
)
GROUP BY group_id, account_id, currency, business_day
COMMENT 'BCBS 248 A(i) by account and UTC day: largest negative and positive running net of settled payments, zero at the start of the day; Weir''s own transfers, draws and repayments are left out';

CREATE OR REPLACE VIEW decision_outcomes AS
SELECT
    group_id,
    toDate(decided_at) AS day,
    outcome,
    reason,
    count() AS decisions,
    sum(decisions.instructions) AS instructions,
    min(decided_at) AS first_at,
    max(decided_at) AS last_at
FROM decisions
GROUP BY group_id, day, outcome, reason
COMMENT 'Decisions by outcome and reason';

CREATE OR REPLACE VIEW policy_costs AS
SELECT
    group_id,
    policy_id,
    policy_version,
    count() AS decisions,
    countIf(outcome = 'ACTED') AS acted,
    countIf(outcome = 'REFUSED') AS refused,
    sumIf(do_nothing_cost, outcome = 'ACTED') AS do_nothing_cost,
    sumIf(executed_cost, outcome = 'ACTED') AS executed_cost,
    sumIf(decisions.do_nothing_cost - decisions.executed_cost, outcome = 'ACTED') AS saving,
    sumIf(decisions.executed_cost - objective, outcome = 'ACTED') AS rounding_cost
FROM decisions
GROUP BY group_id, policy_id, policy_version
COMMENT 'Cost by policy version over the decisions that acted, in base currency: planned, of doing nothing, and lost to rounding against the LP bound';

CREATE OR REPLACE VIEW latency_percentiles AS
SELECT
    group_id,
    worker,
    count() AS cycles,
    countIf(solve_micros > 0) AS solved,
    quantileExact(0.5)(apply_micros) AS apply_p50_micros,
    quantileExact(0.99)(apply_micros) AS apply_p99_micros,
    quantileExact(0.999)(apply_micros) AS apply_p999_micros,
    quantileExactIf(0.5)(solve_micros, solve_micros > 0) AS solve_p50_micros,
    quantileExactIf(0.99)(solve_micros, solve_micros > 0) AS solve_p99_micros,
    quantileExactIf(0.999)(solve_micros, solve_micros > 0) AS solve_p999_micros
FROM cycles
GROUP BY group_id, worker
COMMENT 'Time spent in applying cycles and in the optimizer, by group and worker';

CREATE OR REPLACE VIEW instruction_fates AS
SELECT
    group_id,
    venue_id,
    channel_id,
    kind,
    currency,
    state,
    reason_code,
    count() AS instructions,
    sum(instruction_states.amount_minor) AS amount_minor,
    quantileExact(0.5)(dateDiff('microsecond', created_at, state_since)) / 1000000 AS median_seconds
FROM instruction_states
GROUP BY group_id, venue_id, channel_id, kind, currency, state, reason_code
COMMENT 'What became of instructions, with the median time to the state they are in';

CREATE OR REPLACE VIEW dead_letters_by_reason AS
SELECT
    group_id,
    stream,
    reason,
    count() AS dead_letters,
    min(closed_at) AS first_at,
    max(closed_at) AS last_at,
    argMin(detail, (cycle, input_index)) AS first_detail
FROM dead_letters
GROUP BY group_id, stream, reason
COMMENT 'Inputs that could not be used, by reason';

CREATE OR REPLACE VIEW input_quality AS
SELECT
    group_id,
    stream,
    count() AS inputs,
    countIf(disposition = 'accepted') AS accepted,
    countIf(disposition = 'duplicate') AS duplicates,
    countIf(disposition = 'superseded') AS superseded,
    countIf(disposition = 'late') AS late,
    countIf(disposition = 'dead-letter') AS dead_letters
FROM inputs
GROUP BY group_id, stream
COMMENT 'What became of inputs, by group and stream; an input for every group counts in each';

CREATE OR REPLACE VIEW cycle_totals AS
SELECT
    group_id,
    count() AS cycles,
    sum(cycles.inputs) AS inputs,
    sum(cycles.duplicates) AS duplicates,
    sum(cycles.late) AS late,
    sum(cycles.gaps) AS gaps,
    sum(cycles.dead_letters) AS dead_letters,
    max(closed_at) AS last_closed_at
FROM cycles
GROUP BY group_id
COMMENT 'Deduplication, lateness and sequence gaps by group';

CREATE OR REPLACE VIEW projection_progress AS
SELECT
    journal_id,
    maxIf(last_sequence, state = 'done') AS last_sequence,
    countIf(state = 'done') AS ranges,
    maxIf(recorded_at, state = 'done') AS projected_at
FROM projection_ranges
GROUP BY journal_id
COMMENT 'How far the journal is projected';
