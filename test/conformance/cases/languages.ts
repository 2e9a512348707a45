/** Shells and languages: their own ways to open, read and write. */
import { type Case, shell, type Theme } from '../case.js';

function language(name: string, script: string, prints: string | RegExp, status = 0): Case {
  return shell(name, script, prints, { once: true, status });
}

/** Redirections that every shell has. */
function redirections(name: string): Case {
  return language(
    `${name}: redirections, substitution, read, a background job`,
    `chan c 9; ${name} -c '
      echo one > c/send; echo two >> c/send; { echo three; echo four; } > c/send
      read x < c/recv; echo "$x"; echo "$(cat c/recv)"; cat < c/recv
      cat c/recv & echo five > c/send; wait
      while read line; do echo "line $line"; done < c/cap
      : > c/send; exec 3< c/cap; cat <&3; [ -r c/cap ] && [ ! -e c/none ] && echo end'`,
    'one\ntwo\nthree\nfour\nfive\nline 9\n9\nend\n',
  );
}

const BASH_ONLY = `chan c 9; bash -c '
  echo a > c/send; echo "$(<c/recv)"; echo b > c/send; mapfile -t m < c/recv; echo "\${m[0]}"
  cat <<< c > c/send; cat <(cat c/recv); set -o noclobber; echo d >| c/send; cat c/recv
  exec {fd}<c/cap; read -u $fd x; echo $x; [[ c/cap -nt c/none ]] && echo newer; echo c/c*'`;

const ZSH_ONLY = `chan c 9; zsh -fc '
  echo a > c/send; echo $(<c/recv); echo b > c/send; < c/recv
  print c/c*(N); [[ -f c/cap ]] && echo file; echo x > c/send > $OUT/x; cat c/recv'`;

const PYTHON = `chan c 9; python3 -c "
import os, pathlib, shutil
open('c/send', 'w').write('a'); print(open('c/recv').read())
pathlib.Path('c/send').write_text('b'); print(pathlib.Path('c/recv').read_bytes())
print(open('c/cap', 'rb', buffering=0).readline(), list(open('c/cap')))
with open('c/send', 'a') as f: print('c', file=f)
print(sorted(os.listdir('c'))[0], pathlib.Path('c/recv').read_text().strip())
shutil.copy('c/cap', os.environ['OUT']); print(open(os.environ['OUT'] + '/cap').read().strip())"`;

const PERL = `chan c 9; perl -e '
open(F, ">", "c/send"); print F "a\\n"; close(F) or die; open(F, "<", "c/recv"); print <F>;
open(F, ">>", "c/send"); print F "b\\n"; close F; open(F, "c/recv"); sysread(F, $x, 9); print $x;
print -s "c/cap", "\\n"; opendir(D, "c"); print((sort grep !/^\\./, readdir D)[0], "\\n"); print -e "c/x" ? 1 : 0, "\\n"'`;

const NODE = `chan c 9; "$NODE" -e "
const fs = require('fs');
fs.writeFileSync('c/send', 'a'); console.log(fs.readFileSync('c/recv', 'utf8'));
fs.appendFileSync('c/send', 'b'); console.log(fs.readFileSync('c/recv', 'utf8'), fs.statSync('c/cap').size);
console.log(fs.readdirSync('c')[0], fs.existsSync('c/none'));
fs.copyFileSync('c/cap', process.env.OUT + '/cap'); console.log(fs.readFileSync(process.env.OUT + '/cap', 'utf8').trim());
fs.createReadStream('c/recv').pipe(process.stdout);
const out = fs.createWriteStream('c/send'); out.end('streamed');"`;

const C = `chan c 9 hello; cat > $OUT/a.c <<'END'
#include <stdio.h>
int main(void) {
  char text[99];
  FILE *f = fopen("c/recv", "r"); if (!f || !fgets(text, sizeof text, f)) return 1;
  fputs(text, stdout); if (fgetc(f) != EOF || fclose(f)) return 2;
  f = fopen("c/send", "w"); if (!f || fprintf(f, "from %s\\n", "C") < 0 || fclose(f)) return 3;
  f = fopen("c/send", "a"); if (!f || fputs("more\\n", f) < 0 || fclose(f)) return 4;
  f = fopen("c/cap", "r"); int n = 0; if (!f || fscanf(f, "%d", &n) != 1 || fseek(f, 0, SEEK_END)) return 5;
  printf("%d %ld\\n", n, ftell(f));
  return 0;
}
END
`;

export const languages: Theme = {
  name: 'shells and languages',
  cases: [
    ...['sh', 'bash', 'zsh'].map(redirections),
    language(
      'bash: $(<), mapfile, <<<, <(), >|',
      BASH_ONLY,
      'a\nb\nc\nd\n9\nnewer\nc/cap c/close\n',
    ),
    language('zsh: $(<), < alone, globs, two outputs', ZSH_ONLY, 'a\nb\nc/cap c/close\nfile\nx\n'),
    language(
      'fish',
      `chan c 9; fish --no-config -c 'echo a > c/send; echo (cat c/recv); echo b >> c/send; read x < c/recv; echo $x; test -f c/cap; and echo file'`,
      'a\nb\nfile\n',
    ),
    language('Python', PYTHON, "a\nb'b'\nb'9\\n' ['9\\n']\ncap c\n9\n"),
    language('Perl', PERL, 'a\nb\n2\ncap\n0\n'),
    language('Node', NODE, 'a\nb 2\ncap false\n9\nstreamed'),
    language(
      'C, stdio of glibc',
      `${C} cc -o $OUT/a $OUT/a.c && $OUT/a && cat c/recv c/recv`,
      'hello\n9 2\nfrom C\nmore\n',
    ),
    language(
      'C, stdio of musl',
      `${C} musl-gcc -o $OUT/a $OUT/a.c && $OUT/a && cat c/recv c/recv`,
      'hello\n9 2\nfrom C\nmore\n',
    ),
    language(
      'a program that is started in it, with its files as input and output',
      'chan c 9 hello; (cd c && sh -c "pwd | grep -o c$; cat" < recv > send); cat c/recv',
      'c\nhello\n',
    ),
  ],
};
