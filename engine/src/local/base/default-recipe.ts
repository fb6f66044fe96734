import { createHash } from 'node:crypto'

/** What the default snapshot is made of. Any change gives it a new digest, and so a new snapshot. */
export const defaultRecipe = {
  /** raised when the way it is made changes in a way that this table does not show */
  revision: 1,
  suite: 'bookworm',
  npmVersion: '11.21.2',
  user: { name: 'daytona', id: 1000, home: '/home/daytona' },
  env: {
    PATH: '/home/daytona/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
  },
  packages: [
    // a shell to work in
    ...['bash', 'sudo', 'less', 'nano', 'tree', 'file', 'procps', 'ca-certificates'],
    // files and network
    ...[
      'curl',
      'wget',
      'git',
      'openssh-client',
      'unzip',
      'zip',
      'xz-utils',
      'jq',
      'ripgrep',
      'iproute2',
      'iputils-ping',
    ],
    // Python with the two libraries that generated code asks for most; openblas makes numpy fast
    ...[
      'python3',
      'python-is-python3',
      'python3-pip',
      'python3-venv',
      'python3-dev',
      'python3-numpy',
      'python3-matplotlib',
    ],
    'libopenblas0-pthread',
    // named so that fonttools is content with it: its other choice, scipy, brings 300 MB of headers along
    'python3-munkres',
    // pip and npm build native packages
    'build-essential',
  ],
  /** left out of the packages: translations, manuals, and development files that nobody links with */
  excludedFiles: [
    '/usr/share/man/*',
    '/usr/share/info/*',
    '/usr/share/locale/*',
    '/usr/share/lintian/*',
    '/usr/share/doc/*',
    '/usr/share/unicode/*',
    '/usr/lib/python3*/config-*/*.a',
    '/usr/lib/*/libpython*.a',
    '/usr/bin/*-lto-dump-*',
    // says that pip must not install beside apt, which in a sandbox is what people want
    '/usr/lib/python3*/EXTERNALLY-MANAGED',
  ],
  keptFiles: ['/usr/share/doc/*/copyright'],
  /** what packages that are installed later in a sandbox leave out too */
  excludedLater: [
    '/usr/share/man/*',
    '/usr/share/info/*',
    '/usr/share/locale/*',
    '/usr/lib/python3*/EXTERNALLY-MANAGED',
  ],
} as const

/** Names the snapshot that this recipe makes with a version of Node. */
export function recipeDigest(nodeVersion: string): string {
  const input = JSON.stringify([defaultRecipe, nodeVersion, process.arch])
  return createHash('sha256').update(input).digest('hex').slice(0, 16)
}
