// Written for bash 3.2 as well, which macOS still ships: no mapfile, no associative arrays.
import { type Completable, quoted } from './words.ts'

export function bashScript(commands: readonly Completable[]): string {
  const paths = commands.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]))
  return `# bash completion for tracklayer
_tracklayer() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' word at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${path:+$path }\${COMP_WORDS[at]}"
    case "$word" in
      ${paths.join('|')}) path="$word" ;;
    esac
  done
  case "$path $before" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$current" in
    -*)
      case "$path" in
${commands.map(optionCase).join('\n')}
      esac ;;
    *)
      case "$path" in
${commands.flatMap(wordCase).join('\n')}
      esac ;;
  esac
}
complete -F _tracklayer tracklayer
`
}

function valueCases({ path, options }: Completable): string[] {
  return options.flatMap(({ name, value }) => {
    const at = quoted(`${path} ${name}`)
    if (value === 'none') return []
    if (value === 'any') return [`    ${at}) return ;;`]
    const words = value === 'file' ? '-f' : `-W ${quoted(value.join(' '))}`
    return [`    ${at}) COMPREPLY=($(compgen ${words} -- "$current")); return ;;`]
  })
}

function optionCase({ path, options }: Completable): string {
  return `        ${quoted(path)}) ${reply(options.map(({ name }) => name))} ;;`
}

function wordCase({ path, words, takesFile }: Completable): string[] {
  if (takesFile) return [`        ${quoted(path)}) COMPREPLY=($(compgen -f -- "$current")) ;;`]
  if (words.length === 0) return []
  return [`        ${quoted(path)}) ${reply(words.map(({ name }) => name))} ;;`]
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current"))`
}
