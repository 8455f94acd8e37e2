-- During a trial two policies decide in a cycle: the one in force, and the other one beside it without effect. Sums over decisions keep them apart.

ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS arm LowCardinality(String) DEFAULT '' COMMENT 'Empty for the policy in force and for plans of people; shadow, baseline or canary for one that decided without effect. Its inputs are those of the decision in force of the same cycle';

CREATE OR REPLACE VIEW decision_outcomes AS
SELECT
    group_id,
    arm,
    toDate(decided_at) AS day,
    outcome,
    reason,
    count() AS decisions,
    sum(decisions.instructions) AS instructions,
    min(decided_at) AS first_at,
    max(decided_at) AS last_at
FROM decisions
GROUP BY group_id, arm, day, outcome, reason
COMMENT 'Decisions by arm, outcome and reason; arm is empty for the policy in force';

CREATE OR REPLACE VIEW policy_costs AS
SELECT
    group_id,
    policy_id,
    policy_version,
    arm,
    count() AS decisions,
    countIf(outcome = 'ACTED') AS acted,
    countIf(outcome = 'REFUSED') AS refused,
    sumIf(do_nothing_cost, outcome = 'ACTED') AS do_nothing_cost,
    sumIf(executed_cost, outcome = 'ACTED') AS executed_cost,
    sumIf(decisions.do_nothing_cost - decisions.executed_cost, outcome = 'ACTED') AS saving,
    sumIf(decisions.executed_cost - objective, outcome = 'ACTED') AS rounding_cost
FROM decisions
GROUP BY group_id, policy_id, policy_version, arm
COMMENT 'Cost by policy version over the decisions that acted, in base currency: planned, of doing nothing, and lost to rounding against the LP bound; by arm, each at its own policy''s prices';

CREATE OR REPLACE VIEW trial_pairs AS
SELECT
    o.group_id AS group_id,
    o.cycle AS cycle,
    o.decided_at AS decided_at,
    o.arm AS arm,
    o.policy_id AS policy_id,
    o.policy_version AS policy_version,
    o.outcome AS outcome,
    o.reason AS reason,
    d.decision_id AS decision_in_force,
    o.decision_id AS decision_beside,
    d.policy_version AS policy_version_in_force,
    d.outcome AS outcome_in_force,
    d.reason AS reason_in_force
FROM decisions AS o
INNER JOIN decisions AS d ON d.group_id = o.group_id AND d.cycle = o.cycle AND d.journal_partition = o.journal_partition
WHERE o.arm != '' AND d.arm = '' AND d.trigger != 'override'
COMMENT 'Trials of policies: what the other policy would have done in the cycle of each decision';
