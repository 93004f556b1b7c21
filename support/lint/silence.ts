import type { FeatureText, Place } from './feature_text'
import type { LintFinding } from './finding'

/** Leaves out findings that comments allow, and adds faults of the comments themselves, which nothing can allow. */
export function silence(
  { uri, comments, places, whole }: Pick<FeatureText, 'uri' | 'comments' | 'places' | 'whole'>,
  known: ReadonlySet<string>,
  findings: readonly LintFinding[],
): LintFinding[] {
  const commented = new Set(comments.map(({ line }) => line))
  const silenced = new Set<LintFinding>()
  const about: LintFinding[] = []
  for (const { line, text } of comments) {
    const written = ours(text)
    if (written === undefined) continue
    const complain = (what: Complaint) => about.push({ uri, line, ...what })
    const allowance = parseAllowing(written)
    if (allowance === undefined) complain(notUnderstood(written))
    else if (!known.has(allowance.rule)) complain(unknownRule(allowance.rule, known))
    else if (allowance.reason === undefined) complain(withoutReason(allowance.rule))
    else {
      const place = placeAfter(line, commented, places)
      const allowed = findings.filter(
        (finding) => finding.rule === allowance.rule && place !== undefined && covers(place, finding.line),
      )
      for (const finding of allowed) silenced.add(finding)
      // Scenarios that this run leaves out are not known to be without fault.
      if (allowed.length === 0 && whole) complain(withoutEffect(allowance.rule, place))
    }
  }
  return [...findings.filter((finding) => !silenced.has(finding)), ...about]
}

/** Parses the rule and the reason of `allow <rule> because <reason>`; undefined for any other text. */
export function parseAllowing(written: string): { rule: string; reason: string | undefined } | undefined {
  const [, rule, rest = ''] = /^allow +([^\s]+)(.*)$/.exec(written) ?? []
  if (rule === undefined) return undefined
  const [, reason] = /^ +because +(\S.*)$/.exec(rest) ?? []
  return { rule, reason }
}

type Complaint = Omit<LintFinding, 'uri' | 'line'>

const FORM = '# lockstep: allow <rule> because <reason>'

function notUnderstood(written: string): Complaint {
  return {
    rule: 'allow-not-understood',
    severity: 'error',
    message: `"lockstep: ${written.slice(0, 60)}" is not understood`,
    why: 'A comment that looks as if it allowed something allows nothing.',
    fix: `Write ${FORM}.`,
  }
}

function unknownRule(rule: string, known: ReadonlySet<string>): Complaint {
  return {
    rule: 'allow-unknown-rule',
    severity: 'error',
    message: `there is no rule ${JSON.stringify(rule.slice(0, 60))}`,
    why: 'A comment that looks as if it allowed something allows nothing.',
    fix: `Write one of: ${[...known].join(', ')}.`,
  }
}

function withoutReason(rule: string): Complaint {
  return {
    rule: 'allow-without-reason',
    severity: 'error',
    message: `${rule} is allowed without a reason`,
    why: 'Whoever reads this in a year has to know whether it is still true; so it allows nothing.',
    fix: `Write # lockstep: allow ${rule} because <reason>.`,
  }
}

function withoutEffect(rule: string, place: Place | undefined): Complaint {
  return {
    rule: 'allow-without-effect',
    severity: 'warning',
    message:
      place === undefined
        ? `${rule} is allowed on a line that is before no step, scenario or feature`
        : `${rule} is allowed, and nothing is found there`,
    why: 'It would hide the next mistake of this kind.',
    fix: 'Remove the comment, or put it on the line before what it is about.',
  }
}

/** Returns the text after `# lockstep:` in a comment; undefined without it. */
function ours(text: string): string | undefined {
  return /^\s*#\s*lockstep\s*:(.*)$/is.exec(text)?.[1]?.trim()
}

/** Returns the widest place that begins after the comment and those that follow it directly. */
function placeAfter(
  line: number,
  commented: ReadonlySet<number>,
  places: readonly Place[],
): Place | undefined {
  let next = line + 1
  while (commented.has(next)) next += 1
  const here = places.filter(({ starts }) => starts === next)
  return here.sort((a, b) => b.ends - a.ends)[0]
}

function covers({ starts, ends }: Place, line: number): boolean {
  return starts <= line && line <= ends
}
