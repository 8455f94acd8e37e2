/**
 * The repository as the house tests see it: its files, what each imports, its text without comments.
 *
 * Reads the working tree, whose root is two levels above the compiled tests. Depends on Node alone.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Folders that hold no source of ours, by name at any depth. */
const notOurs = new Set(['node_modules', 'dist', '.git', '.weir', 'generated', 'fixtures', 'build'])

export interface Import {
  readonly line: number
  readonly specifier: string
  /** `import type`: gone when the program runs. */
  readonly typeOnly: boolean
  /** Path of the imported file from the root, or undefined for a package or a Node module. */
  readonly path: string | undefined
}

/** All files with one of the endings, as paths from the root with forward slashes, sorted. */
export function files(...endings: readonly string[]): string[] {
  const found: string[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !notOurs.has(entry.name)) visit(path)
      else if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) found.push(path)
    }
  }
  visit('')
  return found.sort()
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export const isTest = (path: string): boolean => path.endsWith('.test.ts') || path.startsWith('tests/')

/** Static and dynamic imports and re-exports of a file; generated files are named as their `.ts`. */
export function importsOf(path: string): Import[] {
  const found: Import[] = []
  const lines = withoutComments(read(path)).split('\n')
  for (const [index, text] of lines.entries()) {
    for (const match of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)) {
      const specifier = match[1] ?? ''
      const relative = specifier.startsWith('.')
      const target = relative ? posix.join(dirname(path), specifier).replace(/\.js$/, '.ts') : undefined
      found.push({ line: index + 1, specifier, typeOnly: /^(import|export) type\b/.test(text), path: target })
    }
  }
  return found
}

/** The text with comments blanked out, lines kept. Strings stay, so a `//` in one hides the rest of its line. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '))
}

export interface Finding {
  readonly path: string
  readonly line: number
  readonly text: string
}

/** Every place where a pattern matches, as one line each for a test's message. */
export function search(paths: readonly string[], pattern: RegExp, prepare = withoutComments): string[] {
  return paths.flatMap((path) =>
    prepare(read(path))
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
}
