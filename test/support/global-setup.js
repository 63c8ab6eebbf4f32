// Before the first suite: the bundles are made once, because tests run what is deployed, and PostgreSQL is started once.
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { startServer } = require('./postgres-server.ts')

module.exports = async () => {
  const root = path.join(__dirname, '..', '..')
  execFileSync(process.execPath, [path.join(root, 'build', 'run.mjs'), 'build', '--quiet'], {
    stdio: 'inherit',
  })
  // The quick suites are pure.
  if (process.env.TEST_SUITE === 'quick') return
  globalThis.stopServer = await startServer()
}
