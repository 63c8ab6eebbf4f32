// The whole loop first: it waits for retries more than it computes, and the other workers fill that time. Without times of
// an earlier run jest goes by the size of a file, and would wait for the loop alone at the end.
const { default: Sequencer } = require('@jest/test-sequencer')

const isLoop = ({ path }) => /[\\/]e2e[\\/]/.test(path)

module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests)
    return [...sorted.filter(isLoop), ...sorted.filter((test) => !isLoop(test))]
  }
}
