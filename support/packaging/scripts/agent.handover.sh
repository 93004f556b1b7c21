# Ends the daemon once no change is under way, where the daemon itself carries this out. systemd starts the new one,
# which answers.
hand_over() {
  grep -q '/lockstep-agent\.service$' /proc/self/cgroup 2>/dev/null || return 1
  pid=$(systemctl show --property=MainPID --value lockstep-agent.service) || return 1
  [ "${pid:-0}" -gt 0 ] && kill -HUP "$pid"
}
