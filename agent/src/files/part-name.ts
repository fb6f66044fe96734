/**
 * The field name in the headers of a multipart part; empty when there is none.
 * Parameters are read in order, so that nothing inside a file name counts as a name.
 */
export function partName(headers: string): string {
  const line = /^content-disposition:[ \t]*form-data[ \t]*(;.*)$/im.exec(headers)?.[1] ?? ''
  const parameter = /[ \t]*;[ \t]*([^=;\s]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/y
  for (let match = parameter.exec(line); match !== null; match = parameter.exec(line)) {
    const [, key = '', quoted, plain = ''] = match
    if (key.toLowerCase() === 'name') return quoted?.replace(/\\(["\\])/g, '$1') ?? plain
  }
  return ''
}
