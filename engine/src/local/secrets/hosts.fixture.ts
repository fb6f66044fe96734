import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Outside, openOutside } from '../../../../test/fixtures/outside.ts'
import { formatCertificate } from './certificate.ts'

const upstream = join(import.meta.dirname, 'upstream.fixture.mjs')
const nameServer = join(import.meta.dirname, '../../../../test/fixtures/name-server.mjs')

/** Two outsides with HTTPS, for hosts below `one.test` and below `two.test`; the first has the name server too. */
export interface Hosts {
  readonly one: Outside
  readonly two: Outside
  /** PEM file of who certifies them */
  readonly trusted: string
  /** PEM file with key and certificate for hosts below `one.test` */
  readonly hostFile: string
  /** Names besides the usual ones: `api`, `other` and `wrong` below `one.test`, `api` below `two.test`. */
  zone(names?: object): void
  close(): Promise<void>
}

/** Opens them; see upstream.fixture.mjs for what they answer. */
export async function openHosts(): Promise<Hosts> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-hosts-'))
  chmodSync(folder, 0o755)
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = {
    fromMs: Date.now() - 60_000,
    untilMs: Date.now() + 3_600_000,
    issuerKey: authority.privateKey,
    issuer: 'Outside',
  }
  const trusted = join(folder, 'ca.pem')
  writeFileSync(
    trusted,
    formatCertificate({ ...signed, subject: 'Outside', publicKey: authority.publicKey, hostName: null }),
  )
  const host = (domain: string): string => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const file = join(folder, domain)
    const certificate = formatCertificate({ ...signed, subject: domain, publicKey, hostName: `*.${domain}` })
    writeFileSync(file, `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${certificate}`)
    return file
  }
  const hostFile = host('one.test')
  const [one, two] = [await openOutside(), await openOutside()]
  const close = async (): Promise<void> => {
    await Promise.all([one.close(), two.close()])
    rmSync(folder, { recursive: true })
  }
  const zone = (names: object = {}): void =>
    writeFileSync(
      join(folder, 'zone'),
      JSON.stringify({
        'api.one.test': { A: [one.address] },
        'other.one.test': { A: [one.address] },
        'wrong.one.test': { A: [two.address] },
        'api.two.test': { A: [two.address] },
        ...names,
      }),
    )
  try {
    zone()
    await one.start(process.execPath, [upstream, one.address, hostFile])
    await two.start(process.execPath, [upstream, two.address, host('two.test')])
    await one.start(process.execPath, [nameServer, one.address, '53', join(folder, 'zone')])
  } catch (fault) {
    await close()
    throw fault
  }
  return { one, two, trusted, hostFile, zone, close }
}
