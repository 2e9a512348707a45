/**
 * Programs read, copy and archive, and print what they should. test/host/copies.test.ts has every value file,
 * several times each. Go has no case: its package takes 200 MB, too much for a run of the tests.
 */
import { type Case, shell, type Theme } from '../case.js';

/** A program on the anchor of one member: it does not see whose the files are. */
function tool(name: string, script: string, prints: string | RegExp, status = 0): Case {
  return shell(name, script, prints, { once: true, status });
}

const SET_UP = 'chan c 9 hello; ';

const coreutils: readonly Case[] = [
  tool(
    'ls',
    `${SET_UP}ls -1 c; ls -l c/cap`,
    /^cap\nclose\n(.*\n)*trysend\n-r-------- 1 .* 2 .* c\/cap\n$/,
  ),
  tool('cat', `${SET_UP}cat c/cap c/recv`, '9\nhello\n'),
  tool('cat of many messages', 'chan c 9 a b c; for i in 1 2 3; do cat c/recv; done', 'a\nb\nc\n'),
  tool('cp', `${SET_UP}cp c/cap c/recv $OUT && cat $OUT/cap $OUT/recv`, '9\nhello\n'),
  tool(
    'cp --sparse, --reflink=auto',
    `${SET_UP}cp --sparse=always --reflink=auto c/cap $OUT && cat $OUT/cap`,
    '9\n',
  ),
  tool('cp -a', `${SET_UP}cp -a c/cap $OUT && stat -c %a $OUT/cap && cat $OUT/cap`, '400\n9\n'),
  tool(
    'cp into a control file',
    `${SET_UP}echo bye > $OUT/f; cp $OUT/f c/send; cat c/recv c/recv`,
    'hello\nbye\n',
  ),
  tool('mv', `${SET_UP}mv c d`, /not permitted/, 1),
  tool('rm', `${SET_UP}rm -f c/cap; rm -r c`, /cap.*not permitted/, 1),
  tool('ln', `${SET_UP}ln c/cap c/x; ln -s cap c/x`, /(not permitted.*){2}/s, 1),
  tool(
    'mkdir, rmdir',
    'mkdir -p a/b/c && mkdir -m 700 x && rmdir -p a/b/c && rmdir x && ls -d a x',
    /No such file/,
    2,
  ),
  tool('tail', `${SET_UP}tail -n 1 c/cap; tail -c 3 c/cap; tail -n +1 c/recv`, '9\n9\nhello\n'),
  tool('head', `${SET_UP}head -n 2 c/peek; cat c/recv | head -n 1`, '{\n  "Cap": 9,\nhello\n'),
  tool(
    'dd',
    `${SET_UP}dd if=c/cap bs=1 count=1 status=none; dd if=c/recv bs=2 status=none`,
    '9hello\n',
  ),
  tool(
    'dd of=',
    `chan c 9; printf 12345678 | dd of=c/send bs=3 status=none; cat c/recv`,
    '12345678',
  ),
  tool(
    'dd conv=fsync,notrunc',
    `chan c 9; printf 1234 | dd of=c/send conv=fsync,notrunc status=none; cat c/recv`,
    '1234',
  ),
  tool('wc', `${SET_UP}wc -c < c/cap; wc -l c/recv`, '2\n1 c/recv\n'),
  tool(
    'tee',
    `chan c 9; echo hi | tee c/send; echo more | tee -a c/send > /dev/null; cat c/recv c/recv`,
    'hi\nhi\nmore\n',
  ),
  tool(
    'stat',
    `${SET_UP}stat -c '%F %a %s %h' c/cap c/send c/recv c; stat -f -c %T .`,
    'regular file 400 2 1\nregular empty file 200 0 1\nregular empty file 400 0 1\ndirectory 755 0 1\nfuseblk\n',
  ),
  tool(
    'touch',
    `${SET_UP}touch c/send c/cap . && touch c/new`,
    /cannot touch 'c\/new': Operation not permitted/,
    1,
  ),
  tool(
    'truncate',
    `${SET_UP}truncate -s 0 c/send && truncate -s 0 c/cap`,
    /c\/cap.*Permission denied/,
    1,
  ),
  tool(
    'du, df',
    `${SET_UP}du -s c | cut -f 2; df . | tail -n 1 | grep -o ^circuit`,
    'c\ncircuit\n',
  ),
  tool(
    'sort, uniq, cut, tr, nl, paste, comm',
    `chan c 9 'b a' 'b a'; cat c/recv c/recv | sort | uniq -c | tr -s ' ' | cut -d ' ' -f 2-; nl c/cap; paste c/cap c/cap; comm -12 c/cap c/cap`,
    '2 b a\n     1\t9\n9\t9\n9\n',
  ),
  tool(
    'sha256sum, md5sum, cksum, base64, od',
    `${SET_UP}sha256sum < c/cap | cut -c 1-8; md5sum c/cap | cut -c 1-8; cksum < c/cap; base64 c/cap; od -An -c c/cap`,
    /^\w{8}\n\w{8}\n\d+ 2\nOQo=\n +9 +\\n\n$/,
  ),
  tool(
    'cmp, diff',
    `${SET_UP}cp c/cap $OUT; cmp c/cap $OUT/cap; diff c/cap $OUT/cap; echo x > $OUT/x; diff c/cap $OUT/x`,
    '1c1\n< 9\n---\n> x\n',
    1,
  ),
  tool(
    'split, csplit',
    `${SET_UP}split -b 1 c/cap $OUT/x; cat $OUT/xaa; csplit -s -f $OUT/y c/peek 2; cat $OUT/y00`,
    '9{\n',
  ),
  tool(
    'tac, rev, fold',
    `${SET_UP}tac c/peek | head -n 1; rev c/cap; fold -w 1 c/cap`,
    '}\n9\n9\n',
  ),
  tool(
    'install',
    `${SET_UP}install -m 600 c/cap $OUT/x && cat $OUT/x && install -d a && ls -d a`,
    '9\na\n',
  ),
  tool(
    'realpath, readlink, basename, test',
    `${SET_UP}test -f c/cap -a -s c/cap -a ! -s c/recv -a -d c && readlink $ROOT/.self | cut -c 1; basename "$(realpath c/cap)"`,
    'X\ncap\n',
  ),
  tool('sync', 'sync . help', ''),
  tool(
    'nice, timeout',
    `${SET_UP}timeout 9 nice cat c/recv; timeout 0.1 cat c/recv`,
    'hello\n',
    124,
  ),
];

