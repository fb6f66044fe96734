import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppName } from '../fixtures/apps.ts'
import { filesOfApp, sayInApp } from '../fixtures/apps.ts'
import { checkOut } from '../fixtures/checkout.ts'
import { long } from '../fixtures/long.ts'
import { layPreviewGround, type PreviewState, sandboxes, says, stepOf } from './ground.ts'

/** From the URL of a repository to a page in the browser, for one application of each kind. */
interface Kind {
  readonly app: AppName
  readonly framework: string
  readonly packageManager: string | null
  readonly title: string
  readonly skipped: readonly string[]
}

const kinds: readonly Kind[] = [
  {
    app: 'static',
    framework: 'static',
    packageManager: null,
    title: 'Static',
    skipped: ['prepare', 'install', 'build'],
  },
  { app: 'express', framework: 'express', packageManager: 'npm', title: 'Express', skipped: ['prepare', 'build'] },
  { app: 'vite-react', framework: 'vite', packageManager: 'npm', title: 'Vite', skipped: ['prepare'] },
  { app: 'flask', framework: 'flask', packageManager: 'pip', title: 'Flask', skipped: ['build'] },
  { app: 'next', framework: 'nextjs', packageManager: 'npm', title: 'Next', skipped: ['prepare'] },
]

const ground = await layPreviewGround([...kinds.map(({ app }) => app), 'dockerfile'])

for (const { app, framework, packageManager, title, skipped } of kinds) {
  // Next builds for a minute of two processors.
  const options = { timeout: 300_000, ...(app === 'next' ? long : {}) }
  test(`${app}: from the URL of a repository to its page`, options, async (context) => {
    const began = performance.now()
    const before = await ground.packages.counts()
    const asked = await ground.preview(app)
    assert.match(asked.status, /^(queued|building)$/)
    const ready = await ground.ready(asked.id, 240_000)
    const fetched = await ground.packages.counts()
    context.diagnostic(`first: ${told(ready, began, fetched.bytes - before.bytes)}`)
    assert.deepEqual([ready.framework, ready.packageManager, ready.error], [framework, packageManager, null])
    const left = ready.steps.filter(({ state }) => state === 'skipped').map(({ name }) => name)
    assert.deepEqual(left, skipped)
    const page = await ground.open(ready)
    await says(page, 'one', title)

    // Another branch has a sandbox of its own, and finds what the first has fetched.
    await using checkout = await checkOut(ground.repository(app))
    const commit = await checkout.push('two/words', sayInApp(app, 'two'))
    const beganAgain = performance.now()
    const second = await ground.ready((await ground.preview(app, 'two/words')).id, 240_000)
    const fetchedAgain = await ground.packages.counts()
    context.diagnostic(`second: ${told(second, beganAgain, fetchedAgain.bytes - fetched.bytes)}`)
    assert.equal(second.commit, commit)
    assert.notEqual(second.sandboxId, ready.sandboxId)
    assert.notEqual(new URL(second.url ?? '').host, new URL(ready.url ?? '').host)
    assert.deepEqual(fetchedAgain.downloads.slice(fetched.downloads.length), [], 'no package is downloaded again')
    if (packageManager !== null) {
      assert.ok(fetched.downloads.length > before.downloads.length, 'the first has downloaded some')
      const [most, bytes] = [fetched.bytes - before.bytes, fetchedAgain.bytes - fetched.bytes]
      assert.ok(bytes < most / 10, `${bytes} bytes of ${most}`)
    }
    const other = await ground.open(second)
    await says(other, 'two', title)
    await page.reload()
    await says(page, 'one', title)
    await Promise.all([page, other].map((each) => each.context().close()))
    // They are idle, but use memory that the next kind wants.
    for (const { id } of [ready, second]) await ground.platform.call('DELETE', `/previews/${id}`)
  })
}

test('a Dockerfile: its image is built, and its own program serves', { timeout: 180_000 }, async () => {
  const ready = await ground.ready((await ground.preview('dockerfile')).id, 150_000)
  assert.equal(ready.framework, 'dockerfile')
  assert.equal(stepOf(ready, 'ready'), 'done')
  const page = await ground.open(ready)
  await says(page, 'one', 'Docker')
  const built = await page.evaluate("fetch('/built.txt').then((answer) => answer.text())")
  assert.equal(built, 'built\n', 'RUN was run')

  await using checkout = await checkOut(ground.repository('dockerfile'))
  const recipe = filesOfApp('dockerfile').Dockerfile ?? ''
  const broken = recipe.replace('mkdir -p', 'echo no such quarry >&2 && false && mkdir -p')
  const build = async (files: Record<string, string>): Promise<PreviewState> => {
    const commit = await checkout.push('main', files)
    const { id } = await ground.preview('dockerfile')
    return await ground.until(id, (each) => each.commit === commit && /^(ready|failed)$/.test(each.status), 150_000)
  }
  const failed = await build({ Dockerfile: broken })
  assert.equal(failed.status, 'failed')
  assert.match(await ground.log(failed.id), /no such quarry/)
  await page.reload()
  await says(page, 'one', 'Docker')
  const mended = await build({ Dockerfile: recipe, ...sayInApp('dockerfile', 'two') })
  assert.deepEqual([mended.status, mended.error], ['ready', null])
  assert.deepEqual([mended.url, mended.sandboxId === ready.sandboxId], [ready.url, false], 'the URL stays')
  await page.reload()
  await says(page, 'two', 'Docker')
  await page.context().close()
  // The sandbox of the first image goes, and that in which it was built.
  for (const deadline = Date.now() + 30_000; ; await sleep(200)) {
    const there = await sandboxes(ground.platform)
    if (there.join() === mended.sandboxId) break
    assert.ok(Date.now() < deadline, `${there.join()} instead of ${mended.sandboxId}`)
  }
})

after(() => assert.deepEqual(ground.browser.faults, [], 'no script of these pages has failed'))

/** For people: how long it took, all in all and in each step that did something, and what it fetched. */
function told({ steps }: PreviewState, beganMs: number, bytes: number): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const parts = steps
    .filter(({ state }) => state === 'done')
    .map(
      ({ name, startedAt, endedAt }) => `${name} ${seconds(Date.parse(endedAt ?? '') - Date.parse(startedAt ?? ''))}`,
    )
  const all = seconds(performance.now() - beganMs)
  return `ready after ${all} (${parts.join(', ')}), ${(bytes / 2 ** 20).toFixed(1)} MiB of packages fetched`
}
