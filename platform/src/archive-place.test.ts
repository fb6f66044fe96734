import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archivePlace } from './archive-place.ts'
import { maskedConfig, readConfig } from './config.ts'

const keys = ['--archive-access-key', 'access', '--archive-secret-key', 'secret']
const placeOf = (...args: string[]) => archivePlace(readConfig(args, {}, []).config)

test('archives are in a folder unless a bucket is named, with its keys', () => {
  assert.equal(placeOf(), null)
  assert.equal(placeOf(...keys), null)
  assert.deepEqual(placeOf('--archive-store', 's3://archives', '--archive-region', 'eu-central-1', ...keys), {
    endpoint: 'https://s3.eu-central-1.amazonaws.com',
    region: 'eu-central-1',
    bucket: 'archives',
    prefix: '',
    accessKey: 'access',
    secretKey: 'secret',
  })
  const own = placeOf('--archive-store', 's3://my.bucket/a//b/', '--archive-endpoint', 'http://10.0.0.1:9000/', ...keys)
  assert.deepEqual([own?.endpoint, own?.bucket, own?.prefix], ['http://10.0.0.1:9000', 'my.bucket', 'a/b'])
  assert.throws(() => placeOf('--archive-store', 's3://archives'), {
    code: 'BAD_REQUEST',
    message: /needs --archive-access-key/,
  })
  for (const wrong of [
    'archives',
    's3://',
    's3://A',
    's3://a/../b',
    's3://bucket/a b',
    'https://bucket',
    '/folder',
    '',
  ]) {
    assert.throws(() => placeOf('--archive-store', wrong, ...keys), /--archive-store must be s3:/, wrong)
  }
})

test('the secret key is not shown', () => {
  assert.equal(maskedConfig(readConfig(keys, {}, []).config).archiveSecretKey, '***')
})
