/** The pages behind the files `help`: what is here, with a line to copy for each. */

export const CIRCUIT_HELP = `\
Each directory here is a member of the network, a daemon on some host.

  ls                          the members
  cd .self                    this host's own member
  cat .self/addr              the address with which others can join it (a secret)
  echo "$ADDRESS" > .self/join
                              merge this network with that of another daemon
  cat X*/help                 what can be done with a member
`;

export const MEMBER_HELP = `\
This directory is a member of the network: a daemon, and what lives on its host.

  cat addr                    its circuit address, a secret: who has it may command it
  echo "$ADDRESS" > join      merge its network with that of each address written
  echo > leave                leave the network and go on alone
  echo > shutdown             end the daemon in order
  cat peek                    its state, as JSON
  cat stk                     stack and heap report of the running daemon
  tail -f log                 what is done to it, and by whom
  cat error                   why the last command here failed
  mkdir build                 make an anchor, a directory of this member
  rmdir build                 remove it
  cat help                    this page
`;

export const ANCHOR_HELP = `\
This directory is an anchor: a place on a member, which can have sub-anchors.

  mkdir test                  make a sub-anchor
  rmdir test                  remove it, when it has no sub-anchors
  cat error                   why the last command here failed
  cat help                    this page
`;
