/**
 * What a command's `detail` may be: canonical JSON of one form a kind, so that two readers cannot take it for two things.
 *
 * Pure; depends on ajv and the canonical JSON.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'
import { printable } from '../printable.js'
import { ROLES, type Role } from './roles.js'

/** A change of 256 policies fits. */
const DETAIL_BYTES_MOST = 65_536
const SHOWN_LENGTH = 200

export interface ChangeManifest {
  readonly change: string
  readonly entries: readonly ChangeEntry[]
}

/** A policy version for a group. */
export interface ChangeEntry {
  readonly kind: 'policy'
  readonly group: string
  readonly policy: string
  readonly version: number
  readonly digest: string
}

export interface Delegation {
  readonly roles: readonly Role[]
  readonly until: number
}

export interface AdjustedLeg {
  readonly leg: number
  readonly amountMinor: number
}

export interface ForcedCash {
  readonly kind: 'TRANSFER' | 'FX' | 'DRAW' | 'REPAY'
  /** Rail or facility. */
  readonly channel: string
  readonly amountMinor: number
}

export interface ForcedCollateral {
  readonly kind: 'PLEDGE' | 'RELEASE'
  /** Secured facility. */
  readonly channel: string
  readonly assetId: string
  /** Millionths of the holding. */
  readonly assetParts: number
}

export type ForcedMove = ForcedCash | ForcedCollateral

export interface Details {
  readonly change: ChangeManifest
  readonly stage: { readonly stage: 'shadow' | 'canary' | 'full' }
  readonly delegation: Delegation
  readonly onBehalf: { readonly for: string }
  readonly adjustment: { readonly legs: readonly AdjustedLeg[] }
  readonly plan: { readonly moves: readonly ForcedMove[] }
  readonly answer: { readonly option: string }
}

const ID = { type: 'string', minLength: 1, maxLength: 128 }
const PARTS = { type: 'integer', minimum: 1, maximum: 1_000_000 }
const MINOR = { type: 'integer', minimum: 1, maximum: 2 ** 52 - 1 }

const SCHEMAS: Readonly<Record<keyof Details, Record<string, object>>> = {
  change: {
    change: ID,
    entries: {
      type: 'array',
      minItems: 1,
      maxItems: 256,
      items: strict({
        kind: { const: 'policy' },
        group: ID,
        policy: ID,
        version: { type: 'integer', minimum: 1, maximum: 1_000_000_000 },
        digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      }),
    },
  },
  stage: { stage: { enum: ['shadow', 'canary', 'full'] } },
  delegation: {
    roles: { type: 'array', minItems: 1, maxItems: ROLES.length, uniqueItems: true, items: { enum: ROLES } },
    until: { type: 'integer', minimum: 0, maximum: 2 ** 52 },
  },
  onBehalf: { for: ID },
  adjustment: {
    legs: {
      type: 'array',
      minItems: 1,
      maxItems: 256,
      items: strict({ leg: { type: 'integer', minimum: 0, maximum: 255 }, amountMinor: MINOR }),
    },
  },
  plan: {
    moves: {
      type: 'array',
      minItems: 1,
      maxItems: 256,
      items: {
        oneOf: [
          strict({ kind: { enum: ['TRANSFER', 'FX', 'DRAW', 'REPAY'] }, channel: ID, amountMinor: MINOR }),
          strict({ kind: { enum: ['PLEDGE', 'RELEASE'] }, channel: ID, assetId: ID, assetParts: PARTS }),
        ],
      },
    },
  },
  answer: { option: ID },
}

const compiled = new Map<keyof Details, ValidateFunction>()

/** The detail, or the reason why it is none. */
export function readDetail<K extends keyof Details>(
  form: K,
  text: string,
): { readonly detail: Details[K] } | { readonly fault: string } {
  if (Buffer.byteLength(text) > DETAIL_BYTES_MOST)
    return { fault: `its detail is longer than ${DETAIL_BYTES_MOST} bytes` }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { fault: `its detail is no JSON: ${printable(text, SHOWN_LENGTH)}` }
  }
  const validate = validatorOf(form)
  if (validate(value) !== true) {
    const [error] = validate.errors ?? []
    return { fault: `its detail does not fit: ${error?.instancePath ?? ''} ${error?.message ?? ''}` }
  }
  if (canonicalJson(value as Json) !== text) return { fault: 'its detail is not canonical JSON (RFC 8785)' }
  return { detail: value as Details[K] }
}

function validatorOf(form: keyof Details): ValidateFunction {
  let validate = compiled.get(form)
  if (validate === undefined) {
    validate = new Ajv2020().compile(strict(SCHEMAS[form]))
    compiled.set(form, validate)
  }
  return validate
}

/** All of these members and no others. */
function strict(properties: Record<string, object>): object {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties }
}
