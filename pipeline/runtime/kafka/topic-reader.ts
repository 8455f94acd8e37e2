/**
 * Reads partitions of topics by manual assignment with one consumer: what the journal's and the sources' reader share.
 *
 * A reading first asks where its topics begin and end, so that an offset that is gone is told before a record is passed over. The
 * client tells of later failures without the partition, and of some not at all; surveys find those: a partition that
 * has records and does not get any on is at fault. Depends on the consumer's loop and surveys.
 */

import { PendingOperation, type Ringable } from '../distributed/pending-operation.js'
import type { BrokerFault, Operation, SourceRecord } from '../distributed/ports.js'
import { type ConsumerClient, loadKafka, type Message } from './client.js'
import { ConsumerLoop } from './consumer-loop.js'
import { brokerFault, faultKindOf } from './faults.js'
import { readerProperties } from './properties.js'
import { Reading, type TopicPlace } from './reading.js'
import { rangeFault, stallFault } from './reading-faults.js'
import type { KafkaSettings } from './settings.js'
import { type Extent, Surveyor } from './survey.js'

/** How often it is asked how far behind the readings are, and whether they get on. */
const SURVEY_INTERVAL_MS = 2000

/**
 * A refusal is told once, and it takes some surveys until it is known which partition does not get on; later it says nothing of a
 * partition that stands still.
 */
const REFUSAL_SURVEYS = 10

/** Pause before a failed start of a reading is tried again. */
const RETRY_PAUSE_MS = 200

export class TopicReader {
  readonly #bell: Ringable
  readonly #place: string
  readonly #loop: ConsumerLoop
  readonly #readings = new Map<number, Reading>()
  #surveyor: Surveyor | undefined
  #timer: NodeJS.Timeout | undefined
  #surveying = false
  #latestFailure: unknown
  /** Surveys since then. */
  #failureSurveys = 0
  #closed = false

