import { basename } from 'node:path'
import { xmlTree, type XmlNode } from '../xml_tree'
import { filesIn, readText } from './files'
import type { Manual } from './manual'

/** A case of the JUnit report. */
export interface JunitCase {
  suite: string | undefined
  name: string | undefined
  /** The word for the result and its type, such as `failure silent`. */
  result: string
  message: string
}

export function readJunitCases(manual: Manual): JunitCase[] {
  const report = xmlTree(readText(manual, 'reports/junit.xml'))
  return report.children.flatMap((suite) =>
    suite.children.filter(({ name }) => name === 'testcase').map((each) => caseOf(suite, each)),
  )
}

/** Returns the files of reports and journals, which have to be some of each kind. */
export function filesLeft(manual: Manual): string[] {
  const left = ['reports', '.lockstep'].flatMap((folder) => filesIn(manual, folder))
  const kinds = ['rollout.html', 'junit.xml', 'run.json', '.ndjson', '.log']
  const lacking = kinds.find((kind) => !left.some((path) => basename(path).endsWith(kind)))
  if (lacking !== undefined) throw new Error(`no ${lacking} is among ${left.join(', ')}`)
  return left
}

function caseOf({ attributes: suite }: XmlNode, { attributes, children: [first] }: XmlNode): JunitCase {
  const result = first === undefined ? ['passed'] : [first.name, first.attributes['type']]
  return {
    suite: suite['name'],
    name: attributes['name'],
    result: result.filter(Boolean).join(' '),
    message: first?.attributes['message'] ?? '',
  }
}
