import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'

const DIRECTORY = join(__dirname, '..', '..', 'step_definitions')

/** Lists every sentence, read from where it is defined, so that the list cannot differ from what runs. */
export function steps(): { text: string; exitCode: number } {
  const sections = readdirSync(DIRECTORY)
    .filter((name) => ['.ts', '.js'].includes(extname(name)) && !name.endsWith('.d.ts'))
    .sort()
    .map((name) => {
      const found = [
        ...readFileSync(join(DIRECTORY, name), 'utf8').matchAll(/\b(Given|When|Then)\)?\(\s*(['"])(.+?)\2/g),
      ]
      const lines = found.map(([, keyword = '', , phrase = '']) => `  ${keyword.padEnd(5)} ${phrase}`)
      return `${basename(name, extname(name)).replaceAll('_', ' ')}\n${lines.join('\n')}\n`
    })
  return { text: sections.join('\n'), exitCode: 0 }
}
