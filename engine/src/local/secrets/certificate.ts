import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, identifier, integer, moment, octets, sequence, setOf, tagged, text, yes } from './der.ts'

/** What a certificate says (RFC 5280). */
export interface CertificateContent {
  /** common name; the names of a host are in `hostName` */
  readonly subject: string
  readonly issuer: string
  /** whose certificate it is */
  readonly publicKey: KeyObject
  /** P-256 key of the issuer */
  readonly issuerKey: KeyObject
  readonly fromMs: number
  readonly untilMs: number
  /** the host that it is for; `null`: it is an authority that certifies hosts */
  readonly hostName: string | null
}

const ecdsaWithSha256 = sequence(identifier('1.2.840.10045.4.3.2'))
const ids = {
  commonName: '2.5.4.3',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
  constraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
}

/** Longest common name (RFC 5280, appendix A). */
const longestName = 64

/** Makes a certificate, version 3, signed with ECDSA over SHA-256; as PEM. */
export function formatCertificate(content: CertificateContent): string {
  const { publicKey, issuerKey, hostName } = content
  const serial = randomBytes(16)
  // Positive, and of one length.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const signed = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    nameOf(content.issuer),
    sequence(moment(content.fromMs), moment(content.untilMs)),
    nameOf(content.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      0xa3,
      sequence(
        ...(hostName === null ? authorityExtensions() : hostExtensions(hostName)),
        extension(ids.subjectKey, octets(keyId(publicKey))),
        extension(ids.authorityKey, sequence(tagged(0x80, keyId(createPublicKey(issuerKey))))),
      ),
    ),
  )
  const whole = sequence(signed, ecdsaWithSha256, bits(sign('sha256', signed, issuerKey)))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** May sign hosts (and lists of revoked ones), and no further authority. */
function authorityExtensions(): Buffer[] {
  return [
    extension(ids.constraints, sequence(yes, integer(Buffer.from([0]))), true),
    extension(ids.keyUsage, bits(Buffer.from([0x06]), 1), true),
  ]
}

function hostExtensions(hostName: string): Buffer[] {
  return [
    extension(ids.constraints, sequence(), true),
    extension(ids.keyUsage, bits(Buffer.from([0x80]), 7), true),
    extension(ids.extendedUsage, sequence(identifier(ids.serverAuth))),
    extension(ids.alternativeName, sequence(tagged(0x82, Buffer.from(hostName, 'latin1')))),
  ]
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(identifier(id), ...(isCritical ? [yes] : []), octets(value))
}

function nameOf(commonName: string): Buffer {
  return sequence(setOf(sequence(identifier(ids.commonName), text(commonName.slice(0, longestName)))))
}

/** First method of RFC 7093: what counts is that it is the same on both sides. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
}
