import { SENTENCES } from '../../sentences/catalogue'
import { readNamedTypes, readVerbs, type Verb } from './verbs'

const HEAD = `# The verbs of a rollout

A step of your own calls these as \`this.rollout.<noun>.<verb>(…)\`. Lockstep's own steps call the same ones.
[Extending](extending.md) shows a step.

- A verb that asks or changes hosts returns a promise of a \`Verdict\`: wait for it, and \`expect(verdict).to.pass()\`.
- A verb without one only notes how the rollout goes.
- Times are in milliseconds. \`describe(verdict)\`, \`count(verdict)\` and \`hasPassed(verdict)\` of \`lockstep\` read a verdict.
`

/** Returns docs/verbs.md: the verbs that a step can call, by noun, and the sentences that call them. */
export function verbsPage(): string {
  const verbs = readVerbs()
  const nouns = [...new Set(verbs.map(({ path }) => nounOf(path)))]
  const sections = nouns.map((noun) =>
    section(
      noun,
      verbs.filter(({ path }) => nounOf(path) === noun),
    ),
  )
  const types = [...readNamedTypes(verbs.map(({ signature }) => signature))].map(
    ([name, written]) => `| \`${name}\` | \`${cell(written)}\` |`,
  )
  return [HEAD, ...sections, `## Types\n\n| type | is |\n|---|---|\n${types.join('\n')}\n`].join('\n')
}

function section(noun: string, verbs: readonly Verb[]): string {
  const rows = verbs.map(({ path, signature, phrases }) => {
    const [phrase = ''] = phrases
    return `| \`${path.slice(noun.length + 1)}${cell(signature)}\` | ${cell(SENTENCES.get(phrase)?.help ?? '')} | \`${cell(phrase)}\` |`
  })
  return `## \`${noun}\`\n\n| verb | what it does | as in |\n|---|---|---|\n${rows.join('\n')}\n`
}

function nounOf(path: string): string {
  return path.split('.').slice(0, -1).join('.')
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}
