import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wholeImageName } from './image-name.ts'

const digest = `sha256:${'0'.repeat(64)}`

const names = {
  'debian:12': 'docker.io/library/debian:12',
  'me/app:1.2': 'docker.io/me/app:1.2',
  'docker.io/debian:12': 'docker.io/library/debian:12',
  'index.docker.io/me/app:1': 'docker.io/me/app:1',
  'registry.example/app:1': 'registry.example/app:1',
  'registry.example:5000/a/b/c:v1_2.3-x': 'registry.example:5000/a/b/c:v1_2.3-x',
  'Registry.Example/app:1': 'registry.example/app:1',
  'localhost/app:1': 'localhost/app:1',
  '127.0.0.1:5000/app:1': '127.0.0.1:5000/app:1',
  [`debian@${digest}`]: `docker.io/library/debian@${digest}`,
  [`debian:latest@${digest}`]: `docker.io/library/debian@${digest}`,
  [`localhost:5000/a:1@${digest}`]: `localhost:5000/a@${digest}`,
  'sandyard/default': 'sandyard/default',
}

for (const [asked, whole] of Object.entries(names)) {
  test(`${asked} is ${whole}`, () => assert.equal(wholeImageName(asked), whole))
}