  constructor(settings: KafkaSettings, place: string, bell: Ringable) {
    this.#bell = bell
    this.#place = place
    this.#loop = new ConsumerLoop(settings, readerProperties(settings), place, {
      connected: () => this.#connected(),
      records: (messages) => this.#take(messages),
      end: (topic, partition, offset) => this.#reachEnd(topic, partition, offset),
      failed: (thrown) => this.#failed(thrown),
      unreachable: (fault) => this.#blameAll(fault),
    })
  }

  start(partition: number, offsets: ReadonlyMap<string, number>): void {
    this.stop(partition)
    const reading = new Reading(partition, offsets)
    this.#readings.set(partition, reading)
    this.#loop.open()
    this.#begin(reading)
  }

  stop(partition: number): void {
    const reading = this.#readings.get(partition)
    if (reading === undefined) return
    this.#readings.delete(partition)
    // Decided when it is carried out: the reading may be assigned by a request before this one.
    this.#loop.request((client) => {
      if (!reading.assigned) return
      // The client keeps a pause beyond the assignment: the next reading of the partition would never get a record.
      if (reading.paused) client.resume(partitionsOf(reading))
      client.incrementalUnassign(partitionsOf(reading))
      reading.assigned = false
    })
  }

  /** A held partition fills its queue here, and stays paused at the broker from then on. */
  hold(partition: number, held: boolean): void {
    const reading = this.#readings.get(partition)
    if (reading === undefined) return
    reading.held = held
    this.#adjust(reading)
  }

  readingOf(partition: number): Reading | undefined {
    return this.#readings.get(partition)
  }

  poll(partition: number, most: number): readonly SourceRecord[] {
    const reading = this.#readings.get(partition)
    if (reading === undefined || reading.waiting === 0) return []
    const records = reading.poll(most)
    if (reading.paused && !reading.held && reading.hasRoom) this.#adjust(reading)
    return records
  }

  /** Offset behind the last record that was written, those of undecided transactions included. */
  endOf(topic: string, partition: number): Operation<number> {
    const operation = new PendingOperation<number>(this.#bell)
    const surveyor = this.#surveyor
    const fail = (thrown: unknown) => operation.fail(brokerFault(thrown, 'no offsets', this.#place))
    if (surveyor === undefined) fail(new Error('the reader is not connected'))
    else
      this.#loop
        .hold(() => surveyor.survey([{ topic, partition }], 'written'))
        .then(([extent]) => {
          if (extent === undefined || extent.error !== undefined) fail(extent?.error)
          else operation.succeed(extent.end)
        }, fail)
    return operation
  }

  close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    this.#readings.clear()
    return this.#loop.close()
  }

  #connected(): void {
    loadKafka().then(
      (library) =>
        this.#loop.request((client) => {
          this.#surveyor = new Surveyor(library, client)
          this.#timer = setInterval(() => this.#survey(), SURVEY_INTERVAL_MS)
          for (const reading of this.#readings.values()) this.#begin(reading)
        }),
      (thrown: unknown) => this.#blameAll(brokerFault(thrown, 'no surveys', this.#place)),
    )
  }

  #begin(reading: Reading): void {
    const surveyor = this.#surveyor
    if (surveyor === undefined || reading.assigned || this.#closed) return
    this.#loop
      .hold(() => surveyor.survey(partitionsOf(reading), 'written'))
      .then((extents) => this.#assign(reading, extents))
      .catch((thrown: unknown) =>
        this.#failToBegin(reading, brokerFault(thrown, 'no offsets', this.#placeOf(reading))),
      )
  }

  #assign(reading: Reading, extents: readonly Extent[]): void {
    if (this.#readings.get(reading.partition) !== reading || reading.assigned) return
    const fault = extents
      .map((extent) => rangeFault(extent, reading.places.get(extent.topic) as TopicPlace, this.#place))
      .find((found) => found !== undefined)
    if (fault !== undefined) {
      this.#failToBegin(reading, fault)
      return
    }
    this.#loop.request((client) => {
      if (this.#readings.get(reading.partition) !== reading || reading.assigned) return
      const assignments = extents.map(({ topic, partition, begin, end }) => {
        const place = reading.places.get(topic) as TopicPlace
        if (place.next < 0) place.next = place.reached = begin
        place.end = end
        return { topic, partition, offset: place.next }
      })
      client.incrementalAssign(assignments)
      reading.assigned = true
      reading.fault = undefined
      this.#pauseOrResume(client, reading)
      this.#bell.ring()
    })
  }

  #placeOf(reading: Reading): string {
    return `${this.#place}, partition ${reading.partition}`
  }

  #failToBegin(reading: Reading, fault: BrokerFault): void {
    if (this.#readings.get(reading.partition) !== reading) return
    reading.fault = fault
    this.#bell.ring()
    if (fault.kind === 'retriable') setTimeout(() => this.#begin(reading), RETRY_PAUSE_MS)
  }

  #take(messages: readonly Message[]): void {
    let reading: Reading | undefined
    let place: TopicPlace | undefined
    let topic = ''
    let partition = -1
    for (const message of messages) {
      if (message.partition !== partition || message.topic !== topic) {
        ;({ topic, partition } = message)
        reading = this.#readings.get(partition)
        place = reading?.assigned === true ? reading.places.get(topic) : undefined
      }
      if (place !== undefined) (reading as Reading).take(place, message)
    }
    for (const filled of this.#readings.values()) {
      if (filled.waiting === 0) continue
      // Of several topics one may be refused while the others are read.
      if (filled.fault?.kind === 'retriable') filled.fault = undefined
      if (!filled.paused && filled.isFull) this.#adjust(filled)
    }
    this.#bell.ring()
  }

  #reachEnd(topic: string, partition: number, offset: number): void {
    const place = this.#readings.get(partition)?.places.get(topic)
    if (place !== undefined && place.reached < offset) place.reached = offset
  }

  #adjust(reading: Reading): void {
    this.#loop.request((client) => this.#pauseOrResume(client, reading))
  }

  #pauseOrResume(client: ConsumerClient, reading: Reading): void {
    if (!reading.assigned) return
    // A pause throws away what was read ahead, so one by the machine takes effect once the queue here is full: short ones,
    // one after the other, would otherwise keep the partition from ever getting on.
    const wanted = reading.paused ? reading.held || !reading.hasRoom : reading.isFull
    if (wanted === reading.paused) return
    reading.paused = wanted
    if (wanted) client.pause(partitionsOf(reading))
    else client.resume(partitionsOf(reading))
  }

  #failed(thrown: unknown): void {
    const fault = brokerFault(thrown, 'the client cannot read', this.#place)
    if (fault.kind === 'fatal') {
      this.#blameAll(fault)
      return
    }
    this.#latestFailure = thrown
    this.#failureSurveys = 0
    this.#survey()
  }

  #survey(): void {
    const surveyor = this.#surveyor
    const assigned = [...this.#readings.values()].filter((reading) => reading.assigned)
    if (surveyor === undefined || this.#surveying || assigned.length === 0) return
    this.#surveying = true
    this.#loop
      .hold(() => surveyor.survey(assigned.flatMap(partitionsOf), 'readable'))
      .then((extents) => this.#compare(extents))
      .catch((thrown: unknown) => this.#blameAll(brokerFault(thrown, 'no offsets', this.#place)))
      .finally(() => {
        this.#surveying = false
      })
  }

  #compare(extents: readonly Extent[]): void {
    for (const extent of extents) {
      const reading = this.#readings.get(extent.partition)
      const place = reading?.places.get(extent.topic)
      if (reading === undefined || place === undefined || !reading.assigned) continue
      const fault = stallFault(extent, place, reading.paused, this.#latestFailure, this.#place)
      // What is refused stays so until the reading is started anew; the rest has passed when records come again.
      if (fault === undefined && reading.fault?.kind === 'retriable') reading.fault = undefined
      if (fault !== undefined) reading.fault = fault
    }
    this.#failureSurveys++
    const isRefusal = this.#latestFailure !== undefined && faultKindOf(this.#latestFailure) === 'refused'
    if (!isRefusal || this.#failureSurveys >= REFUSAL_SURVEYS) this.#latestFailure = undefined
    this.#bell.ring()
  }

  #blameAll(fault: BrokerFault): void {
    if (this.#closed) return
    for (const reading of this.#readings.values()) reading.fault ??= fault
    this.#bell.ring()
  }
}

function partitionsOf(reading: Reading): { topic: string; partition: number }[] {
  return [...reading.places.keys()].map((topic) => ({ topic, partition: reading.partition }))
}
