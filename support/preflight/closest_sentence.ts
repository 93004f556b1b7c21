import { distance } from 'fastest-levenshtein'
import { MAX_UNKNOWN_CHARACTERS } from './long_steps'

/** The most characters of what is compared: the work grows with the square of them. */
const MAX_COMPARED = MAX_UNKNOWN_CHARACTERS
/** The most steps that are compared with all sentences. */
const MAX_PROPOSALS = 200

/** Proposes the known sentence that is the closest to a step. A step that is very long, or one of very many, gets none. */
export class ClosestSentence {
  private proposals = 0

  constructor(private readonly sentences: readonly string[]) {}

  /** Returns the end of a message; `howToList` is the command that lists the known sentences. */
  propose(text: string, howToList: string): string {
    const sentence = this.find(text)
    return sentence === undefined
      ? `; ${howToList} lists the known ones`
      : `; the closest known one is: ${sentence}`
  }

  private find(text: string): string | undefined {
    if (text.length > MAX_COMPARED || this.proposals >= MAX_PROPOSALS) return undefined
    this.proposals += 1
    const wanted = normalize(text)
    let best: { sentence: string; away: number } | undefined
    for (const sentence of this.sentences) {
      if (sentence.length > MAX_COMPARED) continue
      const away = distance(wanted, fillLike(normalize(sentence), wanted))
      if (best === undefined || away < best.away) best = { sentence, away }
    }
    return best === undefined || best.away > Math.max(8, wanted.length * 0.6) ? undefined : best.sentence
  }
}

function normalize(phrase: string): string {
  return phrase.toLowerCase().replace(/\s+/g, ' ').trim()
}

/** Returns a sentence with each parameter replaced by the word in its place, so that only the phrase is compared. */
function fillLike(sentence: string, text: string): string {
  const words = text.split(' ')
  return sentence
    .split(' ')
    .map((word, index) => (word.includes('{') ? (words[index] ?? word) : word))
    .join(' ')
}
