/**
 * A certificate for localhost, made by OpenSSL's command line for one test run. Depends on `openssl` being there.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** The certificate, or why there is none. */
export function localCertificate(): Certificate | string {
  const folder = mkdtempSync(join(os.tmpdir(), 'weir-certificate-'))
  const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')]
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ].concat([
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        keyFile,
        '-out',
        certFile,
      ]),
      { stdio: 'ignore', timeout: 30_000 },
    )
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
  } catch {
    return 'openssl is not there to make a certificate'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
