// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how a Dockerfile names a variable
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPlatformError } from '@sandyard/protocol'
import { parseDockerfile } from './dockerfile.ts'
import { evaluateStage } from './evaluate.ts'
import { cutStages } from './stages.ts'
import type { Stage, Step } from './step.ts'

const base = { user: '', workDir: null, env: { BASE: 'b' }, entrypoint: ['/base'], cmd: ['x'] }

function read(text: string): Stage[] {
  const dockerfile = parseDockerfile(text)
  const { stages, globals, budget } = cutStages(dockerfile)
  return stages.map((stage) =>
    evaluateStage({ stage, stages, globals, budget, escapeChar: dockerfile.escapeChar }, base),
  )
}

function only(text: string): Step {
  const step = read(`FROM base\n${text}`)[0]?.steps.at(-1)
  assert.ok(step)
  return step
}

function args(text: string): readonly string[] {
  const step = only(text)
  assert.ok(step.kind === 'run')
  return step.args
}

describe('a Dockerfile', () => {
  it('is cut into instructions', () => {
    const { instructions } = parseDockerfile(
      '# syntax=docker/dockerfile:1\n\n# note\nfrom a\nRUN one \\\n  # between\n\n  two\nCOPY --chown=a:b --link x y\r\n',
    )
    assert.deepEqual(
      instructions.map(({ line, keyword, flags, rest }) => [line, keyword, flags, rest]),
      [
        [4, 'FROM', [], 'a'],
        [5, 'RUN', [], 'one   two'],
        [
          9,
          'COPY',
          [
            ['chown', 'a:b'],
            ['link', ''],
          ],
          'x y',
        ],
      ],
    )
  })

  it('continues lines, also with another escape', () => {
    assert.deepEqual(args('RUN a \\\n  b \\ \n# no\n\n c'), ['/bin/sh', '-c', 'a   b  c'])
    const { instructions } = parseDockerfile('# escape=`\nFROM a\nRUN dir C:\\ `\n  x')
    assert.equal(instructions[1]?.rest, 'dir C:\\   x')
  })

  it('has text in it', () => {
    assert.deepEqual(args('RUN <<EOF\necho $A\n # kept\nEOF'), ['/bin/sh', '-c', 'echo $A\n # kept\n'])
    assert.deepEqual(args('RUN cat <<-EOF > x\n\tone\n\tEOF'), ['/bin/sh', '-c', 'cat <<-EOF > x\none\nEOF\n'])
    const script = only('RUN <<EOF\n#!/bin/cat\nx\nEOF')
    assert.ok(script.kind === 'run' && script.script === '#!/bin/cat\nx\n')
    const copy = only('ENV A=1\nCOPY <<one <<"two" /to/\n$A\none\n$A\ntwo')
    assert.ok(copy.kind === 'copy')
    assert.deepEqual(copy.texts, [
      { name: 'one', text: '1\n' },
      { name: 'two', text: '$A\n' },
    ])
  })

  it('has variables', () => {
    const [stage] = read(
      'ARG TAG=1\nFROM base:$TAG\nARG TAG\nARG D=d E\nENV A=1 B="two $A" C=\'$A\' X=a\\ b\nENV A=2 Z=$A\nENV old the rest $A\nWORKDIR /w/$A\nWORKDIR sub\nUSER ${U:-me}:${G:+no}g\nRUN x',
    )
    assert.ok(stage)
    assert.deepEqual(stage.from, { kind: 'image', name: 'base:1' })
    const run = stage.steps.at(-1)
    assert.ok(run?.kind === 'run')
    assert.deepEqual(run.env, {
      TAG: '1',
      D: 'd',
      BASE: 'b',
      A: '2',
      B: 'two ',
      C: '$A',
      X: 'a b',
      Z: '1',
      old: 'the rest 2',
    })
    assert.equal(run.workDir, '/w/2/sub')
    assert.equal(run.user, 'me:g')
  })

  it('says how the image is started', () => {
    const { config } = read('FROM a\nENTRYPOINT ["/x", "y"]')[0] ?? {}
    assert.deepEqual([config?.entrypoint, config?.cmd], [['/x', 'y'], []])
    const kept = read('FROM a\nCMD run it')[0]?.config
    assert.deepEqual([kept?.entrypoint, kept?.cmd], [['/base'], ['/bin/sh', '-c', 'run it']])
    const both = read('FROM a\nSHELL ["/bin/bash", "-lc"]\nCMD ["c"]\nENTRYPOINT e')[0]?.config
    assert.deepEqual([both?.entrypoint, both?.cmd], [['/bin/bash', '-lc', 'e'], ['c']])
  })

  it('has stages, of which only those that are needed are built', () => {
    const stages = read(
      'FROM a AS One\nFROM b AS two\nRUN x\nFROM one\nCOPY --from=0 /x /y\nCOPY --from=other:1 /x /y\nRUN --mount=type=bind,from=one,target=/m x',
    )
    assert.deepEqual(
      stages.map(({ index }) => index),
      [0, 2],
    )
    const [copy, image] = stages[1]?.steps ?? []
    assert.ok(copy?.kind === 'copy' && image?.kind === 'copy')
    assert.deepEqual(
      [copy.from, image.from],
      [
        { kind: 'stage', index: 0 },
        { kind: 'image', name: 'other:1' },
      ],
    )
  })

  it('takes what the clients write', () => {
    assert.deepEqual(args('RUN "bash" "-c" "echo hi"'), ['/bin/sh', '-c', '"bash" "-c" "echo hi"'])
    assert.deepEqual(args("RUN python -m pip install 'a>1' b"), ['/bin/sh', '-c', "python -m pip install 'a>1' b"])
    const copy = only('COPY /home/me/a.txt /app/a.txt')
    assert.ok(copy.kind === 'copy')
    assert.deepEqual([copy.sources, copy.to, copy.isFolder], [['home/me/a.txt'], '/app/a.txt', false])
  })

  for (const [text, message] of [
    ['', /no instructions/],
    ['# only\n', /no instructions/],
    ['RUN x', /line 1: RUN comes before the first FROM/],
    ['ARG a=1', /no FROM/],
    ['FROM', /line 1: FROM requires at least one argument/],
    ['FROM a b', /line 1: FROM requires either one or three/],
    ['FROM ${X}', /should not be blank/],
    ['FROM a AS 1x', /invalid name for build stage/],
    ['FROM --platform=windows/amd64 a', /platform windows\/amd64/],
    ['FROM a\nFOO bar', /line 2: unknown instruction: FOO/],
    ['FROM a\nCOPY x', /line 2: COPY requires at least two/],
    ['FROM a\nCOPY x y z', /line 2: When using COPY with more than one source/],
    ['FROM a\nCOPY ../x y', /line 2: forbidden path outside the build context: \.\.\/x/],
    ['FROM a\nCOPY --from=3 x y', /line 2: invalid from flag value 3/],
    ['FROM a AS me\nCOPY --from=me x y', /line 2: a stage cannot copy from itself/],
    ['FROM a\nCOPY --chmod=u+x x y', /line 2: --chmod takes an octal number/],
    ['FROM a\nCOPY --what=1 x y', /line 2: COPY here does not know the flag --what/],
    ['FROM a\nADD git@host:x.git y', /line 2: ADD can fetch plain files/],
    ['FROM a\nADD https://host/x.git y', /line 2: ADD can fetch plain files/],
    ['FROM a\nRUN <<EOF\nx', /line 2: unterminated heredoc EOF/],
    ['FROM a\nENV a=b c', /line 2: Syntax error - can't find =/],
    ['FROM a\nENV a', /line 2: ENV must have two arguments/],
    ['FROM a\nENV a="b', /line 2: unterminated quote/],
    ['FROM a\nENV a=${b', /line 2: .* in substitution of b|line 2: .*missing/],
    ['FROM a\nENV a="${b:?not there}"', /line 2: b: not there/],
    ['FROM a\nENV a=${b%x}', /line 2: unsupported modifier/],
    ['FROM a\nSHELL x', /line 2: SHELL requires/],
    ['FROM a\nUSER a b', /line 2: USER is not valid/],
    ['FROM a\nRUN --network=host x', /line 2: RUN cannot have the network host/],
    ['FROM a\nRUN --security=insecure x', /line 2: RUN cannot be run without its sandbox/],
    ['FROM a\nRUN --mount=type=secret,id=x,required=true x', /line 2: there is no secret/],
    ['FROM a\nRUN --mount=type=cache,target=/dev/x x', /line 2: nothing can be mounted at \/dev\/x/],
    ['FROM a\nRUN --mount=type=bind,target=/x,rw x', /line 2: a mount of type bind can only be read/],
    ['# escape=x\nFROM a', /line 1: invalid escape token/],
    [`FROM a\n${'RUN x\n'.repeat(1000)}`, /line 1001: there are more than 1000 instructions/],
    ['FROM a\n'.repeat(65), /line 65: there are more than 64 stages/],
    [`FROM a\nRUN ${'x'.repeat(1024 * 1024)}`, /larger than 1048576 bytes/],
    [`FROM a\nENV a=${'x'.repeat(60_000)}\nENV b=$a$a$a`, /line 3: a value would be longer/],
    [`FROM a\nENV a=${'${a:-'.repeat(30)}${'}'.repeat(30)}`, /line 2: substitutions are nested too deep/],
    ['FROM a\nRUN a\0b', /zero byte/],
    [`FROM a\nARG a=${'x'.repeat(100_000)}\nENV ${'b=$a '.repeat(1000)}`, /line 3: variables put in more than/],
    [`FROM a\nARG a=${'x'.repeat(100_000)}\nCOPY ${'$a '.repeat(1000)} /x/`, /line 3: variables put in more than/],
    [`FROM a\nARG a=${'x'.repeat(90_000)}\nENV b=$a\nENV c=$a`, /line 4: all variables together are longer/],
    [`#a=${' '.repeat(900_000)}x\nRUN x`, /line 2: RUN comes before/],
  ] as const) {
    it(`is refused: ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(
        () => read(text),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'BAD_REQUEST')
          assert.match(error.message, message)
          return true
        },
      )
    })
  }

  it('whatever is in it, it is read or refused, and soon', () => {
    const parts = [
      'FROM a',
      'FROM a AS b',
      'FROM b',
      'RUN',
      'COPY --from=b',
      'ENV',
      'ARG',
      ' ',
      '\n',
      '\\\n',
      '\t',
      '"',
      "'",
      '$',
      '${',
      '}',
      ':-',
      '<<EOF',
      'EOF\n',
      '#',
      '# escape=`\n',
      '`',
      '[',
      ']',
      '[^',
      '["a"]',
      '=',
      '*',
      '**/x',
      '--mount=type=',
      'cache,target=/',
      'x',
      '/',
      '../',
      '\0',
      'é',
      '\u{1f600}',
      'a=1',
      '$a',
      '${a:+$a}',
    ]
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff
      return seed % below
    }
    let count = 0
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: random(40) }, () => parts[random(parts.length)]).join(
        random(2) === 0 ? '' : ' ',
      )
      try {
        read(`FROM a\n${text}`)
        count += 1
      } catch (error) {
        assert.ok(isPlatformError(error) && error.code === 'BAD_REQUEST', `${JSON.stringify(text)}: ${error}`)
      }
    }
    assert.ok(count > 100, 'some of it can be read')
  })
})
