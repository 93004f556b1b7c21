#!/bin/sh
# cucumber-js on the Node of Lockstep's package. A project without modules of its own gets those of the package.
export NODE_PATH="${NODE_PATH:+$NODE_PATH:}/usr/lib/lockstep/node_modules"
exec /usr/lib/lockstep/bin/node /usr/lib/lockstep/node_modules/@cucumber/cucumber/bin/cucumber.js "$@"
