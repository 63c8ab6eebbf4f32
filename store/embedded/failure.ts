// The one place where what the operating system or PostgreSQL says becomes our error: what happened and the way out.
import { messageOf, TrackLayerError } from '../../core/errors.ts'

const OTHER_FOLDER = 'Choose another folder with --data-dir or set DATABASE_URL.'

interface Cause {
  readonly says: RegExp
  readonly code: 'UNAVAILABLE' | 'SETTINGS_INVALID'
  readonly what: string
  readonly wayOut: string
}

// Codes are Node's, sentences are PostgreSQL's (its messages are in English: LC_ALL=C).
const CAUSES: readonly Cause[] = [
  {
    says: /EROFS|read-only file system/i,
    code: 'SETTINGS_INVALID',
    what: 'read-only file system',
    wayOut: OTHER_FOLDER,
  },
  {
    says: /ENOSPC|EDQUOT|no space left on device|disk quota exceeded/i,
    code: 'UNAVAILABLE',
    what: 'the disk is full',
    wayOut: 'Free some space, choose another folder with --data-dir or set DATABASE_URL.',
  },
  {
    says: /could not look up effective user/i,
    code: 'SETTINGS_INVALID',
    what: 'the user that TrackLayer runs as has no entry in /etc/passwd',
    wayOut: 'Run it as a user that has one or set DATABASE_URL.',
  },
  {
    // The file is there; what is not is the loader that it names.
    says: /spawn .*ENOENT/,
    code: 'SETTINGS_INVALID',
    what: 'its programs need glibc, which this system (Alpine?) has not',
    wayOut: 'Use a system with glibc or set DATABASE_URL.',
  },
  {
    says: /spawn .*EACCES/,
    code: 'SETTINGS_INVALID',
    what: 'its programs may not be run (is node_modules on a file system mounted noexec?)',
    wayOut: 'Allow that or set DATABASE_URL.',
  },
  {
    says: /spawn .*(EPERM|EINVAL)|(EPERM|EINVAL).*chown/,
    code: 'SETTINGS_INVALID',
    what: 'PostgreSQL does not run as root, and this root may not switch to another account',
    wayOut: 'Run TrackLayer as an ordinary user or set DATABASE_URL.',
  },
  {
    says: /ENOTDIR|EEXIST/,
    code: 'SETTINGS_INVALID',
    what: 'a file stands where a folder is wanted',
    wayOut: OTHER_FOLDER,
  },
  {
    says: /EACCES|EPERM|permission denied|operation not permitted/i,
    code: 'SETTINGS_INVALID',
    what: 'permission denied',
    wayOut: OTHER_FOLDER,
  },
]

/** Turns anything thrown on the way to a running server into a TrackLayerError; ours pass through. */
export function explainFailure(thrown: unknown, dataDir: string): TrackLayerError {
  if (thrown instanceof TrackLayerError) return thrown
  const detail = messageOf(thrown)
  const known = CAUSES.find(({ says }) => says.test(detail))
  const message = known
    ? `Cannot run the database in ${dataDir}: ${known.what}. ${known.wayOut}`
    : `Cannot run the database in ${dataDir}: ${detail}. Mend that, or set DATABASE_URL.`
  return new TrackLayerError(known?.code ?? 'UNAVAILABLE', message, { cause: thrown })
}
