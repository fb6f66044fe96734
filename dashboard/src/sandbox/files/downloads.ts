import type { Sandbox } from '@sandyard/sdk'
import { nameOf, parentOf } from './paths.ts'

/** s that the link of a download is good for: it must only begin in that time */
const linkSeconds = 600

/** Has the browser download a file by itself, to its disk and of any size. */
export async function downloadFile(sandbox: Sandbox, path: string): Promise<void> {
  // A link tells nobody why it does not work.
  await sandbox.fs.getFileDetails(path)
  save(await sandbox.downloadUrl(path, linkSeconds), nameOf(path))
}

/** Packs a folder in the sandbox, also one that a link leads to, brings it here, and removes the archive from the sandbox. */
export async function downloadFolder(sandbox: Sandbox, path: string): Promise<void> {
  const name = path === '/' ? 'disk' : nameOf(path)
  const id = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const archive = `/tmp/.archive-${id}.tar.gz`
  const words = ['tar', '-czf', archive, '-C', parentOf(path), '--', path === '/' ? '.' : `${nameOf(path)}/.`]
  try {
    const { exitCode, result } = await sandbox.process.executeCommand(words.map(quote).join(' '), '/', undefined, 3600)
    // 1: a file changed while it was read.
    if (exitCode === 127) throw new Error('The sandbox has no tar, which packs folders')
    if (exitCode > 1) throw new Error(result.trim().slice(0, 300) || `tar ended with ${exitCode}`)
    const blob = await new Response(await sandbox.fs.downloadFileStream(archive)).blob()
    const url = URL.createObjectURL(blob)
    save(url, `${name}.tar.gz`)
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  } finally {
    await sandbox.fs.deleteFile(archive).catch(() => {})
  }
}

function save(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.rel = 'noreferrer'
  link.click()
}

/** A word as a shell takes it. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
