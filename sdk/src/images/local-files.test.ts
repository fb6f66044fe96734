import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DaytonaInvalidArgumentError, DaytonaNotFoundError } from '../errors.ts'
import { copySources, logicalLines } from './copy-sources.ts'
import { Image } from './image.ts'
import { readDependencies } from './pyproject.ts'
import { listEntries, writeTar } from './tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'sandyard-sdk-files-'))
after(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'src/deep'), { recursive: true })
writeFileSync(join(folder, 'src/deep/a.txt'), 'a')
writeFileSync(join(folder, 'b.txt'), 'b')
writeFileSync(join(folder, 'c1.md'), 'c')
writeFileSync(join(folder, 'c2.md'), 'c')
symlinkSync('/etc/passwd', join(folder, 'out'))

const sources = (text: string, isStrict = false) =>
  copySources(text, folder, isStrict).map(({ archivePath }) => archivePath)

test('what a Dockerfile copies', () => {
  assert.deepEqual(sources('COPY src /x\nADD b.txt b.txt /y/\ncopy c?.md /z'), ['src', 'b.txt', 'c1.md', 'c2.md'])
  assert.deepEqual(sources('COPY --from=other /a /b\nADD https://example.com/a /b\nRUN COPY b.txt'), [])
  assert.deepEqual(sources('COPY --chown=a:b \\\n  ["b.txt", "/x"]'), ['b.txt'])
  assert.throws(() => sources('COPY none /x'), DaytonaInvalidArgumentError)
  assert.deepEqual(sources('COPY out /x'), ['out'])
  assert.throws(() => sources('COPY out /x', true), /leads out/)
  assert.throws(() => sources('COPY ../ /x', true), /leads out/)
  assert.deepEqual(logicalLines('# no\nA \\\n # no\n B\nC'), ['A   B', 'C'])
})

test('dependencies of a pyproject.toml', () => {
  const text = `[project]
name = "x"
dependencies = [
  "numpy>=1.26", # a comment with ]
  'pandas[performance] ; python_version > "3.9"',
]
[project.optional-dependencies]
dev = ["pytest"]
"with-dash" = ["ruff"]
`
  assert.deepEqual(readDependencies(text, ['dev', 'with-dash', 'none']), [
    'numpy>=1.26',
    'pandas[performance] ; python_version > "3.9"',
    'pytest',
    'ruff',
  ])
  assert.throws(() => readDependencies('[project]\nname = "x"\n', []), /no `dependencies`/)
  assert.throws(() => readDependencies('[project]\ndependencies = [1]\n', []), /something else/)
})

test('an image as a Dockerfile', () => {
  const file = join(folder, 'b.txt')
  const image = Image.debianSlim('3.12')
    .pipInstall(['requests', 'numpy<2'], { indexUrl: 'https://pypi.example.com/simple', pre: true })
    .pipInstallFromRequirements(file)
    .env({ A: "it's" })
    .entrypoint(['sh', '-c', 'echo "hi"'])
    .cmd(['a'])
  const lines = image.dockerfile.split('\n')
  assert.equal(lines[0], 'FROM python:3.12-slim-bookworm')
  assert.deepEqual(lines.slice(5, -1), [
    "RUN python -m pip install 'numpy<2' requests --index-url https://pypi.example.com/simple --pre",
    `COPY ${file} /.requirements.txt`,
    'RUN python -m pip install -r /.requirements.txt',
    "ENV A='it'\\''s'",
    'ENTRYPOINT ["sh", "-c", "echo \\"hi\\""]',
    'CMD ["a"]',
  ])
  assert.deepEqual(image.contextList, [{ sourcePath: file, archivePath: file.slice(1) }])
  assert.throws(() => Image.base('a').addLocalFile(join(folder, 'none'), '/x'), DaytonaNotFoundError)
  assert.throws(() => Image.base('a').addLocalFile(folder, '/x'), DaytonaInvalidArgumentError)
  assert.throws(() => Image.debianSlim('2.7' as '3.9'), /2\.7/)
})

test('an archive is the same for the same files, and says so when one changes while it is read', async () => {
  const pack = async () => {
    const pieces: Uint8Array[] = []
    for await (const piece of writeTar(listEntries(folder, 'x'))) pieces.push(piece)
    return Buffer.concat(pieces)
  }
  assert.ok((await pack()).equals(await pack()))
  assert.equal((await pack()).length % 512, 0)
  const entries = listEntries(join(folder, 'b.txt'), 'b.txt')
  writeFileSync(join(folder, 'b.txt'), 'longer')
  await assert.rejects(async () => {
    for await (const _ of writeTar(entries)) void _
  }, /was changed/)
})

test('a text alone is an image, unless it copies local files', () => {
  const image = Image.fromDockerfileText('FROM a\nCOPY --from=b /x /y')
  assert.equal(image.dockerfile, 'FROM a\nCOPY --from=b /x /y\n')
  assert.deepEqual(image.contextList, [])
  assert.throws(() => Image.fromDockerfileText('FROM a\nCOPY src /srv'), /copies src/)
  assert.throws(() => Image.fromDockerfileText(' \n'), /is empty/)
})
