import { writeFileSync } from 'node:fs'
import { PAGES } from './pages'

// Writes the pages of docs/ that come from tables of the code: npm run docs.
for (const [path, page] of PAGES) writeFileSync(path, page())
