import { SETTINGS, PROFILE_PARAMETERS, type Setting } from '../../config/settings_table'
import { ENVIRONMENT_KEYS, FILE_KEYS, type YamlKey } from '../../config/yaml_keys'

const HEAD = `# What a run can be told

Environment variables of one run; what belongs to a fleet stands in \`lockstep.yaml\`. A world parameter says the same
(\`--world-parameters '{ "environment": "test" }'\`) and wins. \`MCOLLECTIVE_CONFIG\` names the \`client.cfg\`, as for \`mco\`; \`NO_COLOR\`,
\`FORCE_COLOR\` and \`CI\` are heeded. A name that begins with \`LOCKSTEP_\` and is not here is refused
before anything is sent, but for the few that Lockstep or its tests set.
`

const YAML = `## lockstep.yaml

\`LOCKSTEP_CONFIG\` names another file. A key that is not here is refused, with the closest one. Paths are relative to the file.
A key without a default has to be there, or belongs to one of several kinds of its list.
`

/** Returns docs/settings.md: the settings of a run, and the keys of lockstep.yaml. */
export function settingsPage(): string {
  const settings = Object.entries<Setting>(SETTINGS).filter(([, { setBy }]) => setBy === undefined)
  const parameters = Object.entries<Setting>(PROFILE_PARAMETERS)
  return [
    HEAD,
    table(
      ['variable', 'takes', 'what it is', 'where it is left out', 'world parameter', 'lockstep.yaml'],
      settings.map(([name, { takes, help, default: fallback, parameter, key }]) => [
        code(name),
        takes,
        escaped(help),
        fallback ?? '',
        parameter === undefined ? '' : code(parameter),
        key === undefined ? '' : code(key),
      ]),
    ),
    'Profiles set these world parameters, which have no variable:\n',
    table(
      ['world parameter', 'takes', 'what it is', 'where it is left out'],
      parameters.map(([name, { takes, help, default: fallback }]) => [
        code(name),
        takes,
        help,
        fallback ?? '',
      ]),
    ),
    YAML,
    keyTable(FILE_KEYS),
    'Each of the `environments` has these:\n',
    keyTable(ENVIRONMENT_KEYS),
  ].join('\n')
}

function keyTable(keys: Readonly<Record<string, YamlKey>>): string {
  const rows = Object.entries(keys).map(([key, { takes, help, default: fallback }]) => [
    code(key),
    takes,
    help,
    fallback ?? '',
  ])
  return table(['key', 'takes', 'what it is', 'where it is left out'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

function code(text: string): string {
  return `\`${text}\``
}

/** Puts `<name>` into a code span, since a page would take it for a tag. */
function escaped(text: string): string {
  return text.replaceAll(/<\w+>/g, (tag) => code(tag))
}
