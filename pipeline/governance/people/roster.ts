/**
 * The roster: who may command a group, with which keys and in which roles, as a YAML document with a version.
 *
 * The JSON Schema next to this file fixes keys, types and ranges; here are the rules between them and the typed form. A roster is changed
 * like a policy, by what the people of the roster in force approve. Pure; depends on `yaml-document.ts`, `ajv` and the schema.
 */
import { createHash } from 'node:crypto'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { readLastDay } from '../last-day.js'
import { type DocumentKind, YamlDocument } from '../yaml-document.js'
import type { Role } from './roles.js'
import rosterSchema from './roster.schema.json' with { type: 'json' }

/** A roster of 256 people with keys and sign-ins fits. */
const MAXIMUM_ROSTER_BYTES = 256 * 1024

/** With fewer a roster could never be changed: one proposes, another approves. */
const ADMINISTRATORS_LEAST = 2

export interface PersonKey {
  /** 32 bytes of Ed25519, base64. */
  readonly key: string
  /** From this instant on it does not count, microseconds; undefined for ever. */
  readonly expiresAtMicros: number | undefined
}

export interface SignIn {
  readonly issuer: string
  readonly subject: string
}

export interface Person {
  readonly personId: string
  readonly roles: ReadonlySet<Role>
  /** Legal entities; undefined for all. */
  readonly entities: ReadonlySet<string> | undefined
  readonly keys: readonly PersonKey[]
  readonly signIns: readonly SignIn[]
}

export interface Authority {
  readonly authorityId: string
  readonly key: string
  readonly issuers: ReadonlySet<string>
}

export interface Roster {
  readonly rosterId: string
  readonly version: number
  readonly people: ReadonlyMap<string, Person>
  readonly authorities: ReadonlyMap<string, Authority>
  /** SHA-256 of the document's UTF-8 text. */
  readonly digest: Uint8Array
}

let compiled: ValidateFunction | undefined

const rosterKind: DocumentKind = {
  code: 'WEIR_POLICY',
  noun: 'roster',
  documentation: 'docs/governance.md',
  maximumBytes: MAXIMUM_ROSTER_BYTES,
  whenTooLarge: 'give groups rosters of their own',
  validator() {
    compiled ??= new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true }).compile(rosterSchema)
    return compiled
  },
}

/**
 * Reads a roster from YAML text. Pure.
 *
 * @param place file or stream position shown in errors, as `PLACE:line:column`
 * @throws WeirError `WEIR_POLICY` with place and remedy, for any mistake
 */
export function parseRoster(text: string, place: string): Roster {
  const document = new YamlDocument(text, place, rosterKind)
  const people = eachOf(document, ['people'], (path) => readPerson(document, path))
  const authorities = eachOf(document, ['authorities'], (path) => readAuthority(document, path))
  refuseTwice(document, people, authorities)
  const administrators = people.filter(({ roles }) => roles.has('admin')).length
  if (administrators < ADMINISTRATORS_LEAST) {
    const message = `${administrators} of the people ${administrators === 1 ? 'is an admin' : 'are admins'}`
    throw document.errorAt(
      ['people'],
      message,
      'name two at least: one proposes a new roster, another approves it',
    )
  }
  return {
    rosterId: document.stringAt(['roster']),
    version: document.numberAt(['version']),
    people: new Map(people.map((person) => [person.personId, person])),
    authorities: new Map(authorities.map((authority) => [authority.authorityId, authority])),
    digest: createHash('sha256').update(text, 'utf8').digest(),
  }
}

type Path = readonly (string | number)[]

function readPerson(document: YamlDocument, path: Path): Person {
  const keys = eachOf(document, [...path, 'keys'], (at) => ({
    key: document.stringAt([...at, 'key']),
    expiresAtMicros: readLastDay(document, [...at, 'expires']),
  }))
  const signIns = eachOf(document, [...path, 'signIns'], (at) => ({
    issuer: document.stringAt([...at, 'issuer']),
    subject: document.stringAt([...at, 'subject']),
  }))
  const personId = document.stringAt([...path, 'person'])
  if (keys.length + signIns.length === 0) {
    const message = `${personId} has neither a key nor a sign-in`
    throw document.errorAt(path, message, 'give keys or signIns: nobody else can sign as this person')
  }
  const entities = stringsAt(document, [...path, 'entities'])
  return {
    personId,
    roles: new Set(stringsAt(document, [...path, 'roles']) as Role[]),
    entities: entities.length === 0 ? undefined : new Set(entities),
    keys,
    signIns,
  }
}

function readAuthority(document: YamlDocument, path: Path): Authority {
  return {
    authorityId: document.stringAt([...path, 'authority']),
    key: document.stringAt([...path, 'key']),
    issuers: new Set(stringsAt(document, [...path, 'issuers'])),
  }
}

/** One name, one key, one sign-in, one person: else four eyes could be two. */
function refuseTwice(
  document: YamlDocument,
  people: readonly Person[],
  authorities: readonly Authority[],
): void {
  const seen = new Map<string, string>()
  const once = (what: string, owner: string, path: Path): void => {
    const other = seen.get(what)
    if (other !== undefined) {
      const message = `${what} of ${owner} is that of ${other} already`
      throw document.errorAt(path, message, 'each belongs to one person alone')
    }
    seen.set(what, owner)
  }
  for (const [at, { personId, keys, signIns }] of people.entries()) {
    once(`the name ${personId}`, personId, ['people', at, 'person'])
    for (const [index, { key }] of keys.entries())
      once(`the key ${key}`, personId, ['people', at, 'keys', index])
    for (const [index, { issuer, subject }] of signIns.entries())
      once(`the sign-in ${subject} at ${issuer}`, personId, ['people', at, 'signIns', index])
  }
  for (const [at, { authorityId, key }] of authorities.entries()) {
    once(`the authority ${authorityId}`, authorityId, ['authorities', at, 'authority'])
    once(`the key ${key}`, authorityId, ['authorities', at, 'key'])
  }
}

function stringsAt(document: YamlDocument, path: Path): string[] {
  return eachOf(document, path, (at) => document.stringAt(at))
}

function eachOf<T>(document: YamlDocument, path: Path, read: (path: Path) => T): T[] {
  return Array.from({ length: document.lengthAt(path) }, (_, index) => read([...path, index]))
}
