import { compileGlob } from './glob-text.ts'
import { isIgnored, readIgnoreFile, readIgnoreLevel, readLevelsAbove } from './ignore-rules.ts'
import { walkFiles } from './walk-files.ts'

/** The functions of a program that walks through folders. */
export const walkParts = [compileGlob, isIgnored, readIgnoreFile, readIgnoreLevel, readLevelsAbove, walkFiles]
