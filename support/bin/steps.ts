import { CATALOGUE } from '../sentences/catalogue'
import { EFFECTS } from '../sentences/effects'
import type { Sentence } from '../sentences/sentence'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

/** Lists every sentence that a feature can use, each with what it does to hosts. */
export function steps({ options: { json } }: Pick<Call<{ json: boolean }>, 'options'>): Outcome {
  if (json) return { text: formatJson('lockstep/steps/1', { sentences: allSentences() }), exitCode: 0 }
  const sections = Object.entries(CATALOGUE).map(
    ([noun, sentences]) => `${noun}\n${Object.entries<Sentence>(sentences).map(formatSentence).join('')}`,
  )
  return { text: sections.join('\n'), exitCode: 0 }
}

function allSentences() {
  return Object.entries(CATALOGUE).flatMap(([noun, sentences]) =>
    Object.entries<Sentence>(sentences).map(([phrase, { keyword, effect, help }]) => ({
      noun,
      keyword,
      phrase,
      effect: EFFECTS[effect].group,
      help,
    })),
  )
}

function formatSentence([phrase, { keyword, effect, help }]: [string, Sentence]): string {
  return `  ${keyword.padEnd(5)} ${phrase}\n        ${EFFECTS[effect].group}: ${help}\n`
}
