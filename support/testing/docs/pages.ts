import { join, resolve } from 'node:path'
import { commandsPage } from './commands_page'
import { exitStatusesPage } from './exit_statuses_page'
import { jsonPage, jsonSchemas } from './json_page'
import { roomsPage } from './rooms_page'
import { sentencesPage } from './sentences_page'
import { settingsPage } from './settings_page'
import { verbsPage } from './verbs_page'
import { yamlSchema } from './yaml_schema'

const DOCS = resolve(__dirname, '..', '..', '..', 'docs')

/** The pages that come from tables of the code, by their path. */
export const PAGES: readonly (readonly [path: string, page: () => string])[] = [
  [join(DOCS, 'commands.md'), commandsPage],
  [join(DOCS, 'exit-statuses.md'), exitStatusesPage],
  [join(DOCS, 'rooms.md'), roomsPage],
  [join(DOCS, 'sentences.md'), sentencesPage],
  [join(DOCS, 'settings.md'), settingsPage],
  [join(DOCS, 'verbs.md'), verbsPage],
  [join(DOCS, 'schemas', 'lockstep-yaml.json'), yamlSchema],
  [join(DOCS, 'json.md'), jsonPage],
  ...jsonSchemas().map(([file, text]) => [join(DOCS, 'schemas', file), text] as const),
]
