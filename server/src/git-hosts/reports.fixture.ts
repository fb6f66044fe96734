import type { ServerResponse } from 'node:http'
import { scripted } from '../environments/environments.fixture.ts'
import { FinalFailure } from '../environments/step.ts'
import { commit, githubPull, makeProject, type TestProject } from '../testing/git-hooks.ts'
import type { TestGitHost } from '../testing/git-host.ts'
import { openTestServer, type TestServer, testConfig, until } from '../testing/test-server.ts'

/** What a build says that fails: with everything that Markdown makes something of. */
const hostile = 'It `ends` @everyone\n/close\n[x](javascript:alert(1)) <img src=x> | ![](https://evil.example/p.png)'

/** Steps that build the wanted commit, and fail at a commit of nines. */
export function builder() {
  const { make } = scripted({
    clone: async ({ environment }) => ({
      kind: 'done',
      findings: { commit: environment.wantedCommit ?? commit('f'), branch: environment.branch },
    }),
    async build({ environment }) {
      if (environment.commit === commit('9')) throw new FinalFailure(hostile)
      return { kind: 'done' }
    },
  })
  return make
}

export async function open(config = testConfig): Promise<TestServer> {
  const server = await openTestServer({ previewSteps: builder(), isRecovered: false, config })
  // From here on runs begin by themselves.
  await server.server.reconcile.round()
  return server
}

/** Tells what is to be told now. */
export async function report({ server }: TestServer): Promise<void> {
  await server.reconcile.round()
  await server.reports.settled()
}

/** Waits until a preview is no longer under way, without telling of it. */
export async function built(server: TestServer, id: string): Promise<string> {
  let status = ''
  await until(async () => {
    status = (await server.call(`GET /previews/${id}`)).body.status
    return status === 'ready' || status === 'failed'
  })
  return status
}

export function project(server: TestServer, host: TestGitHost, body: object = {}): Promise<TestProject> {
  return makeProject(server, {
    repository: `${host.url}/acme/shop`,
    host: 'gitea',
    token: 'good',
    reporting: 'both',
    ...body,
  })
}

/** A pull request of the repository at the test's host. */
export function pullAt(host: TestGitHost, action: string, sha: string, changes: object = {}) {
  const repo = { clone_url: `${host.url}/acme/shop.git`, html_url: `${host.url}/acme/shop` }
  return githubPull(action, { head: { sha, repo }, repository: repo, ...changes })
}

/** Answers a call in place of the host. */
export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
