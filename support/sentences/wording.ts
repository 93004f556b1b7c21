import { SENTENCES } from './catalogue'
import { EFFECTS, type EffectGroup } from './effects'

/**
 * Returns whether a text reads like a sentence whose effect is in a group. It is for lines that cucumber has matched with
 * no definition, since their scenario is not run.
 */
export function readsLike(group: EffectGroup, text: string): boolean {
  const own = [...SENTENCES].filter(([, { effect }]) => EFFECTS[effect].group === group)
  return own.some(([phrase]) => patternOf(phrase).test(text))
}

/** Returns a pattern of a phrase, with any words in place of its values, and an optional `(s)`. */
function patternOf(phrase: string): RegExp {
  const parts = phrase.split(/(\{\w+\}|\(s\))/)
  const source = parts.map((part) =>
    part === '(s)' ? 's?' : /^\{\w+\}$/.test(part) ? '.+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  )
  return new RegExp(`^${source.join('')}$`)
}
