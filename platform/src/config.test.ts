import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPlatformError } from '@sandyard/protocol'
import { maskedConfig, readConfig } from './config.ts'
import { limitsOf } from './limits.ts'

describe('config', () => {
  it('takes a flag over a variable over the default', () => {
    const env = { SANDYARD_PORT: '4000', SANDYARD_SSH_PORT: '4022' }
    const { config } = readConfig(['--port', '5000', '--host=0.0.0.0'], env, [])
    assert.deepEqual([config.port, config.sshPort, config.host], [5000, 4022, '0.0.0.0'])
    assert.deepEqual([config.logLevel, config.caFile, config.previewDomain], ['info', null, ['localhost']])
  })

  it('keeps the base in the data folder unless it is told', () => {
    assert.equal(readConfig(['--data', '/srv/yard'], {}, []).config.base, '/srv/yard/base')
    assert.equal(readConfig(['--data', '/srv/yard', '--base', '/srv/base'], {}, []).config.base, '/srv/base')
  })

  it('takes an empty variable for none', () => {
    assert.equal(readConfig([], { SANDYARD_PORT: '' }, []).config.port, 3000)
  })

  it('tells switches from settings', () => {
    const { switches, config } = readConfig(['--yes', '--port', '0'], {}, ['yes', 'json'])
    assert.deepEqual([...switches], ['yes'])
    assert.equal(config.port, 0)
  })

  it('reads limits', () => {
    const args = ['--rate-limit-sandbox-create', '5/60', '--max-persistent-disk', '0', '--quota-memory', '64']
    const { config } = readConfig([...args, '--trusted-proxies', '10.0.0.0/8, fd00::1'], {}, [])
    const { quotas, rateLimits, trustedProxies, keptDays } = limitsOf(config)
    assert.deepEqual(rateLimits, { 'sandbox-create': { limit: 5, seconds: 60 } })
    assert.deepEqual([quotas.persistentDiskGib, quotas.totalMemoryGib, quotas.totalCpu], [0, 64, null])
    assert.deepEqual([trustedProxies, keptDays.audit], [['10.0.0.0/8', 'fd00::1'], 90])
  })

  it('masks the key', () => {
    const { config } = readConfig(['--api-key', 'a-key-of-somebody-1'], {}, [])
    assert.equal(maskedConfig(config).apiKey, '***')
    assert.equal(config.apiKey, 'a-key-of-somebody-1')
  })

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--prot', '1'], /unknown flag --prot; did you mean --port\?/],
    [['--jsno'], /did you mean --json\?/],
    [['--port'], /--port needs a value: port/],
    [['--port', '65536'], /--port must be a port/],
    [['--port', '-1'], /--port must be a port/],
    [['--host', ''], /--host must not be empty/],
    [['extra'], /nothing to do with "extra"/],
    [['--public-url', 'example.com'], /--public-url must be a URL/],
    [['--network', '10.0.0.0'], /--network must be an IPv4 range/],
    [['--network-allow', '10.0.0.0/8,10.0.0.1/33'], /--network-allow must be an IPv4 range/],
    [['--dns-servers', '192.0.2.1,one.example'], /--dns-servers must be IP addresses/],
    [['--api-key', 'short'], /--api-key must be 16 to 256/],
    [['--max-cpu', '0'], /--max-cpu must be a whole number above 0/],
    [['--preview-domain', 'a b'], /--preview-domain must be domain names/],
    [['--rate-limit-authenticated', '600'], /--rate-limit-authenticated must be a whole number/],
    [['--rate-limit-anonymous', '0/60'], /--rate-limit-anonymous must be a whole number/],
    [['--rate-limit-failed-auth', '1/2/3'], /--rate-limit-failed-auth must be calls\/seconds/],
    [['--trusted-proxies', '10.0.0.0/33'], /--trusted-proxies must be addresses or ranges/],
    [['--trusted-proxies', 'proxy.example.com'], /--trusted-proxies must be addresses or ranges/],
    [['--quota-cpu', '0'], /--quota-cpu must be a whole number above 0/],
    [['--log-level', 'loud'], /--log-level must be one of debug/],
    [['--json=yes'], /unknown flag --json/],
  ]
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(
        () => readConfig(args, {}, ['json']),
        (error) => isPlatformError(error) && error.code === 'BAD_REQUEST' && message.test(error.message),
      )
    })
  }

  it('names the variable that is wrong', () => {
    assert.throws(() => readConfig([], { SANDYARD_SSH_PORT: 'x' }, []), /SANDYARD_SSH_PORT must be a port/)
  })
})
