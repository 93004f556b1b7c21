import type { PlannedScenario } from '../run/run_parts'

/** Returns the lines that name a balancer of a kind that neither Lockstep nor a team has. */
export function oddBalancers(
  scenarios: readonly Pick<PlannedScenario, 'uri' | 'steps'>[],
  kinds: readonly string[],
): { uri: string; line: number; message: string }[] {
  const known = ['haproxy', ...kinds]
  return scenarios.flatMap(({ uri, steps }) =>
    steps.flatMap(({ line, values }) =>
      values
        .filter(({ type, value }) => type === 'balancer' && !known.includes(value))
        .map(({ value }) => ({ uri, line, message: sentence(value, known) })),
    ),
  )
}

function sentence(kind: string, known: readonly string[]): string {
  return `there is no balancer of the kind ${kind}; there are: ${known.join(', ')}. One of a team's own is in a file of extensions in lockstep.yaml`
}
