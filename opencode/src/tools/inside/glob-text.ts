/**
 * The regular expression of a glob in the form of .gitignore files, for paths relative to the folder that it counts
 * from; null for one that is not valid. Part of programs that run inside.
 *
 * @param withBraces whether `{a,b}` means one of both, as on ripgrep's command line
 */
export function compileGlob(glob: string, withBraces: boolean): RegExp | null {
  const isAnchored = glob.replace(/\/$/, '').includes('/')
  const text = glob.replace(/^\//, '').replace(/\/$/, '')
  let source = isAnchored ? '' : '(?:.*/)?'
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    const isAtStart = at === 0 || text[at - 1] === '/'
    if (char === '*' && text[at + 1] === '*') {
      let end = at
      while (text[end] === '*') end += 1
      if (isAtStart && end === text.length) source += '.*'
      else if (isAtStart && text[end] === '/') source += '(?:.*/)?'
      else source += '[^/]*'
      at = isAtStart && text[end] === '/' ? end : end - 1
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const end = text.indexOf(']', at + (/[!^]/.test(text[at + 1] ?? '') ? 3 : 2))
      if (end < 0) source += '\\['
      else {
        const inner = text.slice(at + 1, end)
        const isNegated = /^[!^]/.test(inner)
        const set = (isNegated ? inner.slice(1) : inner).replace(/[\\\][^]/g, '\\$&')
        source += `(?!/)[${isNegated ? '^' : ''}${set}]`
        at = end
      }
    } else if (withBraces && char === '{') {
      source += '(?:'
      depth += 1
    } else if (depth > 0 && char === ',') source += '|'
    else if (depth > 0 && char === '}') {
      source += ')'
      depth -= 1
    } else {
      if (char === '\\' && at + 1 < text.length) at += 1
      const literal = text.charAt(at)
      source += literal.replace(/[.*+?^${}()|[\]\\/]/, '\\$&')
    }
  }
  try {
    return depth === 0 ? new RegExp(`^${source}$`, 's') : null
  } catch {
    return null
  }
}
