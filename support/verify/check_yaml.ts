import { isAlias, isNode, Lexer, LineCounter, parseAllDocuments, Parser, visit, type Document } from 'yaml'
import { expectLockstepYaml } from '../config/lockstep_yaml'
import { LockstepError } from '../system/errors'
import { pickReason } from '../system/reason'
import { answerEach } from './answer'
import type { Remark } from './remark'
import { judgeEyaml } from './judge_eyaml'
import { judgeHieraData, judgeHieraYaml } from './judge_hiera'
import { EYAML, HIERA_DATA, HIERA_YAML, OWN_YAML } from './yaml_checkers'

/** The most collections within one another, and parts of them that are not yet whole. */
const MAX_DEPTH = 100

/** Checks the files of YAML that the current folder lists. */
export function checkYaml(): void {
  answerEach((name, text) => {
    const deep = judgeDepth(text)
    if (deep.length > 0) return deep
    return judgeOf(name)(text)
  })
}

function judgeOf(name: string): (text: string) => readonly Remark[] {
  if (name.endsWith(OWN_YAML)) return judgeLockstepYaml
  if (name.endsWith(HIERA_YAML)) return judgeHieraYaml
  if (name.endsWith(HIERA_DATA)) return judgeHieraData
  return name.endsWith(EYAML) ? judgeEyaml : judgeYaml
}

/**
 * Returns where a text is nested too deeply. It reads without recursion: a library that recurses until the stack is full
 * can end the process.
 */
export function judgeDepth(text: string): Remark[] {
  const lines = new LineCounter()
  lines.addNewLine(0)
  const parser = new Parser((offset) => lines.addNewLine(offset))
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH)
      return [
        {
          severity: 'error',
          line: lines.linePos(parser.offset).line,
          message: 'it is nested too deeply to be checked',
        },
      ]
  }
  return []
}

/** Returns why a text is no YAML. Nothing of it is resolved: aliases could grow without end. */
export function judgeYaml(text: string): Remark[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, version: '1.2' })
  const all = Array.isArray(documents) ? (documents as Document[]) : []
  const [first] = all.flatMap(({ errors }) => errors)
  if (first === undefined) return all.flatMap((document) => lostAlias(document, lines))
  const message = pickReason(first.message.split('\n')[0] ?? '') || 'it is no YAML'
  return [
    {
      severity: 'error',
      line: first.linePos?.[0].line,
      message: message.replace(/ at line \d+, column \d+:?$/, ''),
    },
  ]
}

/** Returns the first alias of a document that no anchor before it has the name of: no program can read it. */
function lostAlias(document: Document, lines: LineCounter): Remark[] {
  const anchors = new Set<string>()
  let lost: Remark | undefined
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      if (anchors.has(node.source)) return undefined
      const line = node.range?.[0] === undefined ? undefined : lines.linePos(node.range[0]).line
      lost = { severity: 'error', line, message: `no anchor before it has the name of *${node.source}` }
      return visit.BREAK
    }
    if (isNode(node) && node.anchor !== undefined) anchors.add(node.anchor)
    return undefined
  })
  return lost === undefined ? [] : [lost]
}

/** Returns why a text is no `lockstep.yaml`. */
export function judgeLockstepYaml(text: string): Remark[] {
  try {
    expectLockstepYaml('lockstep.yaml', text)
    return []
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const [, line, message = ''] = /^lockstep\.yaml(?::(\d+))?: (.*)$/s.exec(error.message) ?? []
    return [{ severity: 'error', line: line === undefined ? undefined : Number(line), message }]
  }
}
