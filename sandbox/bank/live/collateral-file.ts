/**
 * The bank's terms of secured lending as a JSON file, as `weir bank --collateral` takes it: which facilities are secured, and what each asset
 * covers there by the bank's own haircuts. Depends on ajv and node:fs.
 *
 *   { "facilities": [{ "group": "europe", "facility": "REPO-1", "outstandingMinor": 0 }],
 *     "assets": [{ "group": "europe", "facility": "REPO-1", "asset": "BUND", "coverMinor": 980000000, "pledgedParts": 0 }] }
 */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { WeirError } from '../../../pipeline/errors.js'
import type { CollateralTerms } from '../collateral-book.js'

interface CollateralFile {
  readonly facilities: readonly {
    readonly group: string
    readonly facility: string
    readonly outstandingMinor: number
  }[]
  readonly assets: readonly {
    readonly group: string
    readonly facility: string
    readonly asset: string
    readonly coverMinor: number
    readonly pledgedParts: number
  }[]
}

const BYTES_MOST = 4 * 1024 * 1024
const ID = { type: 'string', minLength: 1, maxLength: 128 }
const MINOR = { type: 'integer', minimum: 0, maximum: 2 ** 52 - 1 }
const PARTS = { type: 'integer', minimum: 0, maximum: 1_000_000 }

const validate = new Ajv2020().compile<CollateralFile>(
  strict({
    facilities: list(strict({ group: ID, facility: ID, outstandingMinor: MINOR })),
    assets: list(strict({ group: ID, facility: ID, asset: ID, coverMinor: MINOR, pledgedParts: PARTS })),
  }),
)

/** @throws WeirError WEIR_INPUT */
export function readCollateralFile(path: string): CollateralTerms {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw refused(path, 'it cannot be read', cause)
  }
  return collateralTerms(text, path)
}

/** @throws WeirError WEIR_INPUT for what is no such file, with its place */
export function collateralTerms(text: string, place: string): CollateralTerms {
  if (Buffer.byteLength(text) > BYTES_MOST) throw refused(place, `it has more than ${BYTES_MOST} bytes`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refused(place, 'it is no JSON', cause)
  }
  if (!validate(value)) {
    const [error] = validate.errors ?? []
    throw refused(place, `${error?.instancePath || 'it'} ${error?.message ?? 'does not fit'}`)
  }
  const covers = new Map<string, number>()
  for (const { group, facility, asset, coverMinor } of value.assets) {
    const key = JSON.stringify([group, facility, asset])
    if (covers.has(key)) throw refused(place, `${group}, ${facility}, ${asset} is there twice`)
    covers.set(key, coverMinor)
  }
  return {
    facilities: value.facilities.map(({ group, facility, outstandingMinor }) => ({
      groupId: group,
      facilityId: facility,
      outstandingMinor,
    })),
    pledges: value.assets.map(({ group, facility, asset, pledgedParts }) => ({
      groupId: group,
      facilityId: facility,
      assetId: asset,
      pledgedParts,
    })),
    coverMinor: (groupId, facilityId, assetId) => covers.get(JSON.stringify([groupId, facilityId, assetId])),
  }
}

function refused(place: string, message: string, cause?: unknown): WeirError {
  return new WeirError('WEIR_INPUT', message, {
    place,
    remedy: 'give a file as docs/kafka-venues.md shows it',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** More assets than this are another kind of file. */
function list(items: object): object {
  return { type: 'array', maxItems: 10_000, items }
}

function strict(properties: Record<string, object>): object {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties }
}
