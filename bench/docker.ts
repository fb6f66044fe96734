import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A Docker daemon of our own, with one small image, for comparison. */
export interface Docker {
  /** Runs the docker client and gives its output. */
  run(...args: string[]): Promise<string>
  close(): Promise<void>
}

export const image = 'sandyard-bench'

/** Starts a daemon that touches no firewall, and imports the default snapshot's root file system; `null` when there is none installed. */
export async function openDocker(rootfs: string): Promise<Docker | null> {
  if (!existsSync('/usr/sbin/dockerd')) return null
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-bench-docker-'))
  const host = `unix://${folder}/docker.sock`
  const daemon = spawn(
    'dockerd',
    [
      '--host',
      host,
      '--data-root',
      join(folder, 'data'),
      '--exec-root',
      join(folder, 'exec'),
      '--pidfile',
      join(folder, 'pid'),
      '--iptables=false',
      '--ip6tables=false',
    ],
    { stdio: 'ignore' },
  )
  const run = (...args: string[]): Promise<string> => execute('docker', ['--host', host, ...args])
  const close = async (): Promise<void> => {
    const ended = once(daemon, 'exit')
    if (daemon.exitCode === null) {
      daemon.kill('SIGTERM')
      await ended
    }
    execFileSync('ip', ['link', 'delete', 'docker0'], { stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; ; attempt++) {
    try {
      await run('info')
      break
    } catch (error) {
      if (attempt < 150 && daemon.exitCode === null) await sleep(200)
      else {
        await close()
        throw error
      }
    }
  }
  const packed = spawn('tar', ['--create', '--directory', rootfs, '--exclude=./usr/share', '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const imported = spawn('docker', ['--host', host, 'import', '-', image], {
    stdio: [packed.stdout, 'ignore', 'inherit'],
  })
  await once(imported, 'exit')
  return { run, close }
}

/** Runs a program and gives its output; rejects when it fails. */
export async function execute(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${errors}`)
  return output
}
