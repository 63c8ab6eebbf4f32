import type { Completable, CompletableOption, Word } from './words.ts'

export function fishScript(commands: readonly Completable[]): string {
  const paths = commands.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]))
  return `# fish completion for tracklayer
function __tracklayer_at
  set -l known ${paths.join(' ')}
  set -l taken
  for word in (commandline -opc)[2..]
    set -l next (string join -- ' ' $taken $word)
    if contains -- $next $known
      set taken $next
    end
  end
  test "$taken" = "$argv[1]"
end
complete -c tracklayer -f
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf({ path, words, options, takesFile }: Completable): string[] {
  const at = `complete -c tracklayer -n ${quoted(`__tracklayer_at ${quoted(path)}`)}`
  return [
    ...words.map((word) => `${at} -a ${quoted(word.name)}${described(word)}`),
    ...options.map(
      (option) => `${at} -l ${option.name.slice(2)}${valueFlags(option)}${described(option)}`,
    ),
    ...(takesFile ? [`${at} -F`] : []),
  ]
}

function valueFlags({ value }: CompletableOption): string {
  if (value === 'none') return ''
  if (value === 'any') return ' -x'
  return value === 'file' ? ' -r -F' : ` -x -a ${quoted(value.join(' '))}`
}

function described({ description }: Word): string {
  return description === '' ? '' : ` -d ${quoted(description)}`
}

// Inside single quotes fish knows \\' and \\\\ alone.
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
