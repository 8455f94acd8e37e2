/**
 * Verifies a bundle with public keys alone: no network, no database, no trust in whoever made it.
 *
 * Each of the ten points is asked whatever the others came to, and an error in one fails that one. Depends on the points and on a way to replay.
 */

import type { RunReplay } from '../replay/replay-job.js'
import { replayInProcess } from '../replay/replay-process.js'
import type { Bundle } from './bundle.js'
import { Evidence, type Trust } from './evidence.js'
import { approvalsPoint } from './points/approvals.js'
import { certificatePoint } from './points/certificate.js'
import { gatesPoint } from './points/gates.js'
import { inputsPoint } from './points/inputs.js'
import { instructionsPoint } from './points/instructions.js'
import { logPoint } from './points/log.js'
import { ask, type Finding, POINT_NAMES, type Point, type PointName } from './points/point.js'
import { policyPoint } from './points/policy.js'
import { replayPoint } from './points/replay.js'
import { sequencePoint } from './points/sequence.js'
import { timePoint } from './points/time.js'

const POINTS: Readonly<Record<PointName, (evidence: Evidence) => Finding | Promise<Finding>>> = {
  log: logPoint,
  inputs: inputsPoint,
  policy: policyPoint,
  certificate: certificatePoint,
  gates: gatesPoint,
  approvals: approvalsPoint,
  instructions: instructionsPoint,
  sequence: sequencePoint,
  time: timePoint,
  replay: replayPoint,
}

/**
 * All points, in the order of `POINT_NAMES`; the bundle is verified when each holds.
 * @param runReplay how the bundle's module is run: in a process of its own unless told otherwise
 */
export async function verifyBundle(
  bundle: Bundle,
  trust: Trust,
  runReplay: RunReplay = replayInProcess,
): Promise<readonly Point[]> {
  const evidence = new Evidence(bundle, trust, runReplay)
  // At once: the certificate is checked while the replay goes on.
  return Promise.all(POINT_NAMES.map((name) => ask(name, () => POINTS[name](evidence))))
}
