# The text that both kinds of packages start with after their files are there.
config=/etc/mcollective/server.cfg
example=/usr/lib/lockstep-agent/server.cfg.example
state=/var/lib/lockstep-agent
/usr/lib/lockstep-agent/bin/node --version >/dev/null || {
  echo "lockstep-agent: its Node does not run on this host; see the message above" >&2
  exit 1
}
mkdir -p -m 0700 "$state"
# A server.cfg that is there is never written to, be it of Ruby's daemon, of a person or of an earlier version.
# It is made in whole or not at all, and marked before it is there: an installation may be killed anywhere.
if [ ! -e "$config" ] && [ ! -L "$config" ]; then
  mkdir -p /etc/mcollective
  (umask 077 && cp "$example" "$config.lockstep-agent")
  : >"$state/made-server.cfg"
  mv -n "$config.lockstep-agent" "$config"
elif [ -e "$config.lockstep-agent" ]; then
  rm -f "$config.lockstep-agent" "$state/made-server.cfg"
fi
# Without a broker it could not start.
made=''
if [ -e "$state/made-server.cfg" ] && [ "$(cat "$config")" = "$(cat "$example")" ]; then
  made=yes
fi
