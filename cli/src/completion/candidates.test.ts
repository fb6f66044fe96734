import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from '../commands.ts'
import { candidatesFor } from './candidates.ts'

const words = (...typed: readonly string[]): readonly string[] => candidatesFor(commands, typed).words

test('words of commands', () => {
  assert.ok(words('').includes('create') && words('').includes('session'))
  assert.deepEqual(words('exe'), ['exec'])
  assert.deepEqual(words('session', ''), ['list', 'exec', 'logs', 'input', 'delete'])
  assert.deepEqual(words('session', 'd'), ['delete'])
  assert.deepEqual(words('nosuch', ''), [])
})

test('options, and values where there is a choice', () => {
  assert.ok(words('exec', '--').includes('--cwd') && words('exec', '--').includes('--output'))
  assert.deepEqual(words('exec', '--det'), ['--detach'])
  assert.deepEqual(words('list', '--output', ''), ['table', 'json', 'yaml', 'name'])
  assert.deepEqual(words('list', '-o', 'j'), ['json'])
  assert.deepEqual(words('list', '--output', '=', 'y'), ['yaml'])
  assert.deepEqual(words('exec', '--cwd', ''), [])
})

test('names of the things that a command is about', () => {
  assert.equal(candidatesFor(commands, ['exec', '']).names, 'sandbox')
  assert.equal(candidatesFor(commands, ['exec', '--cwd', 'x', 'b']).names, 'sandbox')
  assert.equal(candidatesFor(commands, ['delete', 'a', '--wait', 'b']).names, 'sandbox')
  assert.equal(candidatesFor(commands, ['run', '']).names, 'snapshot')
  assert.equal(candidatesFor(commands, ['top', 'a', '']).names, 'sandbox')
})

test('nothing of a command that runs inside', () => {
  assert.deepEqual(candidatesFor(commands, ['exec', 'box', '--', 'l']), { words: [] })
  assert.deepEqual(candidatesFor(commands, ['exec', 'box', 'ls', '--']), { words: [] })
})
