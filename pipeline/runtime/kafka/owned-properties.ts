/**
 * Properties of the client that no configuration may set, each with the reason and the way out.
 *
 * Some carry a guarantee of Weir, some are set by a key of the `kafka` section, some are secrets. Everything else that
 * librdkafka knows may be set and comes before Weir's own choice. Pure.
 */

interface Refusal {
  readonly why: string
  readonly remedy: string
}

const guarantee = (why: string): Refusal => ({ why, remedy: 'leave it out' })
const key = (name: string): Refusal => ({
  why: 'it is set by a key of its own',
  remedy: `set kafka.${name} instead`,
})
const secret = (name: string): Refusal => ({
  why: 'a secret is never written into the configuration',
  remedy: `set kafka.${name} instead, which names a file or an environment variable`,
})

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'isolation.level': guarantee('Weir must not read what a fenced owner wrote and never committed'),
  'enable.auto.commit': guarantee('what was read is known from the journal, not from committed offsets'),
  'enable.auto.offset.store': guarantee(
    'what was read is known from the journal, not from committed offsets',
  ),
  'auto.offset.reset': guarantee('an offset that is gone must be told, and not be passed over'),
  'transactional.id': guarantee('it stands for the ownership of a partition'),
  'enable.idempotence': guarantee('a transaction needs it'),
  'enable.gapless.guarantee': guarantee('it is not for transactions'),
  acks: guarantee('what was acknowledged must survive the loss of a broker'),
  'request.required.acks': guarantee('what was acknowledged must survive the loss of a broker'),
  'max.in.flight': guarantee('more than 5 requests at a time cannot be kept in order'),
  'max.in.flight.requests.per.connection': guarantee(
    'more than 5 requests at a time cannot be kept in order',
  ),
  partitioner: guarantee('Weir says itself which partition a record goes to'),
  'partition.assignment.strategy': guarantee('a new instance must move only the partitions that it takes'),
  'group.protocol': guarantee(
    'partitions are drained before they move, which is written for the classic protocol',
  ),
  'group.instance.id': guarantee('a partition must move as soon as its owner is gone'),
  'enable.partition.eof': guarantee('the lag is told by it'),
  'max.poll.interval.ms': guarantee('it bounds how long a partition may take to drain'),
  'transaction.timeout.ms': guarantee('it bounds how long an owner that is gone keeps readers waiting'),
  'heartbeat.interval.ms': key('sessionTimeoutMillis'),
  'allow.auto.create.topics': guarantee(
    'a topic that a broker makes by itself has the wrong partitions and settings',
  ),
  'topic.blacklist': guarantee('no topic of Weir may be passed over'),
  'message.timeout.ms': guarantee('a transaction must fail before its records do'),
  'delivery.timeout.ms': guarantee('a transaction must fail before its records do'),
  'group.id': key('group'),
  'bootstrap.servers': key('bootstrapServers'),
  'metadata.broker.list': key('bootstrapServers'),
  'client.id': key('instance'),
  'session.timeout.ms': key('sessionTimeoutMillis'),
  'security.protocol': key('tls or kafka.sasl'),
  'sasl.mechanism': key('sasl.mechanism'),
  'sasl.mechanisms': key('sasl.mechanism'),
  'sasl.username': key('sasl.user'),
  'ssl.ca.location': key('tls.caFile'),
  'ssl.certificate.location': key('tls.certificateFile'),
  'ssl.key.location': key('tls.keyFile'),
  'sasl.oauthbearer.config': key('sasl.unsecured'),
  'enable.sasl.oauthbearer.unsecure.jwt': key('sasl.unsecured'),
  'sasl.password': secret('sasl.passwordFile or kafka.sasl.passwordEnv'),
  'ssl.key.password': secret('tls.keyPasswordFile or kafka.tls.keyPasswordEnv'),
  'ssl.key.pem': secret('tls.keyFile'),
  'ssl.certificate.pem': secret('tls.certificateFile'),
  'ssl.keystore.password': secret('tls.keyFile'),
  'sasl.oauthbearer.client.secret': secret('sasl.tokenFile'),
  'sasl.oauthbearer.client.credentials.client.secret': secret('sasl.tokenFile'),
  'sasl.oauthbearer.assertion.private.key.pem': secret('sasl.tokenFile'),
  'sasl.oauthbearer.assertion.private.key.passphrase': secret('sasl.tokenFile'),
}

/** Why a property may not be set, and what to do instead; undefined when it may be. */
export function refusalOf(property: string): Refusal | undefined {
  if (Object.hasOwn(REFUSALS, property)) return REFUSALS[property]
  // Whatever a later librdkafka adds: what looks like a secret is one.
  if (/password|secret|passphrase|\.pem$/.test(property)) return secret('sasl or kafka.tls')
  if (property.endsWith('_cb')) return guarantee('it takes a function')
  return undefined
}
