// Jest's Node environment, without two costs that grow with the number of test files.
const asyncHooks = require('node:async_hooks')
const vm = require('node:vm')
const { TestEnvironment } = require('jest-environment-node')

// For each test file jest-circus makes an AsyncLocalStorage and never disables it. Before Node 24 every promise then copies
// the stores of all files that the worker has run.
const storages = new Set()

asyncHooks.AsyncLocalStorage = class extends asyncHooks.AsyncLocalStorage {
  constructor(...options) {
    super(...options)
    storages.add(this)
  }
}

// Each test file compiles all of its modules, packages included, in a context of its own; what V8 made of a file serves
// the next one in this worker. By the code as well, because a file may change while jest watches.
const compiled = new Map()
const { compileFunction } = vm

vm.compileFunction = (code, parameters, options) => {
  // Only jest's own modules have both.
  if (!options?.filename || !options.importModuleDynamically)
    return compileFunction(code, parameters, options)
  const known = compiled.get(options.filename)
  const cachedData = known?.code === code ? known.data : undefined
  const made = compileFunction(code, parameters, {
    ...options,
    ...(cachedData ? { cachedData } : { produceCachedData: true }),
  })
  // A test that sets flags of V8 makes what was compiled before useless.
  if (made.cachedDataRejected) compiled.delete(options.filename)
  else if (!cachedData) compiled.set(options.filename, { code, data: made.cachedData })
  return made
}

module.exports = class extends TestEnvironment {
  async teardown() {
    for (const storage of storages) storage.disable()
    storages.clear()
    await super.teardown()
  }
}
