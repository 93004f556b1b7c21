import { toJsonSchema } from '@valibot/to-json-schema'
import { FORMS, type FormName } from '../../bin/json_forms'

const HEAD = `# JSON for programs

Every document names its form and the version of that form. A change that would break a reader has a new number; further fields
may come, so a reader passes over those that it does not know. The standard output is the document and nothing else; what a person
reads is on the standard error, and so is what code of a team prints. The exit status is that of the command without \`--json\`. A call that is misspelt, or cannot be carried
out, prints no document, and says why on the standard error. A document that cannot be written ends with exit status 1 at least.

The same as JSON Schema is in [schemas/](schemas/).
`

const SAID_BY: Readonly<Record<FormName, string>> = {
  'lockstep/status/1': '`lockstep status --json`',
  'lockstep/put-back/1': '`lockstep put-back --json`',
  'lockstep/history/1': '`lockstep history --json`',
  'lockstep/drift/1': '`lockstep drift --json`',
  'lockstep/monitoring/1': '`lockstep serve --monitoring --json`',
  'lockstep/ping/1': '`lockstep ping --json`',
  'lockstep/doctor/1': '`lockstep doctor --json`',
  'lockstep/report/1': '`lockstep report <run> --json`',
  'lockstep/steps/1': '`lockstep steps --json`',
  'lockstep/prune/1': '`lockstep prune --json`',
  'lockstep/audit/1': '`lockstep user audit --json`',
  'lockstep/pipeline/1': '`lockstep pipeline --json`',
  'lockstep/bus/1': 'each message of the [bus](bus.md)',
  'lockstep/lint/1': '`lockstep lint --json`',
  'lockstep/run/1':
    '`lockstep run`, `plan`, `rehearse` and `ci` with `--json`; the file `reports/run.json` of every run',
  'lockstep/plan/1': 'the file `reports/plans/<plan>.json`, which the document of a planning run names',
  'lockstep/rollouts/1': '`GET /api/v1/rollouts` of the [API](api.md)',
  'lockstep/rollout-events/1': '`GET /api/v1/rollouts/<run>/events` of the [API](api.md)',
  'lockstep/starts/1': '`GET /api/v1/starts` of the [API](api.md)',
  'lockstep/tags/1': '`lockstep ping --tags --json`',
  'lockstep/looks/1': '`GET /api/v1/looks` of the [API](api.md)',
  'lockstep/fleet/1': '`GET /api/v1/fleet` of the [API](api.md)',
}

interface Schema {
  description?: string
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  properties?: Readonly<Record<string, Schema>>
  items?: Schema | readonly Schema[]
  required?: readonly string[]
}

/** Returns docs/json.md: the fields of every form. */
export function jsonPage(): string {
  const sections = formNames().map((name) => {
    const rows = rowsOf(schemaOf(name), '').map((cells) => `| ${cells.join(' | ')} |\n`)
    return `## ${name}\n\n${SAID_BY[name]}.\n\n| field | type | what it is |\n|---|---|---|\n${rows.join('')}`
  })
  return [HEAD, ...sections].join('\n')
}

/** Returns the JSON Schemas of all forms, by the names of their files. */
export function jsonSchemas(): readonly (readonly [file: string, text: () => string])[] {
  return formNames().map((name) => [
    `${name.replaceAll('/', '-')}.json`,
    () => `${JSON.stringify({ title: name, ...schemaOf(name) }, null, 2)}\n`,
  ])
}

function formNames(): FormName[] {
  return Object.keys(FORMS) as FormName[]
}

function schemaOf(name: FormName): Schema {
  // A reader passes over further fields; only a test expects that there are none.
  const lenient = (key: string, value: unknown) =>
    key === 'additionalProperties' && value === false ? undefined : value
  return JSON.parse(JSON.stringify(toJsonSchema(FORMS[name]), lenient)) as Schema
}

function rowsOf(schema: Schema, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) === true ? '' : ', may be absent'
    const here = path === '' ? name : `${path}.${name}`
    const isList = plain(field).type === 'array'
    const inner = isList ? itemsOf(field) : plain(field)
    return [
      [`\`${here}${isList ? '[]' : ''}\``, `${typeOf(field)}${optional}`, field.description ?? ''],
      ...rowsOf(inner, isList ? `${here}[]` : here),
    ]
  })
}

/** Returns what a field is where it is not null. */
function plain(field: Schema): Schema {
  return field.anyOf?.find(({ type }) => type !== 'null') ?? field
}

function itemsOf(field: Schema): Schema {
  const { items } = plain(field)
  return items === undefined || Array.isArray(items) ? {} : (items as Schema)
}

function typeOf(field: Schema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``
  if (field.enum !== undefined) return field.enum.map((each) => `\`${JSON.stringify(each)}\``).join(', ')
  const orNull = field.anyOf?.some(({ type }) => type === 'null') === true ? ' or null' : ''
  const own = plain(field)
  return `${own.type === 'array' ? `list of ${itemsOf(field).type ?? 'any'}` : (own.type ?? 'any')}${orNull}`
}
