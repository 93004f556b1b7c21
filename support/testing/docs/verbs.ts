import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './blocks'

/** A method of a rollout that Lockstep's own steps call. */
export interface Verb {
  /** The path from the rollout, such as `traffic.pool.keepAtLeast`. */
  path: string
  /** The parameters and the result as the sources write them. */
  signature: string
  /** The phrases of the sentences whose steps call it. */
  phrases: readonly string[]
}

/** Returns the verbs by the sources of the steps and of the rollout. */
export function readVerbs(): Verb[] {
  const classes = readClasses()
  const phrases = new Map<string, string[]>()
  for (const { path, phrase } of readCalls()) phrases.set(path, [...(phrases.get(path) ?? []), phrase])
  return [...phrases.keys()].sort().map((path) => ({
    path,
    signature: signatureOf(classes, path),
    phrases: phrases.get(path) ?? [],
  }))
}

/** Returns the types that signatures name, such as `Patience`, as the sources write them in one line. */
export function readNamedTypes(signatures: readonly string[]): Map<string, string> {
  const named = new Set(signatures.flatMap((text) => text.match(/\b[A-Z]\w+/g) ?? []))
  const found = new Map<string, string>()
  for (const file of parseFolder('support/rollout'))
    for (const node of file.statements) {
      if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)) continue
      if (!named.has(node.name.text) || node.name.text === 'Verdict') continue
      const written = ts.isInterfaceDeclaration(node)
        ? `{ ${node.members.map((member) => oneLine(member, file)).join('; ')} }`
        : oneLine(node.type, file)
      found.set(node.name.text, written)
    }
  return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Returns the verb that each step of `step_definitions` calls, with the step's phrase. */
function readCalls(): { phrase: string; path: string }[] {
  return parseFolder('step_definitions').flatMap((file) => {
    const calls: { phrase: string; path: string }[] = []
    const visit = (node: ts.Node, phrase: string | undefined): void => {
      let own = phrase
      if (ts.isCallExpression(node)) {
        const [first] = node.arguments
        if (
          /^(?:Given|When|Then)$/.test(node.expression.getText(file)) &&
          first !== undefined &&
          ts.isStringLiteral(first)
        )
          own = first.text
        const [, path] = /\brollout\.([\w.]+)$/.exec(node.expression.getText(file)) ?? []
        if (path !== undefined && own !== undefined) calls.push({ phrase: own, path })
      }
      ts.forEachChild(node, (child) => visit(child, own))
    }
    visit(file, undefined)
    return calls
  })
}

type Classes = ReadonlyMap<string, { file: ts.SourceFile; node: ts.ClassDeclaration }>

function readClasses(): Classes {
  return new Map(
    parseFolder('support/rollout').flatMap((file) =>
      file.statements.flatMap((node) =>
        ts.isClassDeclaration(node) && node.name !== undefined
          ? [[node.name.text, { file, node }] as const]
          : [],
      ),
    ),
  )
}

/** @throws Error for a path that leads to no method, and for one that is private */
function signatureOf(classes: Classes, path: string): string {
  const names = path.split('.')
  let owner = 'Rollout'
  for (const [index, name] of names.entries()) {
    const { file, node } = classes.get(owner) ?? {}
    const member = node?.members.find((each) => each.name?.getText(file) === name)
    if (member === undefined || file === undefined) throw new Error(`there is no ${path} of the rollout`)
    if (ts.isMethodDeclaration(member) && index === names.length - 1) {
      const parameters = member.parameters.map((each) => oneLine(each, file)).join(', ')
      return `(${parameters}): ${member.type === undefined ? 'void' : oneLine(member.type, file)}`
    }
    if (!ts.isPropertyDeclaration(member)) throw new Error(`${path} of the rollout is no verb`)
    owner =
      (
        member.type ??
        (member.initializer && ts.isNewExpression(member.initializer)
          ? member.initializer.expression
          : undefined)
      )?.getText(file) ?? ''
  }
  throw new Error(`${path} of the rollout is no verb`)
}

function parseFolder(folder: string): ts.SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort()
    .map((name) => {
      const path = join(ROOT, folder, name)
      return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true)
    })
}

function oneLine(node: ts.Node, file: ts.SourceFile): string {
  return node
    .getText(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
