// Tests run what is deployed: the bundles are made once, before the first suite.
const { execFileSync } = require('node:child_process')
const path = require('node:path')

module.exports = () => {
  const root = path.join(__dirname, '..', '..')
  execFileSync(process.execPath, [path.join(root, 'build', 'run.mjs'), 'build', '--quiet'], {
    stdio: 'inherit',
  })
}
