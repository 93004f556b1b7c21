import { CATALOGUE } from '../../sentences/catalogue'
import { EFFECTS, GROUPS } from '../../sentences/effects'
import type { Sentence } from '../../sentences/sentence'

const HEAD = `# The sentences

What a feature can say; \`lockstep steps\` prints it too. Each sentence has one effect on hosts, and lint, rehearsals and recovery
features go by that. The effect of a step of your own is not known: it may do whatever its keyword allows.
`

const TAIL = `## Their values

Classes, identities and \`=~\` take \`/regular expressions/\`. A list of hosts is one name a line, \`#\` for comments. All hosts of a list
are expected: one that is not there fails the roll call. Durations are \`30 seconds\`, \`2 minutes\`, \`500 ms\`. Steps wait only where
the sentence says so.

Where the load balancer is an IP address, to block it is to have each host's packet filter drop that address (the iptables agent):
connections that are open are cut. Where it is a HAProxy backend, to block is maintenance at once, and to drain is to let sessions
end first.
`

/** Returns docs/sentences.md: every sentence by its noun, with its effect and its line of help. */
export function sentencesPage(): string {
  const groups = Object.entries(GROUPS).map(([group, meaning]) => `| ${group} | ${meaning} |`)
  const effects = ['| effect | meaning |', '|---|---|', ...groups].join('\n')
  const nouns = Object.entries(CATALOGUE).map(([noun, sentences]) => section(noun, sentences))
  return [HEAD, `${effects}\n`, ...nouns, TAIL].join('\n')
}

function section(noun: string, sentences: Readonly<Record<string, Sentence>>): string {
  const rows = Object.entries(sentences).map(
    ([phrase, { keyword, effect, help }]) =>
      `| ${keyword} \`${phrase}\` | ${EFFECTS[effect].group} | ${help} |`,
  )
  const title = `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`
  return `## ${title}\n\n${['| sentence | effect | what it does |', '|---|---|---|', ...rows].join('\n')}\n`
}
