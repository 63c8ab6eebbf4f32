// Jest's own environment for Node, and the end of what jest-circus leaves behind in a worker.
//
// For every test file it makes an AsyncLocalStorage that nobody disables. Before Node 24 each new promise then copies the
// store of every file that the worker has run, so that the two hundredth file runs far slower than it does alone.
const asyncHooks = require('node:async_hooks')
const { TestEnvironment } = require('jest-environment-node')

const storages = new Set()

asyncHooks.AsyncLocalStorage = class extends asyncHooks.AsyncLocalStorage {
  constructor(...options) {
    super(...options)
    storages.add(this)
  }
}

module.exports = class extends TestEnvironment {
  async teardown() {
    for (const storage of storages) storage.disable()
    storages.clear()
    await super.teardown()
  }
}
