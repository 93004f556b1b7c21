import { SENTENCES } from './catalogue'
import { EFFECTS, type EffectGroup } from './effects'

/**
 * Returns a test whether a text reads like a sentence whose effect is in a group. It is for lines that cucumber has
 * matched with no definition, since their scenario is not run.
 */
export function likeSentencesThat(group: EffectGroup): (text: string) => boolean {
  const own = [...SENTENCES].filter(([, { effect }]) => EFFECTS[effect].group === group)
  const patterns = own.map(([phrase]) => patternOf(phrase))
  return (text) => patterns.some((pattern) => pattern.test(text))
}

/** Returns a pattern of a phrase, with any words in place of its values, and an optional `(s)`. */
function patternOf(phrase: string): RegExp {
  const parts = phrase.split(/(\{\w+\}|\(s\))/)
  const source = parts.map((part) =>
    part === '(s)' ? 's?' : /^\{\w+\}$/.test(part) ? '.+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  )
  return new RegExp(`^${source.join('')}$`)
}
