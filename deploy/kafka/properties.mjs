/**
 * `server.properties` of a local broker, which is also a controller (KRaft, combined mode).
 *
 * Bounds are low where a trial or a test would otherwise wait: groups are formed at once, sessions may be as short as
 * a second, a broker that is gone is noticed within four. Pure: settings in, text out.
 */

/**
 * @typedef {{ port: number, advertisedPort: number }} ProxiedListener clients are sent to `advertisedPort`, where
 *   somebody must pass on what comes to `port`
 * @typedef {{ id: number, port: number, controllerPort: number, mtlsPort: number,
 *   proxied?: readonly ProxiedListener[] }} BrokerPorts `port` is the clients'
 * @typedef {{ name: string, password: string }} Login
 * @typedef {{ keyStore: string, trustStore: string, plainUsers: readonly Login[], superUsers: readonly string[] }} Security
 */

export const HOST = '127.0.0.1'
/** Names of the listeners; Kafka writes them in lower case where they prefix a setting. */
const listeners = { plain: 'PLAIN', sasl: 'SASL_SSL', mtls: 'MTLS', controller: 'CONTROLLER' }

/**
 * @param {BrokerPorts} broker @param {readonly BrokerPorts[]} all
 * @param {string} dataFolder @param {Security | undefined} security
 * @returns {string}
 */
export function serverProperties(broker, all, dataFolder, security) {
  const copies = all.length >= 3 ? 3 : 1
  const inSync = copies === 3 ? 2 : 1
  const voters = all.map(({ id, controllerPort }) => `${id}@${HOST}:${controllerPort}`).join(',')
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': broker.id,
    'controller.quorum.voters': voters,
    'controller.listener.names': listeners.controller,
    ...(security === undefined ? plainListeners(broker) : secureListeners(broker, security)),
    'log.dirs': dataFolder,

    'num.partitions': 4,
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    // A misspelt topic must be an error, not a new topic.
    'auto.create.topics.enable': false,

    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'group.consumer.min.session.timeout.ms': 1000,
    'group.consumer.min.heartbeat.interval.ms': 250,
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 4000,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,

    // Threads beyond two cores' worth only cost memory.
    'num.network.threads': 2,
    'num.io.threads': 4,
  }
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
}

/** @param {BrokerPorts} broker */
function plainListeners({ port, controllerPort, proxied = [] }) {
  const { plain, controller } = listeners
  const named = proxied.map((listener, index) => ({ name: `PROXIED_${index}`, ...listener }))
  const open = [{ name: plain, port, advertisedPort: port }, ...named]
  const at = (/** @type {string} */ name, /** @type {number} */ where) => `${name}://${HOST}:${where}`
  return {
    listeners: [...open.map((each) => at(each.name, each.port)), at(controller, controllerPort)].join(','),
    'advertised.listeners': open.map((each) => at(each.name, each.advertisedPort)).join(','),
    'listener.security.protocol.map': [...open.map(({ name }) => name), controller]
      .map((name) => `${name}:PLAINTEXT`)
      .join(','),
    'inter.broker.listener.name': plain,
  }
}

/**
 * Brokers and controllers know each other by certificate; clients log in, or come by certificate to a listener of
 * their own. What no rule allows is denied.
 *
 * @param {BrokerPorts} broker @param {Security} security
 */
function secureListeners({ port, controllerPort, mtlsPort }, security) {
  const { sasl, mtls, controller } = listeners
  const modules = 'org.apache.kafka.common.security'
  const prefix = `listener.name.${sasl.toLowerCase()}`
  const plainUsers = security.plainUsers.map(({ name, password }) => ` user_${name}="${password}"`).join('')
  return {
    listeners: `${sasl}://${HOST}:${port},${mtls}://${HOST}:${mtlsPort},${controller}://${HOST}:${controllerPort}`,
    'listener.security.protocol.map': `${sasl}:SASL_SSL,${mtls}:SSL,${controller}:SSL`,
    'inter.broker.listener.name': mtls,

    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': security.keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': security.trustStore,
    [`listener.name.${mtls.toLowerCase()}.ssl.client.auth`]: 'required',
    [`listener.name.${controller.toLowerCase()}.ssl.client.auth`]: 'required',
    // User:admin, not User:CN=admin: one name for a user however it comes.
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',

    [`${prefix}.sasl.enabled.mechanisms`]: 'SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,OAUTHBEARER',
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
    [`${prefix}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required${plainUsers};`,
    // Unsigned tokens: whoever asks is who they say. For tests of the mechanism only, hence on loopback only.
    [`${prefix}.oauthbearer.sasl.jaas.config`]: `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    [`${prefix}.oauthbearer.sasl.server.callback.handler.class`]: `${modules}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`,

    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': false,
    'super.users': security.superUsers.map((name) => `User:${name}`).join(';'),
  }
}
