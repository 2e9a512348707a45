/** The pages behind the files `help`: what is here, with a line to copy for each. */

export const CIRCUIT_HELP = `\
Each directory here is a member of the network, a daemon on some host.

  ls                          the members
  cd .self                    this host's own member
  cat .self/addr              the address with which others can join it (a secret)
  echo "$ADDRESS" > .self/join
                              merge this network with that of another daemon
  mkdir .self/build           make an anchor: they live inside a member
  cat X*/help                 what can be done with a member
`;

export const MEMBER_HELP = `\
This directory is a member of the network: a daemon, and what lives on its host.

  cat addr                    its circuit address, a secret: who has it may command it
  echo "$ADDRESS" > join      merge its network with that of each address written
  echo > leave                leave the network and go on alone
  echo > shutdown             end the daemon in order
  cat peek                    its state, as JSON: State is what the daemon of this mount knows
  cat peers                   to whom it keeps links (Active), and whom in reserve (Passive)
  cat stk                     memory, heap, and what the daemon waits for
  tail -f log                 what is done to it, and by whom
  cat error                   why the last command here failed
  mkdir build                 make an anchor, a directory of this member
  rmdir build                 remove it
  cat help                    this page
`;

export const ANCHOR_HELP = `\
This directory is an anchor: a place on a member, which can have sub-anchors.

  echo 3 > mkchan             make it a channel with room for 3 messages
  echo '{"Path":"ls","Args":["-l"],"Dir":"/"}' > mkproc
                              make it a process; Env, Scrub and Retain can be given, too
  echo > mk@join              make it a subscription to the members: all that are there, then
                              those that come
  echo > mk@leave             make it a subscription to members that go
  mkdir test                  make a sub-anchor
  rmdir test                  remove it, when it has no sub-anchors
  cat error                   why the last command here failed
  cat help                    this page
`;

export const CHANNEL_HELP = `\
This anchor is a channel: messages go from who writes to who reads, in order.

  echo hello > send           send a message; waits for a receiver or a free place
  cat recv                    receive one; waits for a sender
  echo hello > trysend        the same, but fail (EAGAIN) instead of waiting
  cat tryrecv                 likewise
  echo > close                no more sends; what waits can still be received
  cat cap                     how many messages wait without a receiver
  cat peek                    its state, as JSON
  cat kind                    what this anchor is
  echo > scrub                abort it and remove it
  cat error                   why the last command or write here failed
  cat help                    this page
`;

export const PROCESS_HELP = `\
This anchor is a process.

  cat cmd                     the command, as JSON
  echo hello > stdin          write to it; its input ends when the last writer closes
  echo hello >> stdin         write to it, and leave its input open
  cat stdout                  what it prints; a byte goes to one reader
  cat stderr                  likewise
  cat wait                    wait for its end, and show how it ended
  echo TERM > signal          send a signal to its process group, by name or number
  cat pid                     its process id
  cat phase                   running, stopped, exited or signaled
  cat exit                    its exit status, or the name of the signal that ended it
  cat peek                    its state, as JSON
  cat kind                    what this anchor is
  echo > scrub                kill it, if it runs, and remove it
  cat error                   why the last command or write here failed
  cat help                    this page
`;

export const SUBSCRIPTION_HELP = `\
This anchor is a subscription. Of kind @join it tells of the members that were there when it
was made, its host's own included, and then of those that its host learns have come, without a
gap. Of kind @leave it tells of those that its host learns have gone since it was made.

  cat recv                    wait for the next one, and print its path, /X…
  while cat recv; do :; done  print them all; of several readers, each gets others
  cat peek                    its state, as JSON; Pending is how many nobody has read
  cat kind                    what this anchor is
  echo > scrub                end it and remove it
  cat error                   why the last command here failed
  cat help                    this page

It keeps 20,000 that nobody has read. If there are more it ends: those can still be
read, and then recv fails (ENOBUFS).
`;
