import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChecksum } from './checksums.ts'

test('check values are those that the catalogues of them give', () => {
  const known = {
    md5: '25f9e794323b453885f5181f1b624d0b',
    sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
    sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
    crc32: 'cbf43926',
    crc32c: 'e3069283',
    crc64nvme: 'ae8b14860a799888',
  } as const
  for (const [name, value] of Object.entries(known)) {
    const checksum = createChecksum(name as keyof typeof known)
    for (const piece of ['123', '', '456789']) checksum.update(Buffer.from(piece))
    assert.equal(checksum.digest().toString('hex'), value, name)
  }
})
