/**
 * Keeps webhooks out of the networks that this machine can reach and their owner cannot.
 *
 * The address is checked that is connected to, not the name that was configured: a name may mean a public address when it is checked and
 * another one when it is used. Depends on node:net and node:dns.
 */
import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { WeirError } from '../../pipeline/errors.js'

/** Of the IANA registries of special-purpose addresses: what is not reached over the public Internet, or leads into IPv4 again. */
const PRIVATE_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const
const PRIVATE_IPV6 = [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const

const blocked = new BlockList()
for (const [network, bits] of PRIVATE_IPV4) blocked.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of PRIVATE_IPV6) blocked.addSubnet(network, bits, 'ipv6')

/** Addresses of IPv4 within IPv6 (`::ffff:10.0.0.1`) are compared with the networks of IPv4. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  return family === 0 || blocked.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** For a host that is an address itself, which is connected to without a lookup. @throws WeirError WEIR_NOTIFICATION when it is private */
export function checkLiteral(hostname: string): void {
  const address = hostname.replace(/^\[|\]$/g, '')
  if (isIP(address) !== 0 && isPrivateAddress(address)) throw privateAddress(hostname)
}

/** As `dns.lookup`, and fails when any of the addresses is private. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, '', 0)
    const first = addresses[0]
    if (first === undefined || addresses.some(({ address }) => isPrivateAddress(address)))
      return callback(privateAddress(hostname), '', 0)
    if (options.all === true) return callback(null, addresses)
    callback(null, first.address, first.family)
  })
}

function privateAddress(host: string): WeirError {
  return new WeirError('WEIR_NOTIFICATION', 'the webhook leads to a private address', {
    place: host,
    remedy: 'set allowPrivateAddresses: true for this target when that is meant',
  })
}
