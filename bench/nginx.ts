import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** size of the file that is downloaded, bytes */
export const bigBytes = 1024 ** 3
/** what is answered to each request of the requests/s, bytes */
const smallBytes = 1024

/** One nginx of our own, which reads no configuration of the machine. */
export interface Nginx {
  readonly pid: number
  close(): Promise<void>
}

/** Settings of a server of files: as fast as nginx is, so that it is not what is measured. */
export function fileServer(port: number): string {
  return `
    server {
      listen 127.0.0.1:${port} backlog=4096;
      root files;
      keepalive_requests 100000000;
      location / { default_type application/octet-stream; }
    }`
}

/** Settings of a proxy before such a server and a server of WebSockets, as a careful administrator writes them. */
export function proxyServer(port: number, to: { readonly files: number; readonly sockets: number }): string {
  return `
    upstream files { server 127.0.0.1:${to.files}; keepalive 64; keepalive_requests 100000000; }
    server {
      listen 127.0.0.1:${port} backlog=4096;
      keepalive_requests 100000000;
      proxy_http_version 1.1;
      proxy_set_header Host localhost:${to.files};
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      # a preview is as long as it likes, and nothing of it is kept on a disk
      proxy_max_temp_file_size 0;
      location / { proxy_set_header Connection ""; proxy_pass http://files; }
      location /socket {
        proxy_set_header Connection Upgrade;
        proxy_set_header Upgrade $http_upgrade;
        proxy_pass http://127.0.0.1:${to.sockets};
      }
    }`
}

/** The whole file. One process: what it is compared with is one too. */
function wholeConfig(servers: string): string {
  return `
  daemon off;
  master_process off;
  pid nginx.pid;
  error_log error.log warn;
  events { worker_connections 8192; }
  http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
    ${servers}
  }`
}

/** Makes a folder with what nginx serves: a small file and a large one, which takes no room. */
function makeFolder(folder: string, servers: string): void {
  mkdirSync(join(folder, 'files'), { recursive: true })
  mkdirSync(join(folder, 'temp'))
  writeFileSync(join(folder, 'files/small'), 'x'.repeat(smallBytes))
  writeFileSync(join(folder, 'files/big'), '')
  truncateSync(join(folder, 'files/big'), bigBytes)
  writeFileSync(join(folder, 'nginx.conf'), wholeConfig(servers))
}

/** Starts nginx with these servers; resolves when the port answers. */
export async function startNginx(servers: string, port: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-bench-nginx-'))
  makeFolder(folder, servers)
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf')]
  const child = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilAnswers(port)
  } catch (error) {
    await close()
    throw new Error(`nginx did not start: ${said}`, { cause: error })
  }
  return { pid: child.pid ?? 0, close }
}

/**
 * Packs nginx with its libraries, so that it runs in any sandbox: the same program on both sides. Gives an archive;
 * `sh run` in its folder starts it.
 */
export function packNginx(servers: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-bench-pack-'))
  try {
    makeFolder(folder, servers)
    const program = execFileSync('sh', ['-c', 'command -v nginx'], { encoding: 'utf8' }).trim()
    copyFileSync(program, join(folder, 'nginx'))
    const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
    const libraries = [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1] ?? '')
    mkdirSync(join(folder, 'lib'))
    for (const library of libraries) copyFileSync(library, join(folder, 'lib', basename(library)))
    const loader = libraries.map((path) => basename(path)).find((name) => name.startsWith('ld-linux'))
    if (loader === undefined) throw new Error(`ldd says: ${listed}`)
    const run = `exec "$PWD/lib/${loader}" --library-path "$PWD/lib" "$PWD/nginx" -p "$PWD" -c "$PWD/nginx.conf"\n`
    writeFileSync(join(folder, 'run'), run)
    return execFileSync('tar', ['-C', folder, '--sparse', '-czf', '-', '.'], { maxBuffer: 64 * 1024 * 1024 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Resolves when something takes connections there. */
export async function untilAnswers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isThere) return
    await sleep(25)
  }
  throw new Error(`nothing listens on port ${port}`)
}
