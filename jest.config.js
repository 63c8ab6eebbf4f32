// The console's pages are hono/jsx, rendered on the server.
const react = { runtime: 'automatic', importSource: 'hono/jsx' }
const swc = (parser) => ['@swc/jest', { jsc: { parser, transform: { react }, target: 'es2022' } }]
const transform = {
  '^.+\\.ts$': swc({ syntax: 'typescript' }),
  '^.+\\.tsx$': swc({ syntax: 'typescript', tsx: true }),
}

// Suites that take minutes or need a browser have their own command: `npm run test:long`, `npm run test:browser`.
const suites = {
  quick: ['<rootDir>/test/{core,mappings,functions}/**/*.test.ts'],
  usual: ['<rootDir>/test/**/*.test.ts'],
  long: ['<rootDir>/test/**/*.long.ts'],
  browser: ['<rootDir>/test/**/*.browser.ts'],
}

const suite = process.env.TEST_SUITE ?? 'usual'
// Each of its files starts a shop and a browser: beside each other they would only wait.
const isBrowser = suite === 'browser'

module.exports = {
  testMatch: suites[suite],
  transform,
  testEnvironment: '<rootDir>/test/support/environment.js',
  testSequencer: '<rootDir>/test/support/sequencer.js',
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  maxWorkers: isBrowser ? '50%' : '100%',
  testTimeout: isBrowser ? 120_000 : 30_000,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
}