const finders: readonly Case[] = [
  tool(
    'find',
    `${SET_UP}find c -type f -name 'c*' | sort; find . -type d; find c -size +0 -name cap -exec cat {} +`,
    'c/cap\nc/close\n.\n./c\n9\n',
  ),
  tool(
    'grep',
    `${SET_UP}grep -n Cap c/peek; grep -c . c/cap; grep -l 9 c/cap c/peek; cat c/recv | grep -o ell`,
    '2:  "Cap": 9,\n1\nc/cap\nc/peek\nell\n',
  ),
  tool(
    'grep -r',
    'mkdir a; grep -rl "anchor without" . 2> /dev/null | sort | head -n 1; grep -rc "This directory" help',
    /^(\.\/.*\n)?1\n$/,
  ),
  tool(
    'xargs',
    `${SET_UP}ls c | xargs -I{} stat -c %a c/{} | sort | uniq -c | tr -s ' '; echo c/cap c/cap | xargs cat`,
    / 200\n .*9\n9\n$/s,
  ),
  tool('tree', 'mkdir -p a/b; tree -d --noreport .', /a\n.*b\n/),
  tool(
    'awk',
    `${SET_UP}awk '{ print $1 + 1 }' c/cap; cat c/recv | awk '{ print toupper($0) }'`,
    '10\nHELLO\n',
  ),
  tool('sed', `${SET_UP}sed s/9/nine/ c/cap; cat c/recv | sed s/h/j/`, 'nine\njello\n'),
  tool(
    'sed -i',
    `${SET_UP}sed -i s/9/8/ c/cap`,
    /couldn't open temporary file .*: Operation not permitted/,
    4,
  ),
  tool('jq', `${SET_UP}jq .Cap c/peek; jq -r '.Cap, .NumSend' c/peek`, '9\n9\n1\n'),
  tool('xxd', `${SET_UP}xxd c/cap`, '00000000: 390a                                     9.\n'),
  tool(
    'bc, make',
    `${SET_UP}bc < c/cap; printf 'all: c/cap\\n\\t@cat c/cap\\n' | make -s -f -`,
    '9\n9\n',
  ),
];

const archivers: readonly Case[] = [
  tool(
    'tar',
    `${SET_UP}tar cf $OUT/t c/cap help && tar xf $OUT/t -C $OUT && cat $OUT/c/cap && cmp help $OUT/help`,
    '9\n',
  ),
  tool(
    'tar of a member',
    'cd $ROOT/.self; tar cf - addr peek help | tar tf -',
    'addr\npeek\nhelp\n',
  ),
  tool(
    'tar into it',
    `${SET_UP}mkdir $OUT/x; echo x > $OUT/x/new; tar cf - -C $OUT x | tar xf -`,
    /Cannot open: Operation not permitted/,
    2,
  ),
  tool(
    'cpio',
    `${SET_UP}echo c/cap | cpio -o --quiet > $OUT/a && cd $OUT && cpio -id --quiet < a && cat c/cap`,
    '9\n',
  ),
  tool('rsync', `${SET_UP}rsync -a c/cap $OUT/ && rsync -ai c/cap $OUT/ && cat $OUT/cap`, '9\n'),
  tool(
    'rsync --inplace into send, which sends it, and cannot set its permissions',
    `chan c 9; echo hi > $OUT/send; rsync --inplace --whole-file $OUT/send c/send; echo $?; cat c/tryrecv`,
    /failed to set permissions on .*\/c\/send": Operation not permitted.*\n23\nhi\n$/s,
  ),
  tool(
    'gzip, xz, bzip2',
    `${SET_UP}gzip -c < c/cap | gzip -dc; xz -c < c/cap | xz -dc; bzip2 -c < c/cap | bzip2 -dc; gzip -fc c/cap | gzip -dc`,
    '9\n9\n9\n9\n',
  ),
  tool(
    'zip',
    `${SET_UP}zip -q $OUT/z c/cap && python3 -m zipfile -e $OUT/z.zip $OUT && cat $OUT/c/cap`,
    '9\n',
  ),
];

