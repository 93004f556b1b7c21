import { CATALOGUE } from '../sentences/catalogue'
import { EFFECTS } from '../sentences/effects'
import type { Sentence } from '../sentences/sentence'

/** Lists every sentence that a feature can use, each with what it does to hosts. */
export function steps(): { text: string; exitCode: number } {
  const sections = Object.entries(CATALOGUE).map(
    ([noun, sentences]) => `${noun}\n${Object.entries<Sentence>(sentences).map(formatSentence).join('')}`,
  )
  return { text: sections.join('\n'), exitCode: 0 }
}

function formatSentence([phrase, { keyword, effect, help }]: [string, Sentence]): string {
  return `  ${keyword.padEnd(5)} ${phrase}\n        ${EFFECTS[effect].group}: ${help}\n`
}
