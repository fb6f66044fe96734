// What tests must not leave on the host: compared before and after them.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Network namespaces, interfaces, firewall tables, mounts, loop devices, cgroups and processes in sandboxes, a line each. */
export function hostState() {
  const hierarchies = ['', ...list('/sys/fs/cgroup').map((name) => `/${name}`)]
  const cgroups = hierarchies.flatMap((hierarchy) =>
    list(`/sys/fs/cgroup${hierarchy}`)
      .filter((name) => name.startsWith('sandyard-'))
      .map((name) => `cgroup ${hierarchy}/${name}`),
  )
  return [
    ...list('/run/netns').map((name) => `network namespace ${name}`),
    ...list('/sys/class/net').map((name) => `interface ${name}`),
    ...lines(spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' }).stdout).map((line) => `firewall ${line}`),
    ...lines(read('/proc/self/mountinfo')).map((line) => `mount ${line.split(' ')[4]}`),
    ...list('/sys/block').flatMap((name) =>
      lines(read(`/sys/block/${name}/loop/backing_file`)).map((file) => `loop device of ${file}`),
    ),
    ...cgroups,
    ...list('/proc')
      .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).startsWith('/opt/sandyard/'))
      .map((pid) => `process ${pid} of a sandbox`),
  ]
}

/** What is there now that was not there before. */
export function leftBehind(before) {
  return hostState().filter((line) => !before.includes(line))
}

function lines(text) {
  return (text ?? '').split('\n').filter((line) => line !== '')
}

function list(folder) {
  try {
    return readdirSync(folder)
  } catch {
    return [] // not on this machine, or gone meanwhile
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // not on this machine, or gone meanwhile
  }
}
