import { type Completable, type CompletableOption, quoted, type Word } from './words.ts'

export function zshScript(commands: readonly Completable[]): string {
  const paths = commands.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]))
  return `#compdef tracklayer
# zsh completion for tracklayer
_tracklayer() {
  local taken='' word at before="\${words[CURRENT-1]}"
  local -a found
  for ((at = 2; at < CURRENT; at++)); do
    word="\${taken:+$taken }\${words[at]}"
    case "$word" in
      ${paths.join('|')}) taken="$word" ;;
    esac
  done
  case "$taken $before" in
${commands.flatMap(valueCases).join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    case "$taken" in
${commands.map(({ path, options }) => foundCase(path, options)).join('\n')}
    esac
    _describe -o option found
    return
  fi
  case "$taken" in
${commands.flatMap(wordCase).join('\n')}
    *) return ;;
  esac
  _describe command found
}
# Loaded from fpath this file is the function; sourced, it is told to the completion system.
if [[ "\${funcstack[1]}" == _tracklayer ]]; then _tracklayer "$@"; else compdef _tracklayer tracklayer; fi
`
}

function valueCases({ path, options }: Completable): string[] {
  return options.flatMap(({ name, value }: CompletableOption) => {
    const at = quoted(`${path} ${name}`)
    if (value === 'none') return []
    if (value === 'any') return [`    ${at}) return ;;`]
    if (value === 'file') return [`    ${at}) _files; return ;;`]
    return [`    ${at}) compadd -- ${value.map(quoted).join(' ')}; return ;;`]
  })
}

function wordCase({ path, words, takesFile }: Completable): string[] {
  if (takesFile) return [`    ${quoted(path)}) _files; return ;;`]
  return words.length === 0 ? [] : [foundCase(path, words)]
}

function foundCase(path: string, words: readonly Word[]): string {
  const described = words.map(({ name, description }) =>
    quoted(`${name.replaceAll(':', '\\:')}:${description}`),
  )
  return `    ${quoted(path)}) found=(${described.join(' ')}) ;;`
}
