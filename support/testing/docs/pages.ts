import { join, resolve } from 'node:path'
import { roomsPage } from './rooms_page'
import { sentencesPage } from './sentences_page'
import { settingsPage } from './settings_page'

const DOCS = resolve(__dirname, '..', '..', '..', 'docs')

/** The pages that come from tables of the code, by their path. */
export const PAGES: readonly (readonly [path: string, page: () => string])[] = [
  [join(DOCS, 'rooms.md'), roomsPage],
  [join(DOCS, 'sentences.md'), sentencesPage],
  [join(DOCS, 'settings.md'), settingsPage],
]
