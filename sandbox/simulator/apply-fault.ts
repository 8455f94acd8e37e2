/**
 * Lets a fault happen to the world. Depends on everything in it.
 */
import type { Bank } from './bank/bank.js'
import type { Cluster } from './broker/cluster.js'
import type { Fault } from './faults.js'
import type { InstanceNode } from './instance-node.js'
import type { Network, NetworkFaultKind } from './network.js'
import type { SimulatedProjection } from './projection.js'
import { MILLISECOND } from './scheduler.js'

export interface Breakable {
  readonly cluster: Cluster
  readonly network: Network
  readonly nodes: readonly InstanceNode[]
  readonly bank: Bank
  readonly projection: SimulatedProjection
}

export function applyFault(world: Breakable, fault: Fault): void {
  const { cluster, network, bank, projection } = world
  const durationMicros = fault.durationMs * MILLISECOND
  const untilMicros = cluster.scheduler.nowMicros + durationMicros
  switch (fault.kind) {
    case 'cut':
    case 'drop':
    case 'delay':
    case 'duplicate':
    case 'reorder':
      beginNetworkFault(world, fault)
      return
    case 'registry-gone':
      network.begin({ kind: 'cut', target: 'registry', untilMicros, probability: 1, mostMicros: 0 })
      return
    case 'broker-outage':
      cluster.takeOut(fault.target, durationMicros)
      return
    case 'rebalance-storm':
      for (let turn = 1; turn <= fault.amount; turn++)
        cluster.scheduler.after((turn * durationMicros) / fault.amount, 'rebalance', () =>
          cluster.group.rebalance(turn),
        )
      return
    case 'clickhouse-gone':
      projection.leave(durationMicros)
      return
    case 'bank-crash':
      bank.crash(durationMicros)
      return
    default:
      for (const node of world.nodes) if (node.name === fault.target) applyToNode(node, fault, durationMicros)
  }
}

/** One of an instance begins at its moment: cut off while it commits, it does not learn whether it has. */
function beginNetworkFault({ cluster, network, nodes }: Breakable, fault: Fault): void {
  const { kind, target, probability } = fault
  const begin = (): void =>
    network.begin({
      kind: kind as NetworkFaultKind,
      target,
      untilMicros: cluster.scheduler.nowMicros + fault.durationMs * MILLISECOND,
      probability,
      mostMicros: fault.amount * MILLISECOND,
    })
  const node = nodes.find(({ name }) => name === target)
  if (node === undefined) begin()
  else node.arm(fault.moment, fault.steps, begin)
}

function applyToNode(node: InstanceNode, fault: Fault, durationMicros: number): void {
  const { kind, amount, moment, steps } = fault
  if (kind === 'crash') node.arm(moment, steps, () => node.crash(durationMicros))
  else if (kind === 'pause') node.arm(moment, steps, () => node.pause(durationMicros))
  else if (kind === 'handover') node.handOver(durationMicros)
  else if (kind === 'torn-write') node.disk.armTear(() => node.crash(durationMicros))
  else if (kind === 'bit-flip') node.disk.rot()
  else if (kind === 'full-disk') node.disk.fill(durationMicros)
  else if (kind === 'clock-skew' || kind === 'clock-jump') node.clock.jump(amount * MILLISECOND)
  else if (!node.up) return
  else if (kind === 'worker-lost') node.agents.lose(amount)
  else if (kind === 'worker-wedged') node.agents.wedge(amount)
  else if (kind === 'worker-slow') node.agents.slow(amount, durationMicros)
}
