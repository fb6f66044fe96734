/**
 * `agent.cjs`: loads a script when a piece of it is first asked for, with the machine code that was made of it ahead.
 * Node's own compile cache has no more than what is compiled before the first line runs, which is nearly nothing; ours
 * has each function that an agent has called by its first command. Without it, or when it is of another Node, the
 * functions are compiled as they are called.
 * @param places the script of each piece
 */
export function agentLoader(places: Readonly<Record<string, string>>): string {
  return `'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

const places = ${JSON.stringify(places)}
const functions = {}
const modules = new Map()
const scripts = new Map()
exports.scripts = scripts

load('main.js')

function load(name) {
  if (!name.startsWith('./') && name !== 'main.js') return require(name)
  const piece = name.replace('./', '')
  const known = modules.get(piece)
  if (known !== undefined) return known.exports
  if (!scripts.has(places[piece])) loadScript(places[piece])
  const module = { exports: {} }
  modules.set(piece, module)
  try {
    functions[piece](module.exports, load, module)
  } catch (thrown) {
    modules.delete(piece)
    throw thrown
  }
  delete functions[piece]
  return module.exports
}

function loadScript(file) {
  const filename = __dirname + '/' + file
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readCache(filename + '.cache') })
  scripts.set(file, script)
  Object.assign(functions, script.runInThisContext())
}

function readCache(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
`
}
