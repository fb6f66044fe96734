import { S3Error } from './s3-error.ts'
import type { RawRequest } from './signed-request.ts'

/** Parameters that do not make it another call than its method says. */
const plainParameters =
  /^(X-Amz-.*|x-amz-.*|x-id|partNumber|uploadId|uploads|location|list-type|prefix|max-keys|delimiter|continuation-token|start-after|encoding-type|fetch-owner|max-parts|part-number-marker|max-uploads|key-marker|upload-id-marker)$/

/** Gives the value of a parameter. */
export type Parameter = (name: string) => string | undefined

/** The parameters of a call. Throws NotImplemented for those that make it one that is not served. */
export function parametersOf({ query }: RawRequest): Parameter {
  const odd = query.find(([name]) => !plainParameters.test(name))
  if (odd !== undefined) throw new S3Error('NotImplemented', `The parameter ${odd[0].slice(0, 100)} is not served here`)
  const values = new Map(query)
  return (name) => values.get(name)
}
