#!/bin/sh
# A host's side of Lockstep, on the Node of its own package.
exec /usr/lib/lockstep-agent/bin/node /usr/lib/lockstep-agent/node_modules/lockstep/dist/support/bin/lockstep.cjs agent "$@"
