import { join } from 'node:path'
import { checkInParts } from './check_in_parts'
import type { Checker, FileToCheck, Surroundings } from './checker'
import { listFiles, parseAnswers } from './checker_process'
import { MAX_CODE_BYTES } from './limits'
import { runLimited } from './run_limited'
import type { ServerPrograms } from './server_programs'

const PROGRAM = join(__dirname, 'check_ruby.rb')

/** Returns the checker of templates for ruby. It has ruby compile the code that ERB makes of them, and runs none of it. */
export function erbChecker(programs: ServerPrograms): Checker {
  return {
    name: 'erb',
    maxBytes: MAX_CODE_BYTES,
    takes: (path) => (/\.erb$/i.test(path) ? '.erb' : undefined),
    lacks: () => programs.lacks('ruby'),
    check: (files, where) => checkByRuby('erb', files, where, programs),
  }
}

/** Returns the checker of Puppetfiles. They are code of ruby, which is parsed, and never run. */
export function puppetfileChecker(programs: ServerPrograms): Checker {
  return {
    name: 'puppetfile',
    maxBytes: MAX_CODE_BYTES,
    takes: (path) => (/(?:^|\/)Puppetfile$/i.test(path) ? '.puppetfile' : undefined),
    lacks: () => programs.lacks('ruby'),
    check: (files, where) => checkByRuby('puppetfile', files, where, programs),
  }
}

function checkByRuby(
  what: 'erb' | 'puppetfile',
  files: readonly FileToCheck[],
  where: Surroundings,
  programs: ServerPrograms,
) {
  return checkInParts(files, where, async (part) => {
    listFiles(part, where.folder)
    const command = [programs.find('ruby') ?? 'ruby', '--disable=gems,rubyopt,did_you_mean', PROGRAM, what]
    return parseAnswers(await runLimited(command, where, programs.path))
  })
}
