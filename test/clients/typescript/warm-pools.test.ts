import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CreateSandboxFromSnapshotParams, Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

/**
 * What a sandbox can find out about itself. Left out is what passes by itself: how long its first processes run, which is
 * the one thing that tells a claimed one from a fresh one.
 */
const looks: Readonly<Record<string, string>> = {
  'environment of a command': 'env | sort',
  'environment of a login': 'bash -lc env | sort',
  // Which nobody may read, not even root inside.
  'environment of process 1': 'sudo cat /proc/1/environ 2>&1 | tr "\\0" "\\n" | sort',
  'command lines':
    'all=$(for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done 2>/dev/null); echo "$all" | sort -u',
  names: 'hostname; cat /etc/hostname /etc/hosts; uname -n; cat /proc/sys/kernel/hostname',
  'who and where': 'id; whoami; pwd; echo ~; umask; ulimit -a',
  limits:
    'cd /sys/fs/cgroup; cat memory.max cpu.max memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us 2>/dev/null; nproc',
  files:
    'sudo find / -xdev \\( -path /usr -o -path /etc/ssl -o -path /var/lib/dpkg \\) -prune -o -printf "%p %u %m %l\\n" | sort',
  mounts: 'cut -d" " -f5,6,9 /proc/self/mountinfo | sort',
  network: 'ip -o link | cut -d" " -f2,3; ip -o route; cat /etc/resolv.conf',
}

/** The clients send resources also with a snapshot, but their types do not say so. */
type Asked = CreateSandboxFromSnapshotParams & { readonly resources?: object }

/** What is asked for, and how it looks on the wire. */
const cases: Readonly<Record<string, Asked>> = {
  nothing: {},
  'labels, a name and intervals': {
    labels: { purpose: 'all' },
    public: true,
    autoStopInterval: 7,
    autoDeleteInterval: 9,
  },
  variables: { envVars: { GREETING: 'hello', EMPTY: '', PATH_OF_MINE: '/a b' } },
  resources: { resources: { cpu: 2, memory: 2, disk: 4 } },
  network: { networkAllowList: '192.0.2.0/24' },
  'no network': { networkBlockAll: true },
  secrets: { secrets: { API_KEY: 'of-the-pool' } },
  everything: {
    envVars: { GREETING: 'hello' },
    labels: { of: 'everything' },
    resources: { cpu: 1, memory: 2, disk: 5 },
    networkAllowList: '192.0.2.0/24,198.51.100.0/24',
  },
}

for (const client of clients.filter(({ isNewest }) => isNewest)) {
  const { name } = client
  describe(name, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    /** Waits until the pool has as many as it is to have. */
    async function filled(): Promise<void> {
      for (const deadline = Date.now() + 30_000; ; await sleep(50)) {
        const [pool] = await daytona.warmPool.list()
        if (pool === undefined || pool.currentSize === pool.pool) return
        assert.ok(Date.now() < deadline, `${pool.currentSize} of ${pool.pool}: ${pool.errorReason}`)
      }
    }

    /** All that it says of itself, with its own id told from other text; how old it says it is, s. */
    async function describeSandbox(sandbox: Sandbox): Promise<{ seen: Record<string, string>; ageSeconds: number }> {
      const seen: Record<string, string> = {}
      const run = async (command: string) => (await sandbox.process.executeCommand(command)).result
      for (const [what, command] of Object.entries(looks)) seen[what] = await run(command)
      const { body } = await platform.call('GET', `/sandbox/${sandbox.id}`)
      const { createdAt, updatedAt, lastActivityAt, ...wire } = body as Record<string, string>
      assert.ok(updatedAt && lastActivityAt)
      seen['on the wire'] = JSON.stringify(wire, null, 1)
      seen['environment of code'] = (
        await sandbox.process.codeRun('import os; print(sorted(os.environ.items()))')
      ).result
      seen['environment of a session'] = await inSession(sandbox, 'env | sort')
      // Two sandboxes have their own of these.
      const own = [sandbox.id, /\b198\.1[89](\.\d+){2}\b/g, /(?<=SANDYARD_TREE\W+)[-\w]+/g, /(?<=eth0@if)\d+/g]
      for (const [what, text] of Object.entries(seen)) {
        seen[what] = own.reduce((plain: string, mark) => plain.replaceAll(mark, 'OWN'), text)
      }
      const ageSeconds = (Date.now() - Date.parse(createdAt ?? '')) / 1000
      return { seen, ageSeconds }
    }

    async function inSession(sandbox: Sandbox, command: string): Promise<string> {
      await sandbox.process.createSession('look')
      const { stdout } = await sandbox.process.executeSessionCommand('look', { command })
      await sandbox.process.deleteSession('look')
      return stdout ?? ''
    }

    /** Makes one and looks at it; how long the create call took, ms. */
    async function examine(asked: Asked) {
      const began = performance.now()
      const sandbox = await daytona.create(asked)
      const createMs = performance.now() - began
      try {
        return { id: sandbox.id, createMs, ...(await describeSandbox(sandbox)) }
      } finally {
        await sandbox.delete()
      }
    }

    test('a sandbox of a pool is what a fresh one is, whatever is asked for', async (context) => {
      await daytona.secret.create({ name: 'of-the-pool', value: 'sk-the-value', hosts: ['api.example.com'] })
      const fresh = new Map<string, Awaited<ReturnType<typeof examine>>>()
      for (const [what, asked] of Object.entries(cases)) fresh.set(what, await examine(asked))
      const pool = await daytona.warmPool.create({ snapshot: 'default', pool: 2 })
      assert.deepEqual([pool.snapshot, pool.pool, pool.errorReason], ['default', 2, null])
      await filled()
      // The first in the pool are older than any claim by more than the clock's grain.
      await sleep(3000)
      try {
        for (const [what, asked] of Object.entries(cases)) {
          await filled()
          const warm = new Set(warmIds())
          const claimed = await examine(asked)
          assert.ok(warm.has(claimed.id), `${what}: it is one of the pool`)
          for (const [about, text] of Object.entries(fresh.get(what)?.seen ?? {})) {
            assert.equal(claimed.seen[about], text, `${about} when asked for ${what}`)
          }
          assert.ok(claimed.ageSeconds < 30, `${what}: created ${claimed.ageSeconds} s ago`)
          const ms = [claimed, fresh.get(what)].map((each) => each?.createMs.toFixed(0))
          context.diagnostic(`${what}: claimed in ${ms[0]} ms, made in ${ms[1]} ms`)
        }
      } finally {
        await daytona.warmPool.delete(pool.id)
      }
    })
  })
}

/** Those that wait for a caller, whom nobody sees on the wire. */
function warmIds(): string[] {
  const store = new DatabaseSync(join(platform.data, 'sandyard.db'), { readOnly: true })
  try {
    return store
      .prepare(`select id from warmSandboxes where state = 'ready'`)
      .all()
      .map(({ id }) => String(id))
  } finally {
    store.close()
  }
}
