import type { Context } from 'hono'
import { plainAddress, type Asked } from './guard'

/** Returns the facts of a request that decide before anybody knows who sent it. */
export function askedOf(context: Context): Asked {
  const { incoming } = context.env as { incoming?: { socket?: { remoteAddress?: string } } }
  const peer = incoming?.socket?.remoteAddress
  return {
    method: context.req.raw.method,
    url: context.req.url,
    header: (name) => context.req.header(name),
    peer: peer === undefined ? undefined : plainAddress(peer),
  }
}
