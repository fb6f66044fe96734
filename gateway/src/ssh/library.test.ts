import assert from 'node:assert/strict'
import { test } from 'node:test'
import type ssh2 from 'ssh2'
import { startSshGround } from '../testing/ssh-ground.ts'
import { channelInsides, isUsable, queuedPackets, socketOf } from './library.ts'

/** The client of the library is made of the same parts as its server. */
test('the library has the insides that we use', async (t) => {
  const ground = await startSshGround(t)
  const client = await ground.login()
  const { _protocol: protocol, _chanMgr: channels } = client as unknown as {
    _protocol: Record<string, unknown> & {
      _packetRW: { write: Record<string, unknown> }
      _cipher: Record<string, unknown>
    }
    _chanMgr: Record<string, unknown>
  }
  for (const name of ['channelData', 'channelExtData', 'openssh_authAgent', '_destruct']) {
    assert.equal(typeof protocol[name], 'function', name)
  }
  assert.equal(typeof protocol._packetRW.write.alloc, 'function')
  assert.equal(typeof protocol._packetRW.write.finalize, 'function')
  assert.equal(typeof protocol._packetRW.write.allocStart, 'number')
  assert.equal(typeof protocol._cipher.encrypt, 'function')
  assert.ok('_kexinit' in protocol && '_queue' in protocol)
  assert.equal(typeof channels.add, 'function')
  const connection = client as never
  assert.deepEqual([isUsable(connection), queuedPackets(connection)], [true, 0])
  assert.equal(socketOf(connection).remotePort, ground.port)

  ground.agent = () => {} // keeps the program waiting
  client.exec('x', (_error, channel) => channel.on('error', () => {}))
  const opened = await new Promise<ssh2.ClientChannel>((resolve) =>
    client.exec('x', (_error, channel) => resolve(channel)),
  )
  const { outgoing, _waitWindow } = channelInsides(opened as unknown as ssh2.ServerChannel)
  assert.deepEqual([typeof outgoing.id, outgoing.window > 0, outgoing.packetSize > 0], ['number', true, true])
  assert.deepEqual([outgoing.state, _waitWindow], ['open', false])
  client.destroy()
  await new Promise<void>((resolve) => client.once('close', () => resolve()))
  assert.equal(isUsable(connection), false)
})
