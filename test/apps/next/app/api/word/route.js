import { word } from '../../../word'

export function GET() {
  return Response.json({ word })
}
