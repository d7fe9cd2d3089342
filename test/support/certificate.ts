/** Certificates for tests, signed by themselves, made by openssl. None is kept in the repository, so none can expire there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { needService } from './services.ts'

export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** A new pair for `name` in `folder`, each file renamed into place. */
export function makeCertificate(folder: string, name = 'mx.in.test'): CertificateFiles {
  needService('openssl')
  const files = { certificate: path.join(folder, 'certificate.pem'), key: path.join(folder, 'key.pem') }
  const making = { certificate: `${files.certificate}.new`, key: `${files.key}.new` }
  const more = ['-nodes', '-days', '30', '-subj', `/CN=${name}`, '-out', making.certificate, '-keyout', making.key]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...more], { stdio: 'pipe' })
  renameSync(making.key, files.key)
  renameSync(making.certificate, files.certificate)
  return files
}

/** One pair for this process, removed at its end. */
export function testCertificate(): CertificateFiles {
  const folder = path.join(tmpdir(), `postern-certificate-${process.pid}`)
  const files = { certificate: path.join(folder, 'certificate.pem'), key: path.join(folder, 'key.pem') }
  if (existsSync(files.certificate)) return files
  const made = mkdtempSync(path.join(tmpdir(), 'postern-certificate-'))
  makeCertificate(made)
  renameSync(made, folder)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return files
}
