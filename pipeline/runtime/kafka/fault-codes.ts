/**
 * Codes of librdkafka and of the broker that call for something else than their flags say, by what must be done.
 *
 * Negative codes are the client's own, positive ones the broker's. The numbers are those of `rdkafka.h` and of the Kafka
 * protocol; they are written here so that faults can be told apart without loading the client. Pure.
 */

/** Another client holds the transactional id. */
export const FENCED_CODES: ReadonlySet<number> = new Set([
  -144, // _FENCED
  90, // PRODUCER_FENCED
  82, // FENCED_INSTANCE_ID
])

/** Fenced only when fatal: the same code asks for an abort when the broker has but lost the producer's state. */
export const INVALID_PRODUCER_EPOCH = 47

export const OUT_OF_RANGE_CODES: ReadonlySet<number> = new Set([
  -140, // _AUTO_OFFSET_RESET
  -139, // _LOG_TRUNCATION
  1, // OFFSET_OUT_OF_RANGE
])

const AUTHENTICATION = 'check the credentials of kafka.sasl'
const AUTHORIZATION =
  'grant the access right to the principal of kafka.sasl or kafka.tls, see docs/kafka-acls.md'
const TOPIC = 'make the topics by `weir topics`'
const SIZE = 'raise max.message.bytes of the topic'

/** What an operator must do. Trying again cannot help, whatever the flags say. */
export const REFUSED_CODES: ReadonlyMap<number, string> = new Map([
  [-181, 'check kafka.tls and the listener of the broker'], // _SSL
  [-169, AUTHENTICATION], // _AUTHENTICATION
  [-188, TOPIC], // _UNKNOWN_TOPIC
  [-190, TOPIC], // _UNKNOWN_PARTITION
  [-156, TOPIC], // _NOENT: offsets were asked of a partition that is not there
  [-186, 'correct kafka.properties'], // _INVALID_ARG
  [-165, 'install a client that was built with this feature, or write with another compression'], // _UNSUPPORTED_FEATURE
  [3, TOPIC], // UNKNOWN_TOPIC_OR_PART
  [10, SIZE], // MSG_SIZE_TOO_LARGE
  [17, TOPIC], // INVALID_TOPIC
  [18, SIZE], // RECORD_LIST_TOO_LARGE
  [26, 'set kafka.sessionTimeoutMillis within the bounds of the brokers (group.min.session.timeout.ms)'], // INVALID_SESSION_TIMEOUT
  [23, 'end the members of the group that use another assignment strategy, or set kafka.group'], // INCONSISTENT_GROUP_PROTOCOL
  [24, 'set kafka.group'], // INVALID_GROUP_ID
  [29, AUTHORIZATION], // TOPIC_AUTHORIZATION_FAILED
  [30, AUTHORIZATION], // GROUP_AUTHORIZATION_FAILED
  [31, AUTHORIZATION], // CLUSTER_AUTHORIZATION_FAILED
  [33, 'set kafka.sasl.mechanism to one that the broker has'], // UNSUPPORTED_SASL_MECHANISM
  [34, AUTHENTICATION], // ILLEGAL_SASL_STATE
  [35, 'upgrade the brokers'], // UNSUPPORTED_VERSION
  [50, 'raise transaction.max.timeout.ms of the brokers'], // INVALID_TRANSACTION_TIMEOUT
  [53, AUTHORIZATION], // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  [54, 'set kafka.sasl only for brokers that ask for it'], // SECURITY_DISABLED
  [58, AUTHENTICATION], // SASL_AUTHENTICATION_FAILED
  [87, 'remove the validation of records from the topic'], // INVALID_RECORD
])

/** Nothing is known to have happened, and the same request may be made again. */
export const RETRIABLE_CODES: ReadonlySet<number> = new Set([
  -199, // _BAD_MSG: a response that could not be read
  -195, // _TRANSPORT
  -193, // _RESOLVE
  -192, // _MSG_TIMED_OUT
  -187, // _ALL_BROKERS_DOWN
  -185, // _TIMED_OUT
  -184, // _QUEUE_FULL
  -183, // _ISR_INSUFF
  -180, // _WAIT_COORD
  -178, // _IN_PROGRESS
  -166, // _TIMED_OUT_QUEUE
  -164, // _WAIT_CACHE
  -163, // _INTR
  -153, // _RETRY
  -147, // _MAX_POLL_EXCEEDED
  -142, // _ASSIGNMENT_LOST
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_FOR_PARTITION
  7, // REQUEST_TIMED_OUT
  8, // BROKER_NOT_AVAILABLE
  9, // REPLICA_NOT_AVAILABLE
  13, // NETWORK_EXCEPTION
  14, // COORDINATOR_LOAD_IN_PROGRESS
  15, // COORDINATOR_NOT_AVAILABLE
  16, // NOT_COORDINATOR
  19, // NOT_ENOUGH_REPLICAS
  20, // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  22, // ILLEGAL_GENERATION
  25, // UNKNOWN_MEMBER_ID
  27, // REBALANCE_IN_PROGRESS
  41, // NOT_CONTROLLER
  51, // CONCURRENT_TRANSACTIONS
  56, // KAFKA_STORAGE_ERROR
  74, // FENCED_LEADER_EPOCH
  75, // UNKNOWN_LEADER_EPOCH
  78, // OFFSET_NOT_AVAILABLE
  79, // MEMBER_ID_REQUIRED
])
