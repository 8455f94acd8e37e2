/** The policy as a checked YAML document. Pure; depends on `yaml-document.ts`, `ajv` and the schema. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import policySchema from './policy.schema.json' with { type: 'json' }
import { type DocumentKind, YamlDocument } from './yaml-document.js'

/** Largest policy text, bytes of UTF-8; a policy of 1,024 accounts fits. */
export const MAXIMUM_POLICY_BYTES = 256 * 1024

let compiled: ValidateFunction | undefined

const policyKind: DocumentKind = {
  code: 'WEIR_POLICY',
  noun: 'policy',
  documentation: 'docs/policy.md',
  maximumBytes: MAXIMUM_POLICY_BYTES,
  whenTooLarge: 'split the group',
  // Compiled at first use: it takes some 20 ms that commands without policies need not spend.
  validator() {
    compiled ??= new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true }).compile(policySchema)
    return compiled
  },
}

/** A policy text that fits the JSON Schema. */
export class PolicyDocument extends YamlDocument {
  /** Reads and checks `text`; `file` is shown in errors. Throws `WEIR_POLICY`. */
  constructor(text: string, file: string) {
    super(text, file, policyKind)
  }
}
