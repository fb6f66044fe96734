import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot } from '../engine.fixture.ts'
import { type Builds, openBuilds, orderOf, tarOf, writeTar } from './build.fixture.ts'

/** A beginning, and then nothing of use. */
const brokenXz = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), Buffer.alloc(2000, 1)])

const from = 'FROM sandyard/default\nUSER root\n'

describe('builds', { skip: skipWithoutRoot }, () => {
  let builds: Builds
  before(async () => {
    builds = await openBuilds()
  })
  after(async () => {
    await builds.engine.close()
    await assertRemoved(builds.ground)
  })

  /** Builds, looks inside with a command of root, and removes it again. */
  async function check(dockerfile: string, command: string, expected: string, files = {}): Promise<string> {
    const built = await builds.build(dockerfile, files)
    try {
      assert.equal(await built.inside(command, 'root'), expected, built.text)
    } finally {
      await built.remove()
    }
    return built.text
  }

  it('runs, copies and says what it does', async () => {
    const text = await check(
      `${from}WORKDIR /app\nCOPY a.txt b/\nRUN cat b/a.txt > c; id -u; pwd; echo err >&2; echo out\n`,
      'cat /app/c /app/b/a.txt; stat -c %u:%g:%a /app/b /app/b/a.txt',
      'hello\nhello\n0:0:755\n0:0:644\n',
      { 'a.txt': 'hello\n' },
    )
    assert.match(text, /^Step 1\/5 : FROM sandyard\/default$/m)
    assert.match(text, /^Step 5\/5 : RUN cat .*\n0\n\/app\nerr\nout$/m)
  })

  it('the image says who works in it, where and with what', async () => {
    const built = await builds.build(
      'FROM sandyard/default\nENV A=1 B="two words"\nRUN id -un > /tmp/who; env | grep ^A= >> /tmp/who\nWORKDIR /srv/new\nUSER daytona\nENTRYPOINT ["sleep"]\nCMD ["1000"]\nEXPOSE 80\nLABEL a=b\nVOLUME /v\nSTOPSIGNAL 9\nHEALTHCHECK NONE\nMAINTAINER me\nONBUILD RUN x',
    )
    assert.equal(built.info.user, 'daytona')
    assert.deepEqual(built.info.entrypoint, ['sleep', '1000'])
    assert.match(built.text, /ONBUILD RUN x\n ---> not kept/)
    assert.equal(
      await built.inside(
        'cat /tmp/who; echo $B; pwd; timeout 5 sh -c "until pgrep -x sleep >/dev/null; do sleep 0.1; done" && echo runs',
      ),
      'daytona\nA=1\ntwo words\n/srv/new\nruns\n',
    )
    await built.remove()
  })

  it('RUN in all its forms', async () => {
    await check(
      `${from}RUN ["/bin/sh", "-c", "echo exec > /one"]\nSHELL ["/bin/bash", "-c"]\nRUN [[ a == a ]] && echo bash > /two\nRUN <<EOF\necho text > /three\necho $0 >> /three\nEOF\nRUN <<EOF\n#!/usr/bin/env python3\nopen('/four', 'w').write('python\\n')\nEOF\nRUN cat > /five <<A && cat >> /five <<'B'\na\nA\n$b\nB\nARG X=arg\nRUN echo $X > /six\n`,
      'cat /one /two /three /four /five /six; printenv X; [ -e /dev/.sandyard ] || echo gone',
      'exec\nbash\ntext\n/bin/bash\npython\na\n$b\narg\ngone\n',
    )
  })

  it('RUN with mounts and without a network', async () => {
    const text = await check(
      `FROM sandyard/default AS other\nUSER root\nRUN mkdir /o; echo other > /o/file\n${from}RUN --mount=type=cache,target=/cache echo kept > /cache/x\nRUN --mount=type=cache,target=/cache cat /cache/x > /one\nRUN --mount=type=tmpfs,target=/t,size=1m df -k /t | tail -1 | awk '{print $2}' > /two; ! dd if=/dev/zero of=/t/x bs=1M count=2 2>/dev/null\nRUN --mount=type=bind,from=other,source=/o,target=/m cat /m/file > /three; ! touch /m/file 2>/dev/null\nRUN --mount=type=bind,source=in,target=/in cat /in/a /in/b/c > /four\nRUN --mount=type=bind,source=in/a,target=/in/just cat /in/just >> /four\nRUN --mount=type=secret,id=x [ ! -e /run/secrets/x ]\nRUN --network=none ls /sys/class/net 2>/dev/null; cat /proc/net/dev | grep -c eth0 > /five; true`,
      'cat /one /two /three /four /five; ls /cache /t /m',
      'kept\n1024\nother\na\nc\na\n0\n/cache:\n\n/m:\n\n/t:\n',
      { 'in/a': 'a\n', 'in/b/c': 'c\n' },
    )
    assert.match(text, /Step 1\/\d+ : FROM sandyard\/default AS other/)
  })

  it('COPY as docker build does', async () => {
    await check(
      `${from}RUN useradd -u 1500 -m ann; mkdir /there; ln -s /there /link; echo old > /there/old
COPY d /dest
COPY d/f1 plain /many/
COPY f* /glob/
COPY --chown=ann:ann --chmod=0640 plain /owned/file
COPY --chown=1500 plain /owned/number
COPY plain /there
COPY plain /link/through
COPY <<one <<"two" /texts/
text $HOME
one
text $HOME
two
WORKDIR /rel/at
COPY plain .
COPY plain ../up
COPY link-to-file /linked
COPY d/link /inner
COPY . /all/`,
      `cd /dest && find . | sort && readlink link && stat -c %a f1 e && cd / && cat many/* && ls glob many texts rel/at rel && stat -c '%U:%G %a' owned owned/file owned/number && ls there && cat texts/* linked inner && find /all -name .dockerignore -o -name skipped | wc -l`,
      '.\n./e\n./f1\n./h\n./link\nf1\n600\n700\nf1\nplain\nglob:\nf2\nf3\n\nmany:\nf1\nplain\n\nrel:\nat\nup\n\nrel/at:\nplain\n\ntexts:\none\ntwo\nann:ann 755\nann:ann 640\nann:ann 644\nold\nplain\nthrough\ntext \ntext $HOME\nplain\nf1\n1\n',
      {
        'd/f1': { text: 'f1\n', mode: 0o600 },
        'd/e/': { type: 'directory', mode: 0o700 },
        'd/link': { type: 'symlink', linkname: 'f1' },
        'd/h': { type: 'link', linkname: 'd/f1' },
        plain: 'plain\n',
        f2: '2',
        f3: '3',
        'link-to-file': { type: 'symlink', linkname: 'plain' },
        'out/skipped': 'x',
        '.dockerignore': 'out\n',
      },
    )
  })

  it('COPY from stages and images, and stages on stages', async () => {
    const text = await check(
      `FROM scratch AS files
COPY a /x/a
COPY a /x/b
FROM sandyard/default AS made
USER root
RUN useradd -u 1600 bob; mkdir -p /m/sub; echo m > /m/sub/f; chown bob /m/sub/f; chmod 4750 /m/sub/f; ln -s sub/f /m/l; ln -s /m/sub /abs
FROM made
COPY --from=made /m /copied
COPY --from=0 /x/* /files/
COPY --from=1 /abs/f /one
COPY --from=sandyard/default /etc/hostname /etc/debian_version /img/
FROM sandyard/default AS unused
RUN exit 1
FROM 2ndlast
`
        .replace('FROM made\n', 'FROM made AS 2ndlast\n')
        .replace(/2ndlast/g, 'ndlast'),
      "stat -c '%u %a' /copied/sub/f; readlink /copied/l; cat /copied/l /files/a /files/b /one; ls /img; id -u bob",
      '1600 4750\nsub/f\nm\na\na\nm\ndebian_version\nhostname\n1600\n',
      { a: 'a\n' },
    )
    assert.doesNotMatch(text, /unused/)
  })

  it('from nothing', async () => {
    const busybox = readFileSync('/bin/busybox')
    const files = { busybox: { text: busybox, mode: 0o755 } }
    const built = await builds.build(
      'FROM scratch\nCOPY busybox /bin/sh\nRUN echo made > /file\nENV PATH=/bin\nCMD ["/bin/sh"]\n',
      files,
    )
    assert.equal(await built.inside('cat /file; ls / | tr "\\n" " "'), 'made\nbin dev etc file opt proc root sys tmp ')
    await built.remove()
  })

  it('ADD unpacks tar files', async () => {
    const inner = await buffer(
      tarOf({
        'in/file': { text: 'packed\n', uid: 1700, gid: 1700 },
        'in/l': { type: 'symlink', linkname: 'file' },
        'in/h': { type: 'link', linkname: 'in/file' },
      }),
    )
    const folder = mkdtempSync(join(builds.ground.data, 'packed-'))
    writeFileSync(join(folder, 'x.tar'), inner)
    const packed = (program: string) => execFileSync(program, ['-c', join(folder, 'x.tar')])
    await check(
      `${from}ADD a.tar /tar/\nADD b.tar.gz /gz\nADD c.tar.bz2 /bz2/\nADD d.tar.xz /xz/\nADD e.tar.zst f.gz /zst/\nCOPY a.tar /kept/\nADD --chown=0:0 a.tar /mine/`,
      "cd /; cat tar/in/file gz/in/h bz2/in/l xz/in/file zst/in/file; ls kept zst; stat -c '%u %h' tar/in/file; stat -c %u mine/in/file",
      'packed\npacked\npacked\npacked\npacked\nkept:\na.tar\n\nzst:\nf.gz\nin\n1700 2\n0\n',
      {
        'a.tar': { text: inner },
        'b.tar.gz': { text: gzipSync(inner) },
        'c.tar.bz2': { text: packed('bzip2') },
        'd.tar.xz': { text: packed('xz') },
        'e.tar.zst': { text: packed('zstd') },
        'f.gz': { text: gzipSync('no tar file') },
      },
    )
  })

  it('steps that were done are not done again', async () => {
    const dockerfile = `${from}COPY a /a\nRUN date +%N > /when\nRUN cat /when > /then\nCOPY b /b\nRUN cat /a /b`
    const first = await builds.build(dockerfile, { a: '1', b: '2' })
    const again = await builds.build(dockerfile, { b: '2', a: '1' })
    assert.equal(again.text.match(/---> cached/g)?.length, 6)
    assert.equal(await again.inside('cat /when'), await first.inside('cat /then'))
    const other = await builds.build(dockerfile, { a: '1', b: '3' })
    assert.equal(await other.inside('cat /then'), await first.inside('cat /when'))
    assert.equal(other.text.match(/---> cached/g)?.length, 4)
    const anew = await builds.build(dockerfile, { a: '2', b: '2' })
    assert.doesNotMatch(anew.text, /RUN.*\n ---> cached/)
    assert.notEqual(await anew.inside('cat /when'), await first.inside('cat /when'))
    const elsewhere = await builds.build(dockerfile, { a: '1', b: '2' }, { scope: 'another' })
    assert.notEqual(await elsewhere.inside('cat /when'), await first.inside('cat /when'), 'what others ran is theirs')
    for (const built of [first, again, other, anew, elsewhere]) await built.remove()
    assert.ok(again.seconds < first.seconds, `${again.seconds} s, at first ${first.seconds} s`)
  })

  for (const [what, dockerfile, message, given = {}] of [
    [
      'a step that fails',
      `${from}RUN echo before; echo bad >&2; exit 3`,
      /^Dockerfile line 3: RUN echo before.*: exit code 3\nbefore\nbad$/,
    ],
    [
      'a program that is not there',
      `${from}RUN ["/no/such"]`,
      /line 3: RUN \["\/no\/such"\]: exit code 1\n.*No such file or directory/,
    ],
    [
      'a user that is not there',
      'FROM sandyard/default\nUSER nobody-here\nRUN true',
      /line 3: unable to find user nobody-here/,
    ],
    ['an owner that is not there', `${from}COPY --chown=me:you a /`, /line 3: unable to find user me/],
    ['a group that is not there', `${from}COPY --chown=0:you a /`, /line 3: unable to find group you/],
    [
      'a file that is not there',
      `${from}RUN exit 1\nCOPY no /`,
      /line 4: COPY failed: file not found in build context .* stat no: file does not exist/,
    ],
    [
      'a file of a stage that is not there',
      `FROM sandyard/default AS s\n${from}COPY --from=s /no /x`,
      /line 4: COPY .*: stat \/no: file does not exist/,
    ],
    ['a snapshot that is not there', 'FROM sandyard/none', /line 1: there is no snapshot sandyard\/none/],
    [
      'a folder in place of a file',
      `${from}RUN touch /f\nCOPY d /f/`,
      /line 4: COPY d \/f\/: cannot make the folder \/f: a file is there/,
    ],
    ['a broken tar file', `${from}ADD broken.tar.xz /`, /line 3: .*cannot be unpacked: it is broken/],
    [
      'a file in place of a folder',
      `${from}RUN mkdir -p /t/a/x\nCOPY a /t/`,
      /line 4: .*cannot put a file in place of the folder \/t\/a/,
    ],
    [
      'a mount over a link',
      `FROM sandyard/default AS s\nUSER root\nRUN ln -s /etc /l\n${from}RUN --mount=type=bind,from=s,source=/l,target=/m cat /m/shadow`,
      /line 6: a mount cannot lead over a symbolic link: \/l/,
    ],
    [
      'too much memory',
      `${from}RUN python3 -c 'x = bytearray(3 << 30)'`,
      /line 3: .*: out of memory: it used up the 1 GiB of the build/,
    ],
    [
      'too much on the disk',
      `${from}RUN head -c 2G /dev/urandom > /big`,
      /line 3: .*: the disk of the build is full: it has 1 GiB/,
      { diskGib: 1 },
    ],
    [
      'too many processes',
      `${from}RUN python3 -c 'import os,time\nEOF`.replace(
        '\nEOF',
        "; [time.sleep(100) for _ in iter(int, 1) if os.fork() == 0]'",
      ),
      /line 3: .*: it started more processes than a build may have/,
    ],
  ] as const) {
    it(`fails with ${what}, and says so`, async () => {
      const failed = await builds.fail(
        dockerfile,
        { a: 'a', 'd/x': 'x', 'broken.tar.xz': { text: brokenXz } },
        { resources: given },
      )
      assert.match(failed.message, message)
      assert.equal(failed.code, 'BAD_REQUEST')
    })
  }

  it('what a step starts ends with it', async () => {
    const built = await builds.build(`${from}RUN (sleep 1000; echo late > /late) & setsid sleep 1000 & echo > /done`)
    assert.ok(built.seconds < 5)
    await built.remove()
  })

  it('contexts are hostile, and get nowhere', async () => {
    await check(
      `${from}RUN echo safe > /safe; mkdir /to\nCOPY x /to/\nCOPY y /to/y/\nADD z.tar /to/z/`,
      'cat /safe; readlink /to/l; cat /to/l/f 2>/dev/null; readlink /to/y/etc; ls /to/z',
      'safe\n../../../../../../etc\n/etc\nl\npasswd\n',
      {
        'x/l': { type: 'symlink', linkname: '../../../../../../etc' },
        'y/etc': { type: 'symlink', linkname: '/etc' },
        'z.tar': { text: await buffer(tarOf({ l: { type: 'symlink', linkname: '/to/z' }, passwd: 'mine' })) },
      },
    )
    const outside = { 'z.tar': { text: await buffer(tarOf({ '../../../../../../tmp/sandyard-hostile': 'x' })) } }
    assert.match((await builds.fail(`${from}ADD z.tar /to/`, outside)).message, /an entry outside of it/)
    assert.ok(!readdirSync('/tmp').includes('sandyard-hostile'))
  })

  it('is cancelled at any moment, and leaves nothing', async () => {
    const contexts = [await writeTar(builds.ground.data, { a: 'a', b: 'b'.repeat(1000) })]
    const begin = (key: number): Promise<unknown> => {
      const dockerfile = `${from}RUN echo ${key}\nCOPY a b /x/\nRUN sleep 100`
      const making = builds.engine.makeSnapshot(orderOf('cancelled', { dockerfile, contexts, resources: {} }), () => {})
      making.catch(() => {})
      return making
    }
    for (const afterMs of [0, 30, 80, 150, 300, 450, 600, 1500]) {
      const making = begin(afterMs)
      await sleep(afterMs)
      await builds.engine.removeSnapshot('cancelled')
      await assert.rejects(making, { code: 'CONFLICT' })
    }
    const making = begin(1)
    await sleep(700)
    await builds.engine.close()
    await assert.rejects(making, { code: 'CONFLICT' })
    builds.engine = await builds.ground.open()
    const cached = readdirSync(join(builds.ground.data, 'build-cache')).length
    await assertEmpty(builds.ground, [], { disks: cached })
  })

  it('a tar file that cannot be put in place ends with its build', async () => {
    const inner = await buffer(tarOf({ 'f/x': { text: Buffer.alloc(8 * 1024 * 1024, 7) }, 'f/y': 'y' }))
    const folder = mkdtempSync(join(builds.ground.data, 'packed-'))
    writeFileSync(join(folder, 'x.tar'), inner)
    const text = execFileSync('bzip2', ['-c', join(folder, 'x.tar')])
    const failed = await builds.fail(`${from}RUN mkdir -p /t/f/x\nADD x.tar.bz2 /t/`, { 'x.tar.bz2': { text } })
    assert.match(failed.message, /cannot put a file in place of the folder \/t\/f\/x/)
    const cached = readdirSync(join(builds.ground.data, 'build-cache')).length
    await assertEmpty(builds.ground, [], { disks: cached })
  })
})
