/**
 * Users of the embedded engine: a writer for Weir, a read-only analyst, and the engine's own session.
 *
 * Passwords are random for each start. They exist in memory and in one file with mode 0600; the engine
 * sees their SHA-256 only. They are never put into an argument, a URL, a log or an error.
 * Depends on Node only; pure but for the randomness of `newPassword`.
 */
import { createHash, randomBytes } from 'node:crypto'

export const EMBEDDED_DATABASE = 'weir'

export interface Login {
  readonly username: string
  readonly password: string
}

export interface EmbeddedLogins {
  readonly writer: Login
  readonly analyst: Login
}

/** 256 random bits: too many to guess, so that a fast hash of them is as good as a slow one. */
function newPassword(): string {
  return randomBytes(32).toString('base64url')
}

export function newLogins(): EmbeddedLogins {
  return {
    writer: { username: 'weir', password: newPassword() },
    analyst: { username: 'analyst', password: newPassword() },
  }
}

/** What an analyst's query may use of a machine that has other work to do. */
const ANALYST_SECONDS = 60
const ANALYST_MEMORY_BYTES = 2_000_000_000

/**
 * The engine's users file.
 *
 * `default` must exist without a password, because the engine's own session logs in as it; the two grants
 * are what that session needs and all that an unauthenticated client gets. `readonly` 2 lets the analyst
 * change settings such as output formats, and neither write nor reach files and URLs.
 */
export function renderUsers(logins: EmbeddedLogins): string {
  const { writer, analyst } = logins
  return `<clickhouse>
  <profiles>
    <default/>
    <analyst>
      <readonly>2</readonly>
      <max_execution_time>${ANALYST_SECONDS}</max_execution_time>
      <max_memory_usage>${ANALYST_MEMORY_BYTES}</max_memory_usage>
      <constraints>
        <max_execution_time><max>${ANALYST_SECONDS}</max></max_execution_time>
        <max_memory_usage><max>${ANALYST_MEMORY_BYTES}</max></max_memory_usage>
      </constraints>
    </analyst>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <no_password/>${loopbackOnly('default')}
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </default>
    <${writer.username}>
      <password_sha256_hex>${sha256(writer.password)}</password_sha256_hex>${loopbackOnly('default')}
      <grants>
        <query>GRANT ALL ON ${EMBEDDED_DATABASE}.*</query>
        <query>GRANT TABLE ENGINE ON MergeTree</query>
      </grants>
    </${writer.username}>
    <${analyst.username}>
      <password_sha256_hex>${sha256(analyst.password)}</password_sha256_hex>${loopbackOnly('analyst')}
      <grants>
        <query>GRANT SELECT, SHOW ON ${EMBEDDED_DATABASE}.*</query>
      </grants>
    </${analyst.username}>
  </users>
</clickhouse>
`
}

function loopbackOnly(profile: string): string {
  return `
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>${profile}</profile><quota>default</quota>`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