const others: readonly Case[] = [
  tool(
    'busybox',
    `${SET_UP}busybox ls c | head -n 1; busybox cat c/cap; busybox cp c/cap $OUT && busybox cat $OUT/cap; busybox dd if=c/recv 2> /dev/null; busybox find c -name cap; busybox tail -n 1 c/cap; echo hi | busybox tee c/send`,
    'cap\n9\n9\nhello\nc/cap\n9\nhi\n',
  ),
  tool(
    'busybox sh',
    `chan c 9; busybox sh -c 'echo hi > c/send; read x < c/recv; echo $x; echo $(busybox cat c/cap)'`,
    'hi\n9\n',
  ),
  tool(
    'toybox',
    `${SET_UP}toybox ls c | head -n 1; toybox cat c/cap c/recv; toybox cp c/cap $OUT && toybox cat $OUT/cap; toybox wc -c < c/cap; toybox stat -c %a c/cap; toybox find c -name cap`,
    'cap\n9\nhello\n9\n2\n400\nc/cap\n',
  ),
  tool(
    'toybox tee and cp, which open for reading, too, what they write, and are refused',
    'chan c 9; echo hi > $OUT/f; toybox tee c/send < $OUT/f; echo $?; toybox cp $OUT/f c/send; echo $?; cat c/tryrecv',
    'tee: c/send: Permission denied\nhi\n1\ncp: c/send: Permission denied\n1\ncat: c/tryrecv: Resource temporarily unavailable\n',
    1,
  ),
  tool(
    'socat',
    `${SET_UP}socat -u OPEN:c/cap -; socat -u OPEN:c/recv -; echo bye | socat -u - OPEN:c/send; cat c/recv`,
    '9\nhello\nbye\n',
  ),
  tool(
    'openssl',
    `${SET_UP}openssl dgst -sha256 -r c/cap | cut -c 1-8; openssl base64 -in c/cap`,
    /^\w{8}\nOQo=\n$/,
  ),
  tool(
    'curl file://',
    `${SET_UP}curl -s file://$PWD/c/cap; curl -s -T c/cap file://$OUT/up && cat $OUT/up`,
    '9\n9\n',
  ),
  tool(
    'git',
    `${SET_UP}cd $OUT && git init -q . && cp -a $OLDPWD/c/cap . && git add cap && git ls-files; cd $OLDPWD; git hash-object c/cap; git rev-parse 2>&1 | head -n 1 | cut -c 1-20`,
    'cap\nec635144f60048986bc560c5576355344005e6e7\nfatal: not a git rep\n',
  ),
  tool('less', `${SET_UP}less c/cap | cat; less -f c/recv | cat`, '9\nhello\n'),
  tool(
    'ed',
    `${SET_UP}printf ',p\\nq\\n' | ed -s c/cap; printf 'a\\nhi\\n.\\nw c/send\\nq\\n' | ed -s; cat c/recv c/recv`,
    '9\nhello\nhi\n',
  ),
  tool(
    'vi',
    `${SET_UP}vi -es -u NONE -n +%p +q c/cap < /dev/null; echo hi > $OUT/f; vi -es -u NONE -n '+w! c/send' +q $OUT/f < /dev/null; cat c/recv`,
    /9\n?hello\n$/,
  ),
  tool('flock', `${SET_UP}flock c/cap echo locked; flock -n . echo too`, 'locked\ntoo\n'),
  tool(
    'lsof, fuser',
    `${SET_UP}exec 3< c/recv; lsof -p $$ 2> /dev/null | grep -o 'c/recv$'; fuser c/recv 2> /dev/null | grep -cw $$`,
    'c/recv\n1\n',
  ),
  tool('script', `${SET_UP}script -qec 'cat c/recv' /dev/null | tr -d '\\r'`, 'hello\n'),
  tool(
    'strace',
    `${SET_UP}strace -o $OUT/trace -e trace=read cat c/recv && grep -c hello $OUT/trace`,
    'hello\n1\n',
  ),
  tool('sqlite3', `${SET_UP}sqlite3 :memory: "select hex(readfile('c/cap'))"`, '390A\n'),
];

export const tools: Theme = {
  name: 'tools',
  cases: [...coreutils, ...finders, ...archivers, ...others],
};
