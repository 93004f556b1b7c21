import type { ActionContract, Contract, InputRule } from './contract'

/** Returns the contract as a `.ddl` for Ruby's `mco`, which reads it from `mcollective/agent` of its libdir. */
export function rubyDdl(contract: Contract, version: string): string {
  const metadata = [
    ['name', quote(contract.agent)],
    ['description', quote(contract.description)],
    ['author', quote('Lockstep')],
    ['license', quote('Apache-2.0')],
    ['version', quote(version)],
    ['url', quote('')],
    ['timeout', String(contract.timeout)],
  ]
  const actions = Object.entries(contract.actions).map(([name, action]) => actionDdl(name, action))
  return (
    [`metadata ${pairs(metadata, 9)}`, 'requires :mcollective => "2.2.1"', ...actions].join('\n\n') + '\n'
  )
}

function actionDdl(name: string, action: ActionContract): string {
  const display = action.effect === 'readOnly' ? ['    display :always'] : []
  const inputs = Object.entries(action.inputs).map(([input, rule]) =>
    block('input', input, [
      ['prompt', quote(formatTitle(input))],
      ['description', quote(describeRule(input, rule))],
      ...ruleDdl(rule),
      ['optional', String(rule.optional)],
    ]),
  )
  const outputs = Object.entries(action.tells).map(([output, description]) =>
    block('output', output, [
      ['description', quote(description)],
      ['display_as', quote(formatTitle(output))],
    ]),
  )
  const body = [...display, ...inputs, ...outputs].join('\n\n')
  return `action ${quote(name)}, :description => ${quote(action.description)} do\n${body}\nend`
}

function ruleDdl(rule: InputRule): string[][] {
  switch (rule.kind) {
    case 'text':
      return [
        ['type', ':string'],
        ['validation', `'${rubyPattern(rule.pattern.source).replace(/['\\]/g, '\\$&')}'`],
        ['maxlength', String(rule.longest)],
      ]
    case 'boolean':
      return [['type', ':boolean']]
    case 'whole number':
      return [['type', ':integer']]
    case 'number':
      return [['type', ':number']]
    case 'one of':
      return [
        ['type', ':list'],
        ['list', `[${rule.choices.map(quote).join(', ')}]`],
      ]
    case 'list':
      return [['type', ':array']]
    case 'mapping':
      return [['type', ':hash']]
  }
}

/** Replaces `^` and `$`, which are about lines in Ruby, with `\A` and `\z`. */
function rubyPattern(source: string): string {
  return source.replace(/^\^/, '\\A').replace(/\$$/, '\\z')
}

function describeRule(input: string, rule: InputRule): string {
  return rule.kind === 'text' && rule.expected !== 'text' ? rule.expected : formatTitle(input)
}

function block(kind: string, name: string, lines: string[][]): string {
  return `    ${kind} :${name},\n          ${pairs(lines, 10)}`
}

function pairs(lines: string[][], column: number): string {
  const width = Math.max(...lines.map(([key = '']) => key.length))
  return lines
    .map(([key = '', value]) => `:${key.padEnd(width)} => ${value}`)
    .join(`,\n${' '.repeat(column)}`)
}

function formatTitle(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Quotes a text for Ruby, where double quotes interpolate `#{…}`. */
function quote(text: string): string {
  return `"${text.replace(/["\\#]/g, '\\$&')}"`
}
