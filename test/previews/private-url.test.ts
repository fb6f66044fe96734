import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visit } from '../fixtures/visit.ts'
import { layPreviewGround, type PreviewState, says } from './ground.ts'

/** A private preview has one URL for life, and lets in who belongs to its organization. */
const ground = await layPreviewGround(['static'])
const { platform, browser } = ground

interface Person {
  readonly email: string
  readonly password: string
  call<Body>(method: string, path: string, body?: object): Promise<Body>
}

/** A person with an organization of their own. */
async function join(name: string): Promise<Person> {
  const [email, password] = [`${name}@example.com`, `a long password of ${name}`]
  assert.equal((await platform.call('POST', '/admin/users', { name, email, password })).status, 201)
  const signedIn = await platform.call('POST', '/auth/login', { login: email, password })
  const authorization = `Bearer ${(signedIn.body as { token: string }).token}`
  const listed = await fetch(`${platform.apiUrl}/organizations`, { headers: { authorization } })
  const [organization] = (await listed.json()) as { id: string }[]
  const by = { authorization, 'X-Daytona-Organization-ID': organization?.id ?? '' }
  return {
    email,
    password,
    async call<Body>(method: string, path: string, body?: object) {
      const headers = { ...by, 'content-type': 'application/json' }
      const answer = await fetch(`${platform.apiUrl}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`)
      const text = await answer.text()
      return (text === '' ? null : JSON.parse(text)) as Body
    },
  }
}

test('who belongs to it signs in, also after a restart; nobody else does', { timeout: 120_000 }, async () => {
  const [ada, bob] = [await join('ada'), await join('bob')]
  const ready = async (id: string, run: number): Promise<PreviewState> => {
    for (;;) {
      const preview = await ada.call<PreviewState>('GET', `/previews/${id}`)
      assert.notEqual(preview.status, 'failed', preview.error ?? '')
      if (preview.status === 'ready' && preview.run === run) return preview
      await new Promise((go) => setTimeout(go, 100))
    }
  }
  const body = { repository: ground.repository('static'), branch: 'main', public: false }
  const first = await ready((await ada.call<PreviewState>('POST', '/previews', body)).id, 1)
  const url = first.url ?? assert.fail()
  assert.equal((await visit(url)).status, 401)
  const sandboxLink = await ada.call<{ token: string }>('GET', `/sandbox/${first.sandboxId}/ports/1/preview-url`)
  const byToken = await visit(url, { 'x-daytona-preview-token': sandboxLink.token })
  assert.deepEqual([byToken.status, /<title>Static one</.test(byToken.body)], [200, true])

  const page = await browser.open()
  const signIn = async ({ email, password }: Person): Promise<void> => {
    await page.fill('input[name=login]', email)
    await page.fill('input[name=password]', password)
    await page.click('button')
  }
  await page.goto(url)
  assert.equal(new URL(page.url()).host, new URL(platform.url).host, 'at the platform’s own address')
  await signIn(bob)
  assert.match((await page.textContent('.fault')) ?? '', /may not open that preview/)
  await signIn(ada)
  await says(page, 'one', 'Static')
  assert.equal(page.url(), `${url}/`)

  await ada.call('POST', `/previews/${first.id}/restart`)
  const second = await ready(first.id, 2)
  assert.deepEqual([second.url, second.sandboxId === first.sandboxId], [url, false])
  await page.reload()
  await says(page, 'one', 'Static')
  assert.equal(page.url(), `${url}/`, 'the session lets in to the new sandbox, too')
  const stale = await visit(url, { 'x-daytona-preview-token': sandboxLink.token })
  assert.equal(stale.status, 401, 'the token of the former sandbox opens nothing')

  await ada.call('DELETE', `/previews/${first.id}`)
  assert.equal((await visit(url)).status, 401, 'a stranger learns nothing')
  await page.context().close()
})
