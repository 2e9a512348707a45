# The cases that are a line of shell share this. $ROOT is the mount, $MEMBER the member of the working
# directory, $OUT an empty directory elsewhere.
# Makes a channel with a capacity, and sends the messages that follow.
chan() {
  mkdir "$1" && echo "$2" >"$1/mkchan" || return
  name=$1
  shift 2
  for message; do echo "$message" >"$name/send" || return; done
}
# Makes a process that runs a line of shell.
proc() {
  mkdir "$1" && jq -nc --arg script "$2" '{Path: "sh", Args: ["-c", $script]}' >"$1/mkproc"
}
