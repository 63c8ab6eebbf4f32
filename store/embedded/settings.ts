// The server's settings, given on its command line at every start, so that they change with TrackLayer and not with
// the age of the cluster. Sized for a small box; anything bigger has its own PostgreSQL and a DATABASE_URL.

export const USER = 'tracklayer'
export const MAINTENANCE_DATABASE = 'postgres'
/** Only names the socket file: the server has no TCP port. */
export const PORT = 5432

const SETTINGS: Readonly<Record<string, string | number>> = {
  listen_addresses: '',
  port: PORT,
  unix_socket_permissions: '0700',
  max_connections: 60,

  // What was answered with 2xx is on disk.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  // With "try", containers with a limit on huge pages kill the server by SIGBUS.
  huge_pages: 'off',

  // Full page images follow each checkpoint: few checkpoints, little WAL. With these, wal_compression (the build has
  // pglz only) changed neither WAL per row nor rows per second, so it stays off.
  max_wal_size: '2GB',
  min_wal_size: '160MB',
  checkpoint_timeout: '15min',
  wal_buffers: '16MB',
  // No replicas hang on an embedded server.
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_logical_replication_workers: 0,

  // Short statements on few cores: compiling them and sharing them out costs more than it saves, and parallel workers
  // need /dev/shm, of which a container has 64 MB.
  jit: 'off',
  max_parallel_workers_per_gather: 0,
  max_parallel_maintenance_workers: 0,
  io_method: 'sync',
  random_page_cost: 1.1,
  // The outbox is a table of few rows that change often.
  autovacuum_naptime: '20s',

  timezone: 'UTC',
  log_timezone: 'UTC',
  // The client gets the errors of its statements; here they would fill the disk, and their details are personal data.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
}

/** The arguments of `postgres` for one cluster. */
export function serverArguments(clusterDir: string, socketDir: string): string[] {
  const settings = { ...SETTINGS, unix_socket_directories: socketDir }
  const switches = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', clusterDir, ...switches]
}
