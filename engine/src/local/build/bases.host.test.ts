import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot, testBase } from '../engine.fixture.ts'
import { putImage, shellLayer, startRegistry, type TestRegistry } from '../images/registry.fixture.ts'
import { tarOf } from '../images/tar.fixture.ts'
import { buildImages, type Images } from '../images.fixture.ts'
import { type Builds, openBuilds } from './build.fixture.ts'

describe('what builds begin with', { skip: skipWithoutRoot }, () => {
  let builds: Builds
  let registry: TestRegistry
  let images: Images
  before(async () => {
    const base = await testBase()
    images = buildImages(base.snapshots[0]?.rootfs ?? '')
    registry = await startRegistry()
    const general = { ...images.alpine, name: 'tiny:1.0' }
    builds = await openBuilds({ insecureRegistries: [registry.name], snapshots: [...base.snapshots, general] })
    await putImage(registry, 'team/app', '1', {
      layers: [shellLayer(), tarOf([{ name: 'srv/file', content: 'text\n' }])],
      config: {
        User: '1000:1000',
        WorkingDir: '/srv',
        Env: ['GREETING=hello', 'PATH=/bin'],
        Entrypoint: ['sleep'],
        Cmd: ['10'],
      },
    })
    await putImage(registry, 'files', '1', { layers: [tarOf([{ name: 'data/x', content: 'x\n' }])] })
  })
  after(async () => {
    await builds.engine.close()
    await assertRemoved(builds.ground)
    await registry.close()
    images.remove()
  })

  it('an image of a registry, with its user, folder and variables', async () => {
    const app = `${registry.name}/team/app:1`
    const built = await builds.build(
      `ARG TAG=1\nFROM ${registry.name}/team/app:$TAG\nRUN cat file > /tmp/seen; id -u >> /tmp/seen; echo $GREETING >> /tmp/seen\nCOPY --from=${registry.name}/files:1 /data /data\nCMD ["20"]`,
    )
    assert.deepEqual([built.info.user, built.info.entrypoint], ['1000', ['sleep', '20']])
    assert.equal(await built.inside('cat /tmp/seen /data/x; pwd'), 'text\n1000\nhello\nx\n/srv\n')
    assert.match(built.text, /Pulling .*\/files:1/)
    const above = await builds.build(`FROM ${app}\nUSER root\nRUN echo more > /more`)
    // The layers of the image are shared, and stay as long as somebody stands on them.
    await built.remove()
    assert.equal(await above.inside('cat file /more'), 'text\nmore\n')
    await above.remove()
  })

  it('a general snapshot that has a tag', async () => {
    const built = await builds.build('FROM tiny:1.0\nRUN echo $0 > where; id -u >> where')
    assert.equal(await built.inside('cat where'), '/bin/sh\n0\n')
    await built.remove()
  })

  it('not what somebody saved or built', async () => {
    const built = await builds.build('FROM tiny:1.0\nRUN echo secret > /secret')
    const failed = await builds.fail(`FROM sandyard/${built.name}\nRUN cat /secret`)
    assert.match(failed.message, /line 1: there is no snapshot sandyard\/built-/)
    await built.remove()
  })

  it('nothing that is not there, and no step runs before that is known', async () => {
    const failed = await builds.fail(
      `FROM tiny:1.0\nRUN echo ran\nFROM tiny:1.0\nCOPY --from=${registry.name}/none:1 /x /x`,
    )
    assert.match(failed.message, /line 4: .*\/none:1: /)
    assert.doesNotMatch(failed.text, /ran/)
    const many = Array.from({ length: 65 }, (_, number) => `COPY --from=${registry.name}/i${number}:1 /x /x`).join('\n')
    assert.match((await builds.fail(`FROM tiny:1.0\n${many}`)).message, /line 65: there are more than 64 images/)
  })
})
