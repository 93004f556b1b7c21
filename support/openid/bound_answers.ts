import type { CustomFetch } from 'openid-client'
import { ProviderError } from './explain_failure'

/** The most bytes of an answer of a provider, unpacked: those of real ones have some thousands. */
export const MAX_ANSWER_BYTES = 1024 * 1024

/** Returns a sender of requests whose answers are there whole, and are refused where they are longer than the bound. */
export function boundAnswers(send: CustomFetch): CustomFetch {
  return async (url, options) => {
    const answer = await send(url, options)
    if (answer.body === null) return answer
    const { status, headers } = answer
    return new Response(await readWhole(answer.body), { status, headers })
  }
}

async function readWhole(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop by an error ends the connection too.
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES)
      throw new ProviderError(`an answer of the provider is longer than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
