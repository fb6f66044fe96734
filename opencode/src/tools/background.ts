import { posix } from 'node:path'

/**
 * Shell text that starts a command in a process group of its own, its output in a log file, and tells how it began.
 * What ends within a second is told with its output, such as a server whose port is taken.
 */
export function backgroundScript(command: string, logPath: string): string {
  const log = quote(logPath)
  // `setsid` makes the group; an image that has none gives the process the group of its caller.
  return `mkdir -p ${quote(posix.dirname(logPath))} || exit
if command -v setsid >/dev/null 2>&1; then in_group=setsid; else in_group=; fi
$in_group "$(command -v bash || command -v sh)" -c ${quote(command)} >${log} 2>&1 </dev/null &
pid=$!
is_over() {
  kill -0 "$pid" 2>/dev/null || return 0
  while read -r name value rest; do
    if [ "$name $value" = "State: Z" ]; then return 0; fi
  done <"/proc/$pid/status"
  return 1
}
sleep 1
if ! is_over; then
  echo "Started in the background: process id $pid. Its output goes to ${logPath}"
  head -c 4000 ${log}
else
  wait "$pid"
  code=$?
  echo "It ended at once with exit code $code. Its output:"
  cat ${log}
  rm -f ${log}
  exit "$code"
fi`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
